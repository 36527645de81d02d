"""The list as plain values: a restore saves it from the database that it replaces, and loads it into the restored one.

After that `manage.py forget --again` removes what the backup has brought back.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from dashboard.forgotten.models import Forgetting, Forgotten

_COLUMNS = [field.attname for field in Forgotten._meta.fields if field.name not in ("id", "forgetting")]


def dump() -> list[dict[str, Any]]:
    """All that was ever forgotten here."""
    return list(Forgotten.objects.values(*_COLUMNS))


def load(rows: Iterable[dict[str, Any]]) -> int:
    """Add what is missing in this database; how many rows that were."""
    added = 0
    with transaction.atomic():
        act = Forgetting.objects.create(counts={})
        for row in rows:
            key = {name: row[name] for name in ("kind", "row_id", "row_created_at")}
            if not Forgotten.objects.filter(**key).exists():
                at_engine = {"is_at_engine": row["provider"] == "embedded"}  # restored there too
                Forgotten.objects.create(forgetting=act, **row | at_engine)
                added += 1
        if not added:
            act.delete()
    return added
