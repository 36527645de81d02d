"""Voices come in, stay while somebody needs them, and go with their files."""

import uuid
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dashboard.files.filenames import from_filename
from dashboard.files.stored_files import delete_on_commit
from dashboard.jobs.isolation import do_each
from dashboard.models import User
from dashboard.uploads import voices
from videos.models import BatchItem, Video, Voice

# A file can be uploaded again, but a take may exist here alone: nobody should lose it over a holiday.
SPARE = timedelta(days=30)
AT_ONCE = 100


def take_in(
    source: File | Path,
    filename: str,
    user: User,
    *,
    script: str = "",
    cut: bool = False,
    upload_ref: uuid.UUID | None = None,
) -> Voice:
    """Keep a recording; with `cut` what is too long of it is left out. Raises UploadError."""
    longest = settings.CG_AVATAR_MAX_AUDIO_SECONDS or None
    name = from_filename(filename, "Recording")

    def decode() -> Voice:
        with voices.convert(source, max_seconds=longest, cut=cut) as taken:
            return keep(taken, name=name, made_by=user, script=script, upload_ref=upload_ref)

    return Voice.create_once(upload_ref, decode)


def keep(taken: voices.ConvertedVoice, **fields: object) -> Voice:
    """A new row with the sound that was just made; without the row, no file stays."""
    voice = Voice(seconds=taken.seconds, peaks=taken.peaks, **fields)
    try:
        with taken.path.open("rb") as sound:
            voice.sound.save(f"{uuid.uuid4()}.wav", File(sound), save=False)
        with transaction.atomic():
            voice.save()
    except BaseException:
        if voice.sound:
            voice.sound.storage.delete(voice.sound.name)
        raise
    return voice


def words_of(voice: Voice | None) -> str:
    """What it says, as far as anybody typed it: a recording says the same each time."""
    if voice is None:
        return ""
    earlier = Video.objects.filter(voice=voice).exclude(script="").order_by("-pk")
    return earlier.values_list("script", flat=True).first() or voice.script


def keep_shape(voice: Voice, content: bytes) -> None:
    """Store what the editor draws, once: who comes second takes what is there."""
    name = voice.shape.storage.save(f"videos/shapes/{uuid.uuid4()}.json", ContentFile(content))
    if not Voice.objects.filter(pk=voice.pk, shape="").update(shape=name):
        voice.shape.storage.delete(name)
    voice.refresh_from_db(fields=["shape"])


def remove(voice: Voice) -> None:
    """Delete it for good. Its edits stay as recordings of their own, finished videos without their sound."""
    with transaction.atomic():
        delete_on_commit(voice.files)
        voice.delete()


# ---------------------------------------------------------------- voices that nothing needs


def unused() -> QuerySet[Voice]:
    """No video, no row of a batch and no edit needs them, and nobody said that they stay."""
    wanted = BatchItem.objects.exclude(voice=None).values("voice")
    return Voice.objects.filter(is_kept=False, videos=None, edits=None).exclude(pk__in=wanted)


def goes_at(voice: Voice) -> datetime | None:
    """When it will be deleted if nothing uses it until then; None: it stays."""
    if not unused().filter(pk=voice.pk).exists():
        return None
    return (voice.unused_since or timezone.now()) + SPARE


def delete_unused() -> None:
    """Note since when a voice is spare, and delete what has been for long. To be called now and then."""
    now = timezone.now()
    with transaction.atomic():
        unused().filter(unused_since=None).update(unused_since=now)
        needed = Voice.objects.exclude(unused_since=None).exclude(pk__in=unused().values("pk"))
        needed.update(unused_since=None)
    old = unused().filter(unused_since__lt=now - SPARE).values_list("pk", flat=True)
    do_each(list(old[:AT_ONCE]), _delete_if_unused)


def _delete_if_unused(pk: int) -> None:
    with transaction.atomic():
        if voice := unused().filter(pk=pk).first():  # somebody may have chosen it just now
            remove(voice)
