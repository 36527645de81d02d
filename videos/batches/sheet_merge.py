"""Merging a fixed sheet into the draft it came from, without losing a row or making one twice."""

from dataclasses import dataclass

from django.db import transaction

from dashboard.request import parse_id
from dashboard.uploads import UploadError
from videos.batches.services import (
    TEXT_FIELDS,
    Rows,
    build_draft_row,
    explain_too_many,
    read_texts,
    validate_drafts,
)
from videos.models import Batch, BatchItem, ItemState

MAX_NUMBER = 100_000  # a higher row number is not from a sheet


@dataclass
class Merge:
    """What happened to the rows of the sheet."""

    changed: int = 0
    added: int = 0
    made_before: int = 0

    def __str__(self) -> str:
        parts = [
            (self.changed, "updated"),
            (self.added, "added"),
            (self.made_before, "skipped, because they are already made"),
        ]
        sentences = [f"{number} row{'s' if number != 1 else ''} {what}" for number, what in parts if number]
        return f"{', '.join(sentences)}." if sentences else "Nothing changed: the sheet has the same rows."


def merge_rows(batch: Batch, rows: Rows) -> Merge:
    """Update the draft rows from a sheet, and add its new rows. Raises UploadError.

    A row is identified by its number: the column "row" of a sheet that was downloaded here, otherwise its place in the
    sheet, so that the original sheet can be fixed and uploaded again too. Rows missing in the sheet stay.
    """
    merge = Merge()
    with transaction.atomic():
        locked = Batch.objects.select_for_update().get(pk=batch.pk)
        known = {item.number: item for item in locked.items.all()}
        seen: set[int] = set()
        for row in rows:
            texts = read_texts(row)
            if not any(texts.values()):
                continue
            named = parse_id(row.get("row"))
            number = named or row["number"]
            item = known.get(number) if number not in seen else None
            if item and item.state == ItemState.DRAFT:
                seen.add(number)
                merge.changed += _update(item, texts)
            elif item and (named or texts == _get_texts(item)):
                merge.made_before += 1
            else:
                if number in known or number > MAX_NUMBER:
                    number = max(known) + 1
                known[number] = build_draft_row(locked, number, row)
                known[number].save()
                seen.add(number)
                merge.added += 1
        if problem := explain_too_many(locked.drafts.count()):
            raise UploadError(problem)
        validate_drafts(locked)
    return merge


def _update(item: BatchItem, texts: dict[str, str]) -> bool:
    if texts == _get_texts(item):
        return False
    for column, text in texts.items():
        setattr(item, column, text)
    item.save(update_fields=TEXT_FIELDS)
    return True


def _get_texts(item: BatchItem) -> dict[str, str]:
    return {column: getattr(item, column) for column in TEXT_FIELDS}
