"""A batch from its rows: as a draft that is reviewed first, or started at once."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from avatars.models import Avatar
from dashboard.files.filenames import MAX_NAME
from dashboard.models import User
from videos.batches import tasks
from videos.batches.row_validation import Checker
from videos.batches.sheet_writer import strip_guard
from videos.models import Batch, BatchItem, ItemState, Voice

MAX_SOUND = 2000  # characters of a sound's name or address, as in its column
TEXTS = ("avatar_text", "sound_text", "title", "script")
CHECKED = ("avatar", "voice", "audio_url", "error")

Rows = Iterable[Mapping[str, Any]]  # see dashboard.uploads.sheets
Orders = Iterable[tuple[Avatar, Voice, str, str]]  # avatar, voice, title, script


def create_draft(
    ref: uuid.UUID, name: str, user: User, rows: Rows, sounds: Mapping[str, int], look: Mapping[str, Any]
) -> Batch:
    """A sheet's rows, checked; nothing is made yet. The same `ref` twice is one batch."""
    checker = Checker(sounds)
    try:
        with transaction.atomic():
            batch = Batch.objects.create(ref=ref, name=name, made_by=user, sounds=sounds, look=look)
            items = [checker.check(draft_item(batch, row["number"], row)) for row in rows]
            BatchItem.objects.bulk_create(items)
    except IntegrityError:  # the same page was sent twice at the same moment
        return Batch.objects.get(ref=ref)
    return batch


def draft_item(batch: Batch, number: int, row: Mapping[str, Any]) -> BatchItem:
    """An unsaved row of a draft."""
    return BatchItem(batch=batch, number=number, state=ItemState.DRAFT, **read_texts(row))


def read_texts(row: Mapping[str, Any]) -> dict[str, str]:
    """What a row of a sheet says, by the columns that it is kept in."""
    said = [strip_guard(row.get(key, "")) for key in ("avatar", "audio", "title", "script")]
    limits = (MAX_NAME, MAX_SOUND, MAX_NAME, None)
    return {column: text[:limit] for column, text, limit in zip(TEXTS, said, limits, strict=True)}


def recheck(batch: Batch) -> None:
    """Look at the rows of a draft once more: what they name may be there now, or gone."""
    checker = Checker(batch.sounds)
    changed = []
    for item in batch.drafts:
        before = [getattr(item, one) for one in ("avatar_id", "voice_id", "audio_url", "error")]
        checker.check(item)
        if before != [getattr(item, one) for one in ("avatar_id", "voice_id", "audio_url", "error")]:
            changed.append(item)
    BatchItem.objects.bulk_update(changed, CHECKED)


def start_valid_rows(batch: Batch) -> int:
    """Have the rows made that nothing is wrong with, and return their number. The others stay drafts."""
    with transaction.atomic():
        locked = Batch.objects.select_for_update().get(pk=batch.pk)
        recheck(locked)
        numbers = list(locked.drafts.filter(error="").values_list("pk", flat=True))
        if not numbers:  # perhaps somebody was faster
            return 0
        now = timezone.now()
        Batch.objects.filter(pk=batch.pk).update(started_at=Coalesce("started_at", Value(now)), done_at=None)
        items = locked.items.filter(pk__in=numbers)
        items.update(state=ItemState.WAITING, state_since=now, version=F("version") + 1)
        _start(items)
    return len(numbers)


def create_started(ref: uuid.UUID, name: str, user: User, orders: Orders, look: Mapping[str, Any]) -> Batch:
    """A batch of which everything is known, started at once. The same `ref` twice is one batch."""
    try:
        with transaction.atomic():
            batch = Batch.objects.create(
                ref=ref, name=name, made_by=user, look=look, started_at=timezone.now()
            )
            for number, (avatar, voice, title, script) in enumerate(orders, 1):
                BatchItem.objects.create(
                    batch=batch, number=number, avatar=avatar, voice=voice, title=title, script=script
                )
            _start(batch.items.all())
    except IntegrityError:  # the same page was sent twice at the same moment
        return Batch.objects.get(ref=ref)
    return batch


def _start(items: Any) -> None:
    """What needs nothing more is a video at once; what has to be downloaded first is enqueued."""
    for item in items.select_related("avatar", "voice", "batch"):
        if item.voice is not None:
            tasks.make_video(item)
    tasks.enqueue_next()


def discard_drafts(batch: Batch) -> None:
    """Drop the rows that are not made yet; a batch of which nothing was made goes with them."""
    if batch.is_draft:
        tasks.remove(batch)
        return
    with transaction.atomic():
        number, _ = batch.drafts.delete()
        Batch.objects.filter(pk=batch.pk).update(discarded_rows=F("discarded_rows") + number)


def explain_too_many(number: int) -> str:
    """The sentence, where these are more than one batch may have."""
    most = settings.BATCH_MAX_VIDEOS
    return f"These are {number} videos. The limit is {most} at a time." if number > most else ""
