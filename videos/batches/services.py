"""A batch from its rows: as a draft that is looked at first, or begun at once."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from avatars.models import Avatar
from dashboard.files.filenames import MAX_NAME
from dashboard.models import User
from videos.batches import tasks
from videos.batches.row_validation import Checker
from videos.models import Batch, BatchItem, ItemState, Voice

SPACE = 200  # the columns' own limits
CHECKED = ("avatar", "voice", "audio_url", "error")

Pairs = Iterable[tuple[Avatar, Voice, str, str]]  # avatar, voice, title, script


def draft(
    ref: uuid.UUID,
    name: str,
    user: User,
    rows: Iterable[Mapping[str, Any]],
    sounds: Mapping[str, int],
    look: Mapping[str, Any],
) -> Batch:
    """A sheet's rows (see dashboard.uploads.sheets), checked; nothing is made yet. The same `ref` twice is one batch."""
    checker = Checker(sounds)
    try:
        with transaction.atomic():
            batch = Batch.objects.create(ref=ref, name=name, made_by=user, sounds=sounds, look=look)
            items = [checker.check(_item(batch, row)) for row in rows]
            BatchItem.objects.bulk_create(items)
    except IntegrityError:  # the same page was sent twice at the same moment
        return Batch.objects.get(ref=ref)
    return batch


def _item(batch: Batch, row: Mapping[str, Any]) -> BatchItem:
    said = {key: _typed(row.get(key, "")) for key in ("avatar", "sound", "title", "script")}
    return BatchItem(
        batch=batch,
        number=row["number"],
        state=ItemState.DRAFT,
        said_avatar=said["avatar"][:MAX_NAME],
        said_sound=said["sound"][:2000],
        title=said["title"][:MAX_NAME],
        script=said["script"],
    )


def _typed(text: str) -> str:
    """What stood there before it was guarded against being taken for a formula (see videos.batches.sheet_template)."""
    return text[1:] if text[:1] == "'" and text[1:2] in "=+-@" else text


def check_again(batch: Batch) -> None:
    """Look at the rows of a draft once more: what they name may be there now, or gone."""
    checker = Checker(batch.sounds)
    changed = []
    for item in batch.items.filter(state=ItemState.DRAFT):
        before = [getattr(item, one) for one in ("avatar_id", "voice_id", "audio_url", "error")]
        checker.check(item)
        if before != [getattr(item, one) for one in ("avatar_id", "voice_id", "audio_url", "error")]:
            changed.append(item)
    BatchItem.objects.bulk_update(changed, CHECKED)


def begin(batch: Batch) -> int:
    """Start what is right with a draft and leave out the rest; the number of rows that were begun."""
    with transaction.atomic():
        rows = Batch.objects.select_for_update().filter(pk=batch.pk, started_at=None)
        if not rows.exists():  # somebody was faster
            return 0
        check_again(batch)
        wrong = batch.items.exclude(error="")
        if not batch.items.filter(error="").exists():
            return 0
        rows.update(started_at=timezone.now(), left_out=F("left_out") + wrong.count())
        wrong.delete()
        batch.items.update(state=ItemState.WAITING, state_since=timezone.now(), version=F("version") + 1)
        return _begun(batch)


def order(ref: uuid.UUID, name: str, user: User, pairs: Pairs, look: Mapping[str, Any]) -> Batch:
    """A batch of which everything is known, begun at once. The same `ref` twice is one batch."""
    try:
        with transaction.atomic():
            batch = Batch.objects.create(
                ref=ref, name=name, made_by=user, look=look, started_at=timezone.now()
            )
            for number, (avatar, voice, title, script) in enumerate(pairs, 1):
                BatchItem.objects.create(
                    batch=batch, number=number, avatar=avatar, voice=voice, title=title, script=script
                )
            _begun(batch)
    except IntegrityError:  # the same page was sent twice at the same moment
        return Batch.objects.get(ref=ref)
    return batch


def _begun(batch: Batch) -> int:
    """What needs nothing more is a video at once; what has to be fetched first is enqueued."""
    items = list(batch.items.select_related("avatar", "voice"))
    for item in items:
        item.batch = batch
        if item.voice is not None:
            tasks.make_video(item)
    tasks.enqueue_next()
    return len(items)


def too_many(number: int) -> str:
    """The sentence, where these are more than one batch may have."""
    most = settings.BATCH_MAX_VIDEOS
    return f"These are {number} videos. At most {most} can be made at once." if number > most else ""
