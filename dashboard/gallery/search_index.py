"""A full-text index, so that a search does not read the whole table.

Like LIKE it finds parts of words, in upper or lower case, in any alphabet: with FTS5 in SQLite (search_fts5.py), with
pg_trgm in PostgreSQL (search_trigrams.py). Triggers update it with every change of a row. Where it cannot be created, a
search finds the same, only slower: see dashboard.gallery.filters.
"""
# ruff: noqa: S608 - the names in these statements are our own; input is always passed as a parameter

from dataclasses import dataclass
from typing import Any, Protocol

from django.apps import AppConfig, apps
from django.core.cache import caches
from django.core.cache.utils import make_template_fragment_key
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, Q
from django.db.models.expressions import RawSQL
from django.db.models.signals import post_migrate, pre_migrate

from dashboard.gallery import search_fts5, search_trigrams

MIN_LETTERS = 3
# With more matches, it is faster to read the table from the newest row on until a page is full.
MAX_ROWS = 2400
MANY_SECONDS = 300  # so long it is remembered that words have more


@dataclass(frozen=True)
class Source:
    """Where a column of the index comes from: `field` of the model itself, or of the row that `key` points to."""

    key: str
    table: str
    field: str


class Backend(Protocol):
    """What differs between databases."""

    def exists(self, cursor: CursorWrapper, index: "SearchIndex") -> bool: ...
    def create_table(self, cursor: CursorWrapper, index: "SearchIndex") -> bool:
        """False where this server cannot have such an index."""

    def update(self, cursor: CursorWrapper, index: "SearchIndex") -> None:
        """Bring the index up to what the tables contain."""

    def create_triggers(self, cursor: CursorWrapper, index: "SearchIndex") -> None: ...
    def drop_triggers(self, cursor: CursorWrapper, index: "SearchIndex") -> None: ...
    def match(self, index: "SearchIndex", words: list[str]) -> tuple[str, list[str]]:
        """A query for the keys of the rows that contain all words, with its parameters."""


BACKENDS: dict[str, Backend] = {"sqlite": search_fts5, "postgresql": search_trigrams}


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

    def can_match(self, words: list[str]) -> bool:
        """Whether the index has any of these words. It has none of one or two letters."""
        return any(len(word) >= MIN_LETTERS for word in words) and self._exists()

    def match_all(self, words: list[str]) -> Q | None:
        """The rows that contain all these words, at most MAX_ROWS; None for more: it is faster to read the table.

        Words of one or two letters are not in the index: the caller has to look for them.
        """
        words = [word for word in words if len(word) >= MIN_LETTERS]
        if not self.can_match(words):
            return None
        memory, key = caches["memory"], make_template_fragment_key(f"many-{self.name}", words)
        if memory.get(key):
            return None
        match, parameters = BACKENDS[connection.vendor].match(self, words)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({match} LIMIT %s) found", [*parameters, MAX_ROWS + 1])
            if cursor.fetchone()[0] > MAX_ROWS:
                memory.set(key, True, MANY_SECONDS)
                return None
        return Q(pk__in=RawSQL(match, parameters))  # noqa: S611 - as above

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.model_name)

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def sources(self) -> dict[str, Source]:
        """For each column where it comes from."""
        found = {}
        for column, path in self.columns.items():
            key, _, field = path.rpartition("__")
            relation = getattr(self.model, key).field if key else None
            found[column] = Source(
                relation.column if relation else "",
                relation.related_model._meta.db_table if relation else self.table,
                field,
            )
        return found

    @property
    def watched(self) -> list[str]:
        """The columns of the model's own table whose change changes the index."""
        return [source.key or source.field for source in self.sources.values()]

    def documents(self) -> str:
        """A query for the content of the index: the id and the columns of each row; the model's table is `own`."""
        columns, joins = ["own.id"], []
        for column, source in self.sources.items():
            columns.append(f"coalesce({column if source.key else 'own'}.{source.field}, '') AS {column}")
            if source.key:
                joins.append(f"LEFT JOIN {source.table} {column} ON {column}.id = own.{source.key}")
        return f"SELECT {', '.join(columns)} FROM {self.table} own {' '.join(joins)}"

    def _exists(self) -> bool:
        if not self._found and connection.vendor in BACKENDS:
            with connection.cursor() as cursor:
                self._found = BACKENDS[connection.vendor].exists(cursor, self)
        return self._found

    # -- with migrations

    def _drop_triggers(self, plan: list[Any], using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
        """Migrations recreate tables and change columns, which fails while triggers mention them."""
        if plan and using == DEFAULT_DB_ALIAS and connection.vendor in BACKENDS:
            with connection.cursor() as cursor:
                BACKENDS[connection.vendor].drop_triggers(cursor, self)
            self._found = False

    def _create_or_update(self, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
        """Create the index, add what it missed, and create its triggers; nothing if the triggers still exist."""
        if using != DEFAULT_DB_ALIAS or connection.vendor not in BACKENDS or self._exists():
            return
        tables = {source.table for source in self.sources.values()}
        if not tables <= set(connection.introspection.table_names()):  # migrated back to a state without them
            return
        backend = BACKENDS[connection.vendor]
        with transaction.atomic(), connection.cursor() as cursor:
            if backend.create_table(cursor, self):
                backend.update(cursor, self)
                backend.create_triggers(cursor, self)
