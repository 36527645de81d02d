"""The search index in PostgreSQL: a table of texts with an index of trigrams (pg_trgm)."""
# ruff: noqa: S608 - the names in these statements are our own; input is always passed as a parameter

from typing import TYPE_CHECKING

from django.db import DatabaseError, transaction
from django.db.backends.utils import CursorWrapper

if TYPE_CHECKING:
    from dashboard.gallery.search_index import SearchIndex


def exists(cursor: CursorWrapper, index: "SearchIndex") -> bool:
    # A table may be there without its triggers, while migrations run.
    cursor.execute("SELECT 1 FROM pg_trigger WHERE tgname = %s", [f"{index.name}_changed"])
    return cursor.fetchone() is not None


def match(index: "SearchIndex", words: list[str]) -> tuple[str, list[str]]:
    conditions = " AND ".join(["words ILIKE %s"] * len(words))
    return f"SELECT id FROM {index.name} WHERE {conditions}", [f"%{_escape(word)}%" for word in words]


def create_table(cursor: CursorWrapper, index: "SearchIndex") -> bool:
    try:
        with transaction.atomic():
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:  # this user may not, or the server has no such extension
        return False
    cursor.execute(f"CREATE TABLE IF NOT EXISTS {index.name} (id bigint PRIMARY KEY, words text NOT NULL)")
    cursor.execute(
        f"CREATE INDEX IF NOT EXISTS {index.name}_trigrams ON {index.name} USING gin (words gin_trgm_ops)"
    )
    return True


def update(cursor: CursorWrapper, index: "SearchIndex") -> None:
    cursor.execute(
        f"DELETE FROM {index.name} was WHERE NOT EXISTS (SELECT 1 FROM {index.table} own WHERE own.id = was.id)"
    )
    cursor.execute(f"{_upsert(index)} WHERE {index.name}.words IS DISTINCT FROM excluded.words")


def create_triggers(cursor: CursorWrapper, index: "SearchIndex") -> None:
    name, own = index.name, index.table
    delete = f"DELETE FROM {name} WHERE id = old.id;"
    insert = _upsert(index, "WHERE own.id = new.id") + ";"
    _create(cursor, f"{name}_changed", own, f"INSERT OR UPDATE OF {', '.join(index.watched)}", insert)
    _create(cursor, f"{name}_deleted", own, "DELETE", delete)
    for column, source in index.sources.items():
        if source.key:
            refresh = _upsert(index, f"WHERE own.{source.key} = new.id") + ";"
            _create(cursor, f"{name}_{column}", source.table, f"UPDATE OF {source.field}", refresh)


def drop_triggers(cursor: CursorWrapper, index: "SearchIndex") -> None:
    names = ["changed", "deleted", *(column for column, source in index.sources.items() if source.key)]
    for name in names:
        cursor.execute(f"DROP FUNCTION IF EXISTS {index.name}_{name}() CASCADE")


def _create(cursor: CursorWrapper, name: str, table: str, event: str, body: str) -> None:
    """Create a trigger with its function; dropping the function drops the trigger."""
    cursor.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN NULL; END $$"
    )
    cursor.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _upsert(index: "SearchIndex", where: str = "") -> str:
    """A statement that writes the texts of the rows, one line a column."""
    columns = " || E'\\n' || ".join(f"found.{column}" for column in index.columns)
    documents = f"SELECT found.id, {columns} FROM ({index.documents()} {where}) found"
    return f"INSERT INTO {index.name} (id, words) {documents} ON CONFLICT (id) DO UPDATE SET words = excluded.words"


def _escape(word: str) -> str:
    """The characters that LIKE gives a meaning."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
