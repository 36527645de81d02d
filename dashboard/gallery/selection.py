"""Actions on several rows that were selected in a gallery."""

import re
from collections.abc import Iterable
from typing import TypeVar

from django.http import QueryDict

from dashboard.models import OwnedModel, User

Row = TypeVar("Row", bound=OwnedModel)

MAX_SELECTED = 200


def parse_selection(data: QueryDict) -> list[int]:
    """The keys of the selected rows."""
    return [int(key) for key in data.getlist("pk")[:MAX_SELECTED] if re.fullmatch(r"[0-9]{1,18}", key)]


def split_by_permission(rows: Iterable[Row], user: User) -> tuple[list[Row], int]:
    """The rows that this person may change, and the number of the others."""
    rows = list(rows)
    changeable = [row for row in rows if user.may_change(row)]
    return changeable, len(rows) - len(changeable)


def describe_deletion(deleted: int, kept: int, one: str, many: str) -> str:
    """ "2 videos were moved to the trash. 1 was kept: …", with `one` and `many` as in "video was" and "videos were"."""
    sentence = (
        f"{deleted} {one if deleted == 1 else many} moved to the trash."
        if deleted
        else "Nothing was deleted."
    )
    if kept:
        sentence += (
            f" {kept} {'was' if kept == 1 else 'were'} kept: only their creator or an owner can delete them."
        )
    return sentence
