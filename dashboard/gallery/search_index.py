"""A full-text index, so that a search does not read the whole table.

SQLite's own full-text search (FTS5) with trigrams: like LIKE it finds parts of words, in upper or lower case, in any
alphabet. Triggers update it with every change of a row. Without it (another database, an SQLite without FTS5) a search
finds the same, only slower: see dashboard.gallery.filters.
"""
# ruff: noqa: S608 - the names in these statements are our own; input is always passed as a parameter

from typing import Any

from django.apps import AppConfig, apps
from django.db import OperationalError, connection, transaction
from django.db.models import Model, Q
from django.db.models.expressions import RawSQL
from django.db.models.signals import post_migrate, pre_migrate

MIN_LETTERS = 3
# With more matches, it is faster to read the table from the newest row on until a page is full.
MAX_ROWS = 2400


class SearchIndex:
    """The searchable text of a model: columns of its own ("title") and of related rows ("avatar__name")."""

    def __init__(self, model: str, **columns: str) -> None:
        self.model_name = model
        self.columns = columns
        self.name = f"{model.lower().replace('.', '_')}_words"
        self._found = False

    def connect(self, app: AppConfig) -> None:
        """Create and update the index with the migrations of this app. Call it in `ready`."""
        pre_migrate.connect(self._drop_triggers, sender=app, dispatch_uid=self.name)
        post_migrate.connect(self._create_or_update, sender=app, dispatch_uid=self.name)

    def match_all(self, words: list[str]) -> Q | None:
        """The rows that contain all these words; None where it is faster to read the table.

        Words of one or two letters are not in the index: the caller has to look for them.
        """
        words = [word for word in words if len(word) >= MIN_LETTERS]
        if not words or not self._exists():
            return None
        query = " AND ".join('"{}"'.format(word.replace('"', '""')) for word in words)
        match = f"SELECT rowid FROM {self.name} WHERE {self.name} MATCH %s"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({match} LIMIT %s)", [query, MAX_ROWS + 1])
            if cursor.fetchone()[0] > MAX_ROWS:
                return None
        return Q(pk__in=RawSQL(match, [query]))  # noqa: S611 - as above

    def _exists(self) -> bool:
        if not self._found and connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [f"{self.name}_inserted"])
                self._found = cursor.fetchone() is not None
        return self._found

    # -- with migrations

    def _drop_triggers(self, plan: list[Any], **kwargs: Any) -> None:
        """Migrations on SQLite recreate tables, which fails while triggers mention them."""
        if plan and connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                for trigger in self._triggers():
                    cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}")
            self._found = False

    def _create_or_update(self, **kwargs: Any) -> None:
        """Create the index, add what it missed, and create its triggers; nothing if the triggers still exist."""
        if connection.vendor != "sqlite" or self._exists():
            return
        tables = {model._meta.db_table for _, model, _ in self._sources().values()}
        if not tables <= set(connection.introspection.table_names()):  # migrated back to a state without them
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
        """A query for the content of the index: the id and the columns of each row."""
        own = self._model
        columns, joins = ["own.id"], []
        for column, (key, model, field) in self._sources().items():
            columns.append(f"coalesce({column if key else 'own'}.{field}, '') AS {column}")
            if key:
                joins.append(f"LEFT JOIN {model._meta.db_table} {column} ON {column}.id = own.{key}")
        return f"SELECT {', '.join(columns)} FROM {own._meta.db_table} own {' '.join(joins)}"

    def _triggers(self) -> dict[str, str]:
        """The triggers by name, each with its event and body."""
        own = self._model._meta.db_table
        delete = f"DELETE FROM {self.name} WHERE rowid = old.id;"
        columns = ", ".join(self.columns)
        insert = f"INSERT INTO {self.name} (rowid, {columns}) {self._documents()} WHERE own.id = new.id;"
        sources = self._sources()
        watched = [key or field for key, _, field in sources.values()]
        # save() names all columns: only a real change of a value counts.
        changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in watched)
        triggers = {
            f"{self.name}_inserted": f"AFTER INSERT ON {own} BEGIN {insert} END",
            f"{self.name}_deleted": f"AFTER DELETE ON {own} BEGIN {delete} END",
            f"{self.name}_updated": f"AFTER UPDATE OF {', '.join(watched)} ON {own} WHEN {changed} "
            f"BEGIN {delete} {insert} END",
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
        """For each column: the foreign key to another table (or an empty string), the model, its column there."""
        sources: dict[str, tuple[str, type[Model], str]] = {}
        for column, path in self.columns.items():
            key, _, field = path.rpartition("__")
            if key:
                relation = getattr(self._model, key).field
                sources[column] = (relation.column, relation.related_model, field)
            else:
                sources[column] = ("", self._model, field)
        return sources
