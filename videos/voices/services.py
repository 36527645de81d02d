"""Creating voices, and deleting them with their files when nothing uses them."""

import uuid
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from dashboard.audit.models import Action
from dashboard.audit.subjects import record_making
from dashboard.consent.consented_model import Consent
from dashboard.files.filenames import from_filename
from dashboard.files.stored_files import delete_on_commit, delete_on_error
from dashboard.jobs.continue_on_error import do_each
from dashboard.models import User
from dashboard.uploads import voices
from videos.models import Video, Voice

# An uploaded file can be uploaded again, but a recording exists only here: nobody should lose it during a holiday.
KEEP_UNUSED = timedelta(days=30)
MAX_DELETED = 100  # at once


def create_voice(
    source: File | Path,
    filename: str,
    user: User | None,
    *,
    consent: Consent | None,
    script: str = "",
    cut: bool = False,
    upload_ref: uuid.UUID | None = None,
) -> Voice:
    """Decode and save a recording; with `cut`, one that is too long is cut off. Raises UploadError.

    `consent` is None only for audio of a batch that is older than statements.
    """
    max_seconds = settings.CG_AVATAR_MAX_AUDIO_SECONDS or None
    name = from_filename(filename, "Recording")

    def decode() -> Voice:
        with voices.convert(source, max_seconds=max_seconds, cut=cut) as decoded:
            return save_voice(
                decoded,
                name=name,
                made_by=user,
                script=script,
                upload_ref=upload_ref,
                **(consent.columns if consent else {}),
            )

    return Voice.create_once(upload_ref, decode)


def save_voice(decoded: voices.ConvertedVoice, **fields: object) -> Voice:
    """A new row with the decoded sound. If saving fails, the file is deleted."""
    voice = Voice(seconds=decoded.seconds, peaks=decoded.peaks, **fields)
    try:
        with decoded.path.open("rb") as sound:
            voice.sound.save(f"{uuid.uuid4()}.wav", File(sound), save=False)
        with transaction.atomic():
            voice.save()
            record_making(voice.made_by, Action.VOICE_ADDED, voice)
    except BaseException:
        if voice.sound.name:
            voice.sound.storage.delete(voice.sound.name)
        raise
    return voice


def restore_sound(voice: Voice, source: File, consent: Consent) -> None:
    """Give a voice whose file is gone another recording; its videos keep it. Raises UploadError."""
    old = [file for file in voice.files if file]
    with voices.convert(source, max_seconds=settings.CG_AVATAR_MAX_AUDIO_SECONDS or None) as decoded:
        new = Voice(seconds=decoded.seconds, peaks=decoded.peaks)
        with decoded.path.open("rb") as sound, delete_on_error(new):
            new.sound.save(f"{uuid.uuid4()}.wav", File(sound), save=False)
            with transaction.atomic():
                fields = {"sound": new.sound.name, "seconds": new.seconds, "peaks": new.peaks}
                fields |= consent.columns
                Voice.objects.filter(pk=voice.pk).update(**fields, shape="", missing_files=[])
                delete_on_commit(old)


def find_script(voice: Voice | None) -> str:
    """The script of a recording, if one was typed for this or an earlier video; otherwise empty."""
    if voice is None:
        return ""
    earlier = Video.objects.filter(voice=voice).exclude(script="").order_by("-pk")
    return earlier.values_list("script", flat=True).first() or voice.script


def save_waveform(voice: Voice, content: bytes) -> None:
    """Store the data for the editor once: if another process was faster, its file is used."""
    name = voice.shape.storage.save(f"videos/shapes/{uuid.uuid4()}.json", ContentFile(content))
    if not Voice.all_objects.filter(pk=voice.pk, shape="").update(shape=name):
        voice.shape.storage.delete(name)
    voice.refresh_from_db(fields=["shape"])


def remove(voice: Voice) -> None:
    """Delete it for good. Its edits stay as independent voices; finished videos lose their recording."""
    with transaction.atomic():
        delete_on_commit(voice.files)
        voice.delete()


# ---------------------------------------------------------------- unused voices


def get_deletion_date(voice: Voice) -> datetime | None:
    """When it will be deleted if nothing uses it until then; None if it is used or kept."""
    if not Voice.objects.unused().filter(pk=voice.pk).exists():
        return None
    return (voice.unused_since or timezone.now()) + KEEP_UNUSED


def delete_unused() -> None:
    """Record since when voices have been unused, and delete those unused for long. The poller calls it every hour."""
    now = timezone.now()
    with transaction.atomic():
        Voice.objects.unused().filter(unused_since=None).update(unused_since=now)
        used = Voice.objects.exclude(unused_since=None).exclude(pk__in=Voice.objects.unused().values("pk"))
        used.update(unused_since=None)
    old = Voice.objects.unused().filter(unused_since__lt=now - KEEP_UNUSED).values_list("pk", flat=True)
    do_each(list(old[:MAX_DELETED]), _delete_if_unused)


def _delete_if_unused(pk: int) -> None:
    with transaction.atomic():
        list(Voice.objects.select_for_update().filter(pk=pk))  # who is just using it is waited for, and seen
        if voice := Voice.objects.unused().filter(pk=pk).first():
            remove(voice)
