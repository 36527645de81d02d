"""What pages and other apps request of exports: downloads, applied looks, posters, and deleting them."""

import contextlib
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dashboard.files.deletion import delete_names_on_commit
from dashboard.files.stored_files import delete_on_commit
from dashboard.jobs.enqueue import enqueue_job
from dashboard.jobs.leased_job import LeaseLost
from dashboard.jobs.local_job import LocalState
from dashboard.models import User
from videos.exports import files
from videos.looks.look import Look
from videos.models import Export, Video

Kind = Export.Kind
KINDS_WITH_LOOK = {Kind.LOOK, Kind.GIF}
KINDS_OF_PERSON = {Kind.WEBM, Kind.MOV, Kind.WEBP}
VIDEO_GONE = "The file of this video is gone."
# ProRes needs about this many bytes per pixel; sound and everything else are negligible.
PRORES_BYTES_PER_PIXEL = 0.9
FRAME_RATE = 25


def get_export_look(video: Video, kind: str) -> tuple[dict[str, Any], str]:
    """The look that an export of this kind is made with, and its key; both empty if the look makes no difference."""
    look = video.parsed_look
    if kind in KINDS_OF_PERSON:
        look = Look(label=look.label, label_corner=look.label_corner)
    elif kind not in KINDS_WITH_LOOK:
        return {}, ""
    return look.to_dict(), look.key


def explain_unavailable(video: Video, kind: str) -> str:
    """Why this export cannot be made; empty if it can."""
    if not video.is_ready or not video.video or "video" in video.missing_files:
        return VIDEO_GONE
    needs_mask = kind in KINDS_OF_PERSON or (kind in KINDS_WITH_LOOK and video.parsed_look.needs_mask)
    return video.why_no_mask if needs_mask else ""


def estimate_prores_bytes(video: Video) -> float:
    """About how large the ProRes file of this video is."""
    return video.width * video.height * video.seconds * FRAME_RATE * PRORES_BYTES_PER_PIXEL


def find_export(video: Video, kind: str) -> Export | None:
    """The export of this kind with the video's present look, in whatever state."""
    return video.exports.filter(kind=kind, look_key=get_export_look(video, kind)[1]).first()


def request_export(video: Video, kind: str, user: User | None = None) -> Export:
    """The one export of this kind, enqueued if it is new, failed or its file is gone.

    `user` is notified when it is done.
    """
    look, key = get_export_look(video, kind)
    with transaction.atomic():
        export, is_new = Export.objects.get_or_create(
            video=video, kind=kind, look_key=key, defaults={"look": look}
        )
        Export.objects.filter(pk=export.pk).update(used_at=timezone.now(), made_by=user)
        is_gone = export.is_ready and not (export.file.name and default_storage.exists(export.file.name))
        if export.is_failed or is_gone:
            with contextlib.suppress(LeaseLost):  # somebody else retried it at the same moment
                export.retry()
                is_new = True
        if is_new:
            enqueue_job(export)
    return export


def apply_look(video: Video) -> None:
    """Show a finished video with `video.look`. Call it in the transaction that saves the look."""
    if Video.lock(video.pk) is None:
        return
    video.refresh_from_db(fields=["look", "styled_video", "styled_key", "mask_problem"])
    video.__dict__.pop("parsed_look", None)  # cached from the look before
    key = video.parsed_look.key
    for outdated in video.exports.filter(kind=Kind.LOOK).exclude(look_key=key):
        delete_export(outdated)  # a worker that is making it finds the row gone and stops
    if not key:
        old_file = video.styled_video
        if old_file:
            Video.all_objects.filter(pk=video.pk).update(
                styled_video="", styled_key="", version=F("version") + 1
            )
            delete_on_commit([old_file])
            video.styled_video, video.styled_key = "", ""
            remake_poster(video)
    elif not (video.styled_video and video.styled_key == key) and not video.waits_for_mask:
        request_export(video, Kind.LOOK)


def set_poster(video: Video, seconds: float) -> None:
    """Use the frame at that moment as the poster."""
    with transaction.atomic():
        Video.all_objects.filter(pk=video.pk).update(poster_at=seconds)
        video.poster_at = seconds
        remake_poster(video)


def remake_poster(video: Video) -> None:
    """Make the poster again from the displayed video. A run that has started is superseded: its moment is outdated."""
    with transaction.atomic():
        Video.lock(video.pk)
        export, _ = Export.objects.get_or_create(video=video, kind=Kind.POSTER, look_key="")
        Export.objects.filter(pk=export.pk).update(
            state=LocalState.WAITING,
            state_since=timezone.now(),
            try_after=timezone.now(),
            version=F("version") + 1,
            attempts=0,
            progress=0,
            error="",
            lease=None,
            lease_until=None,
        )
        enqueue_job(export)


def delete_export(export: Export) -> None:
    """Delete the row, and its files when the transaction is committed."""
    with transaction.atomic():
        if (locked := Export.lock(export.pk)) is not None:  # a worker may have named other files meanwhile
            delete_names_on_commit(files.list_files(locked))
            locked.delete()


def delete_unused(export: Export, before: datetime) -> None:
    """Delete it unless somebody has asked for it since that moment."""
    with transaction.atomic():
        locked = Export.lock(export.pk)
        if locked is not None and locked.used_at < before:
            delete_export(locked)


def delete_exports(video: Video) -> None:
    """Delete all exports of a video that is being deleted."""
    for export in video.exports.all():
        delete_export(export)
