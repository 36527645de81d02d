"""An index of the words in which rows are searched, so that a search does not read the whole table.

SQLite's own full-text search (FTS5), by threes of letters: like LIKE it finds parts of words, in capitals or not, in
any alphabet. Triggers keep it up, whoever changes a row. Without it (another database, an SQLite without FTS5)
everything is found as well, only slower: see dashboard.gallery.filters.
"""
# ruff: noqa: S608 - the names in these statements are our own; what people type is always a parameter

from typing import Any

from django.apps import AppConfig, apps
from django.db import OperationalError, connection, transaction
from django.db.models import Model, Q
from django.db.models.expressions import RawSQL
from django.db.models.signals import post_migrate, pre_migrate

LEAST_LETTERS = 3
# What is found more often than that is found faster by reading on from the newest until a page is full.
MOST_ROWS = 2400


class Index:
    """The words of a model's rows: columns of its own ("title") and of those it points to ("avatar__name")."""

    def __init__(self, model: str, **columns: str) -> None:
        self.model_name = model
        self.columns = columns
        self.name = f"{model.lower().replace('.', '_')}_words"
        self.is_there = False

    def keep_up(self, app: AppConfig) -> None:
        """To be called when the app is ready."""
        pre_migrate.connect(self._let_go, sender=app, dispatch_uid=self.name)
        post_migrate.connect(self._catch_up, sender=app, dispatch_uid=self.name)

    def having(self, words: list[str]) -> Q | None:
        """The rows that have all these words; None where reading the table is the better way.

        Words of one or two letters are not in the index: the caller looks for them as well.
        """
        words = [word for word in words if len(word) >= LEAST_LETTERS]
        if not words or not self._exists():
            return None
        asked = " AND ".join('"{}"'.format(word.replace('"', '""')) for word in words)
        match = f"SELECT rowid FROM {self.name} WHERE {self.name} MATCH %s"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({match} LIMIT %s)", [asked, MOST_ROWS + 1])
            if cursor.fetchone()[0] > MOST_ROWS:
                return None
        return Q(pk__in=RawSQL(match, [asked]))  # noqa: S611 - as above

    def _exists(self) -> bool:
        if not self.is_there and connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [f"{self.name}_inserted"])
                self.is_there = cursor.fetchone() is not None
        return self.is_there

    # -- keeping up

    def _let_go(self, plan: list[Any], **kwargs: Any) -> None:
        """Migrations on SQLite make tables anew, which triggers that mention them would forbid."""
        if plan and connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                for trigger in self._triggers():
                    cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}")
            self.is_there = False

    def _catch_up(self, **kwargs: Any) -> None:
        """After migrations: the index, what it missed, and its triggers. Nothing where nothing was let go."""
        if connection.vendor != "sqlite" or self._exists():
            return
        tables = {model._meta.db_table for _, model, _ in self._sources().values()}
        if not tables <= set(connection.introspection.table_names()):  # migrated back to before they were
            return
        columns, documents = ", ".join(self.columns), self._documents()
        changed = " OR ".join(f"now.{column} IS NOT was.{column}" for column in self.columns)
        with transaction.atomic(), connection.cursor() as cursor:
            try:
                cursor.execute(
                    f"CREATE VIRTUAL TABLE IF NOT EXISTS {self.name} USING fts5({columns}, tokenize='trigram')"
                )
            except OperationalError:  # an SQLite without it
                return
            cursor.execute(
                f"DELETE FROM {self.name} WHERE rowid IN (SELECT was.rowid FROM {self.name} was"
                f" LEFT JOIN ({documents}) now ON now.id = was.rowid WHERE now.id IS NULL OR {changed})"
            )
            cursor.execute(
                f"INSERT INTO {self.name} (rowid, {columns}) {documents}"
                f" WHERE own.id NOT IN (SELECT rowid FROM {self.name})"
            )
            for trigger, when in self._triggers().items():
                cursor.execute(f"CREATE TRIGGER {trigger} {when}")

    def _documents(self) -> str:
        """What the index holds of each row: its id and its words."""
        own = self._model
        columns, joins = ["own.id"], []
        for column, (key, model, field) in self._sources().items():
            columns.append(f"coalesce({column if key else 'own'}.{field}, '') AS {column}")
            if key:
                joins.append(f"LEFT JOIN {model._meta.db_table} {column} ON {column}.id = own.{key}")
        return f"SELECT {', '.join(columns)} FROM {own._meta.db_table} own {' '.join(joins)}"

    def _triggers(self) -> dict[str, str]:
        """Names, and what they do."""
        own = self._model._meta.db_table
        take_out = f"DELETE FROM {self.name} WHERE rowid = old.id;"
        columns = ", ".join(self.columns)
        put_in = f"INSERT INTO {self.name} (rowid, {columns}) {self._documents()} WHERE own.id = new.id;"
        sources = self._sources()
        watched = [key or field for key, _, field in sources.values()]
        # A row that is saved whole names all its columns: only those that really changed count.
        changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in watched)
        triggers = {
            f"{self.name}_inserted": f"AFTER INSERT ON {own} BEGIN {put_in} END",
            f"{self.name}_deleted": f"AFTER DELETE ON {own} BEGIN {take_out} END",
            f"{self.name}_updated": f"AFTER UPDATE OF {', '.join(watched)} ON {own} WHEN {changed} "
            f"BEGIN {take_out} {put_in} END",
        }
        for column, (key, model, field) in sources.items():
            if key:
                triggers[f"{self.name}_{column}"] = (
                    f"AFTER UPDATE OF {field} ON {model._meta.db_table} WHEN old.{field} IS NOT new.{field} "
                    f"BEGIN UPDATE {self.name} SET {column} = new.{field} "
                    f"WHERE rowid IN (SELECT id FROM {own} WHERE {key} = new.id); END"
                )
        return triggers

    @property
    def _model(self) -> type[Model]:
        return apps.get_model(self.model_name)

    def _sources(self) -> dict[str, tuple[str, type[Model], str]]:
        """For each column: the key that leads to another table (or nothing), the model, its column there."""
        sources = {}
        for column, path in self.columns.items():
            key, _, field = path.rpartition("__")
            if key:
                way = self._model._meta.get_field(key)
                sources[column] = (way.column, way.related_model, field)
            else:
                sources[column] = ("", self._model, field)
        return sources
