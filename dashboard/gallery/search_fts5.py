"""The search index in SQLite: a table of its full-text search (FTS5) with trigrams."""
# ruff: noqa: S608 - the names in these statements are our own; input is always passed as a parameter

from typing import TYPE_CHECKING

from django.db import OperationalError
from django.db.backends.utils import CursorWrapper

if TYPE_CHECKING:
    from dashboard.gallery.search_index import SearchIndex


def exists(cursor: CursorWrapper, index: "SearchIndex") -> bool:
    cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [f"{index.name}_inserted"])
    return cursor.fetchone() is not None


def match(index: "SearchIndex", words: list[str]) -> tuple[str, list[str]]:
    query = " AND ".join('"{}"'.format(word.replace('"', '""')) for word in words)
    return f"SELECT rowid FROM {index.name} WHERE {index.name} MATCH %s", [query]


def create_table(cursor: CursorWrapper, index: "SearchIndex") -> bool:
    columns = ", ".join(index.columns)
    try:
        cursor.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {index.name} USING fts5({columns}, tokenize='trigram')"
        )
    except OperationalError:  # an SQLite without it
        return False
    return True


def update(cursor: CursorWrapper, index: "SearchIndex") -> None:
    columns, documents = ", ".join(index.columns), index.documents()
    changed = " OR ".join(f"now.{column} IS NOT was.{column}" for column in index.columns)
    cursor.execute(
        f"DELETE FROM {index.name} WHERE rowid IN (SELECT was.rowid FROM {index.name} was"
        f" LEFT JOIN ({documents}) now ON now.id = was.rowid WHERE now.id IS NULL OR {changed})"
    )
    cursor.execute(
        f"INSERT INTO {index.name} (rowid, {columns}) {documents}"
        f" WHERE own.id NOT IN (SELECT rowid FROM {index.name})"
    )


def create_triggers(cursor: CursorWrapper, index: "SearchIndex") -> None:
    for trigger, when in _triggers(index).items():
        cursor.execute(f"CREATE TRIGGER {trigger} {when}")


def drop_triggers(cursor: CursorWrapper, index: "SearchIndex") -> None:
    for trigger in _triggers(index):
        cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}")


def _triggers(index: "SearchIndex") -> dict[str, str]:
    """The triggers by name, each with its event and body."""
    own = index.table
    delete = f"DELETE FROM {index.name} WHERE rowid = old.id;"
    columns = ", ".join(index.columns)
    insert = f"INSERT INTO {index.name} (rowid, {columns}) {index.documents()} WHERE own.id = new.id;"
    # save() names all columns: only a real change of a value counts.
    changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in index.watched)
    triggers = {
        f"{index.name}_inserted": f"AFTER INSERT ON {own} BEGIN {insert} END",
        f"{index.name}_deleted": f"AFTER DELETE ON {own} BEGIN {delete} END",
        f"{index.name}_updated": f"AFTER UPDATE OF {', '.join(index.watched)} ON {own} WHEN {changed} "
        f"BEGIN {delete} {insert} END",
    }
    for column, source in index.sources.items():
        if source.key:
            triggers[f"{index.name}_{column}"] = (
                f"AFTER UPDATE OF {source.field} ON {source.table} WHEN old.{source.field} IS NOT new.{source.field} "
                f"BEGIN UPDATE {index.name} SET {column} = new.{source.field} "
                f"WHERE rowid IN (SELECT id FROM {own} WHERE {source.key} = new.id); END"
            )
    return triggers
