"""Creating batches: as a draft to be reviewed, or started at once."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from avatars.models import Avatar
from dashboard.audit.models import Action
from dashboard.audit.subjects import record_making
from dashboard.consent.consented_model import Consent
from dashboard.files.filenames import MAX_NAME
from dashboard.files.sheet_writer import strip_guard
from dashboard.models import User
from videos.batches import tasks
from videos.batches.row_validation import RowValidator
from videos.models import Batch, BatchItem, ItemState, Voice

MAX_SOUND = 2000  # characters of a sound's name or address, as in its column
TEXT_FIELDS = ("avatar_text", "sound_text", "title", "script")
CHECKED_FIELDS = ("avatar", "voice", "audio_url", "error")

Rows = Iterable[Mapping[str, Any]]  # see dashboard.uploads.sheets
Requests = Iterable[tuple[Avatar, Voice, str, str]]  # avatar, voice, title, script


def create_draft(
    ref: uuid.UUID,
    name: str,
    user: User,
    rows: Rows,
    sounds: Mapping[str, int],
    look: Mapping[str, Any],
    consent: Consent | None = None,
) -> Batch:
    """A draft with the validated rows of a sheet. The same `ref` twice creates one batch."""
    validator = RowValidator(sounds)
    try:
        with transaction.atomic():
            batch = Batch.objects.create(
                ref=ref,
                name=name,
                made_by=user,
                sounds=sounds,
                look=look,
                **(consent.columns if consent else {}),
            )
            items = [validator.validate(build_draft_row(batch, row["number"], row)) for row in rows]
            BatchItem.objects.bulk_create(items)
    except IntegrityError:  # the page was submitted twice at the same moment
        return Batch.all_objects.get(ref=ref)
    return batch


def build_draft_row(batch: Batch, number: int, row: Mapping[str, Any]) -> BatchItem:
    """An unsaved row of a draft."""
    return BatchItem(batch=batch, number=number, state=ItemState.DRAFT, **read_texts(row))


def read_texts(row: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a sheet's row, by the fields of BatchItem in which they are stored."""
    texts = [strip_guard(row.get(key, "")) for key in ("avatar", "audio", "title", "script")]
    limits = (MAX_NAME, MAX_SOUND, MAX_NAME, None)
    return {column: text[:limit] for column, text, limit in zip(TEXT_FIELDS, texts, limits, strict=True)}


def validate_drafts(batch: Batch) -> None:
    """Validate the draft rows again: what they name may have been created or deleted."""
    validator = RowValidator(batch.sounds)
    changed = []
    with lock_batch(batch):  # nobody starts them meanwhile
        for item in batch.drafts:
            before = [getattr(item, one) for one in ("avatar_id", "voice_id", "audio_url", "error")]
            validator.validate(item)
            if before != [getattr(item, one) for one in ("avatar_id", "voice_id", "audio_url", "error")]:
                changed.append(item)
        BatchItem.objects.bulk_update(changed, CHECKED_FIELDS)


@contextmanager
def lock_batch(batch: Batch) -> Iterator[Batch | None]:
    """A transaction with the batch as it is now; nobody else changes its drafts until the end. None if it is gone."""
    with transaction.atomic():
        yield Batch.objects.select_for_update().filter(pk=batch.pk).first()


def start_valid_rows(batch: Batch, user: User) -> int:
    """Start the rows without errors and return their number. The others stay drafts."""
    with lock_batch(batch) as locked:
        if locked is None:  # somebody has just discarded it
            return 0
        validate_drafts(locked)
        numbers = list(locked.drafts.filter(error="").values_list("pk", flat=True))
        if not numbers:  # somebody else may have started them
            return 0
        now = timezone.now()
        Batch.objects.filter(pk=batch.pk).update(started_at=Coalesce("started_at", Value(now)), done_at=None)
        items = locked.items.filter(pk__in=numbers)
        items.update(state=ItemState.WAITING, state_since=now, version=F("version") + 1)
        record_start(batch, user, len(numbers))
        _start(items)
    return len(numbers)


def create_started(
    ref: uuid.UUID, name: str, user: User, requests: Requests, look: Mapping[str, Any]
) -> Batch:
    """A batch that needs no review, started at once. The same `ref` twice creates one batch."""
    try:
        with transaction.atomic():
            batch = Batch.objects.create(
                ref=ref, name=name, made_by=user, look=look, started_at=timezone.now()
            )
            for number, (avatar, voice, title, script) in enumerate(requests, 1):
                BatchItem.objects.create(
                    batch=batch, number=number, avatar=avatar, voice=voice, title=title, script=script
                )
            record_start(batch, user, batch.items.count())
            _start(batch.items.all())
    except IntegrityError:  # the page was submitted twice at the same moment
        return Batch.all_objects.get(ref=ref)
    return batch


def record_start(batch: Batch, user: User, number: int) -> None:
    """Note in the activity of the team that somebody has so many videos made."""
    record_making(user, Action.BATCH_STARTED, batch, f"{number} video{'s' if number != 1 else ''}")


def _start(items: QuerySet[BatchItem]) -> None:
    """Create the videos of rows whose sound is here; rows that download it first are enqueued."""
    for item in items.select_related("avatar", "voice", "batch"):
        if item.voice is not None:
            tasks.create_video(item)
    tasks.enqueue_next()


def discard_drafts(batch: Batch) -> None:
    """Discard the draft rows; a batch that has no other rows is deleted."""
    with lock_batch(batch) as locked:
        if locked is None or locked.is_draft:
            tasks.remove(batch)
            return
        number, _ = locked.drafts.delete()
        Batch.objects.filter(pk=batch.pk).update(discarded_rows=F("discarded_rows") + number)


def explain_too_many(number: int) -> str:
    """A sentence if these are more videos than one batch may have; otherwise empty."""
    limit = settings.BATCH_MAX_VIDEOS
    return f"These are {number} videos. The limit is {limit} at a time." if number > limit else ""
