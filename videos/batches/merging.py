"""A mended sheet meets the draft it came from: no row is lost, and none is made twice."""

from dataclasses import dataclass

from django.db import transaction

from dashboard.request import parse_id
from dashboard.uploads import UploadError
from videos.batches.services import TEXTS, Rows, draft_item, explain_too_many, read_texts, recheck
from videos.models import Batch, BatchItem, ItemState

MAX_NUMBER = 100_000  # of a row; what is beyond was not counted by a sheet


@dataclass
class Merge:
    """What became of the sheet's rows."""

    changed: int = 0
    added: int = 0
    made_before: int = 0

    def __str__(self) -> str:
        parts = [
            (self.changed, "updated"),
            (self.added, "added"),
            (self.made_before, "skipped, because they are already made"),
        ]
        said = [f"{number} row{'s' if number != 1 else ''} {what}" for number, what in parts if number]
        return f"{', '.join(said)}." if said else "Nothing changed: the sheet has the same rows."


def merge_rows(batch: Batch, rows: Rows) -> Merge:
    """Take over what a sheet says of the draft's rows, and add what is new in it. Raises UploadError.

    A row is known by its number: the column "row" of a sheet that was downloaded here, else its place in the sheet,
    so that the sheet from the start can be mended and sent again as well. What the sheet does not name stays.
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
                merge.changed += _change(item, texts)
            elif item and (named or texts == _texts_of(item)):
                merge.made_before += 1
            else:
                if number in known or number > MAX_NUMBER:
                    number = max(known) + 1
                known[number] = draft_item(locked, number, row)
                known[number].save()
                seen.add(number)
                merge.added += 1
        if problem := explain_too_many(locked.drafts.count()):
            raise UploadError(problem)
        recheck(locked)
    return merge


def _change(item: BatchItem, texts: dict[str, str]) -> bool:
    if texts == _texts_of(item):
        return False
    for column, text in texts.items():
        setattr(item, column, text)
    item.save(update_fields=TEXTS)
    return True


def _texts_of(item: BatchItem) -> dict[str, str]:
    return {column: getattr(item, column) for column in TEXTS}
