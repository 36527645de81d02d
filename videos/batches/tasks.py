"""Turning rows of a batch into videos; a sound that is a URL is downloaded once for all rows that name it."""

import uuid
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard.files import temporary_folders
from dashboard.files.filenames import for_video
from dashboard.files.missing_files import check_files
from dashboard.jobs import runner
from dashboard.jobs.enqueue import enqueue_job
from dashboard.jobs.leased_job import ForbiddenTransition, LeaseLost
from dashboard.jobs.local_job import working_phase
from dashboard.jobs.provider_job import ProviderState, current_provider
from dashboard.jobs.runner import JobDelayed, JobFailed, Turn
from dashboard.net import safe_download
from dashboard.processes.heartbeat import count_workers
from dashboard.uploads import UploadError
from videos import scheduling
from videos import tasks as videos
from videos.missing_files import VOICE_GONE
from videos.models import Batch, BatchItem, ItemState, Video, Voice
from videos.voices.services import create_voice

LEASE_SECONDS = 480  # for downloading, waiting for the decoder, and decoding
DOWNLOAD_SECONDS = 120
PHASE = working_phase(LEASE_SECONDS)
SAME_SOUND_SECONDS = 3  # between checks whether another row has downloaded the same sound


# ---------------------------------------------------------------- requests of pages


def enqueue_next() -> None:
    """Enqueue the next rows and videos when the transaction is committed."""
    for item in BatchItem.objects.filter(pk__in=next_up()):
        enqueue_job(item)
    for video in Video.objects.filter(pk__in=scheduling.next_up()):
        videos.start(video)


def retry(item: BatchItem) -> bool:
    """Retry a row or its video. Returns whether there was anything to retry."""
    try:
        with transaction.atomic():
            if item.video is not None:
                is_retried = videos.retry(item.video)
            else:
                item.retry()
                is_retried = True
            if is_retried:
                Batch.objects.filter(pk=item.batch_id).update(done_at=None)
                enqueue_next()
            return is_retried
    except (ForbiddenTransition, LeaseLost):  # another process was faster
        return False


def cancel(item: BatchItem) -> bool:
    """Cancel a row or its video if it is still queued. Returns whether it was cancelled."""
    if item.video is not None:
        return videos.cancel(item.video)
    try:
        item.move(ItemState.CANCELLED)
    except (ForbiddenTransition, LeaseLost):
        return False
    return True


def remove(batch: Batch) -> None:
    """Delete the batch with the rows that are not videos yet. Its videos stay."""
    Batch.all_objects.filter(pk=batch.pk).delete()


# ---------------------------------------------------------------- tasks


def max_working() -> int:
    """How many rows may be worked on at one time, by the workers of all machines.

    One worker stays free, so that slow downloads do not block everything else.
    """
    return max(count_workers("worker", settings.WORKERS) - 1, 1)


def next_up() -> list[int]:
    """The keys of the rows that may be worked on now; batches take turns, like their videos."""
    now = timezone.now()
    busy = BatchItem.objects.filter(state=ItemState.WORKING, lease_until__gt=now).count()
    due = BatchItem.objects.filter(batch__trashed_at=None).due(ItemState.WAITING, ItemState.WORKING)
    due = due.order_by("number", "created_at", "pk")
    return list(due.values_list("pk", flat=True)[: max(max_working() - busy, 0)])


def work(pk: int) -> None:
    """Turn a row into a video, if it is next."""
    turn = Turn("rows of batches", lambda: PHASE.due if pk in next_up() else ())
    if runner.run(BatchItem, pk, PHASE, _make, turn=turn):
        enqueue_next()


def _make(item: BatchItem) -> None:
    avatar = item.avatar
    if avatar is None:
        raise JobFailed("The avatar of this row was deleted. Make this video separately.")
    if not avatar.is_ready or avatar.provider != current_provider():
        raise JobFailed("The avatar of this row is not ready. Try again when it is.")
    if item.voice is None and not item.audio_url:
        raise JobFailed("The voice of this row was deleted. Make this video separately.")
    if item.voice is None:
        same = BatchItem.objects.filter(batch=item.batch_id, audio_url=item.audio_url).exclude(pk=item.pk)
        other = same.exclude(voice=None).select_related("voice").first()
        if other is None and same.filter(state=ItemState.WORKING, lease_until__gt=timezone.now()).exists():
            raise JobDelayed("", seconds=SAME_SOUND_SECONDS, is_free=True)
        voice = other.voice if other else _download_sound(item)
        item.save_fields(voice=voice)  # saved first, so that a second run need not download it again
    if item.voice is not None and "sound" in check_files(item.voice):
        raise JobFailed(VOICE_GONE)
    with transaction.atomic():
        create_video(item)


def create_video(item: BatchItem) -> Video:
    """Create the video of a row whose avatar and voice exist. Call it in a transaction."""
    avatar, voice, batch = item.avatar, item.voice, item.batch
    if avatar is None or voice is None:
        raise ValueError(f"row {item.pk} has no avatar or no voice")
    video = Video.objects.create(
        client_ref=uuid.uuid5(batch.ref, f"item {item.pk}"),
        title=item.title or for_video(avatar.name, voice.name),
        avatar=avatar,
        voice=voice,
        script=item.script,
        made_by=batch.made_by,
        colour=avatar.colour,
        look=batch.look,
        batch=batch,
        batch_position=item.number,
        state=ProviderState.WAITING,
    )
    item.move(ItemState.READY, video=video, progress=100, error="")
    return video


def _download_sound(item: BatchItem) -> Voice:
    with temporary_folders.create("upload-batch") as folder:
        path = folder / "sound"
        try:
            with path.open("wb") as file:
                safe_download.download(
                    item.audio_url,
                    file,
                    max_bytes=settings.MAX_AUDIO_BYTES,
                    seconds=DOWNLOAD_SECONDS,
                    guard=safe_download.guard(),
                )
            return create_voice(path, _get_sound_name(item), item.batch.made_by, consent=item.batch.consent)
        except safe_download.DownloadError as error:
            raise (JobDelayed if error.is_temporary else JobFailed)(str(error)) from error
        except UploadError as error:
            raise JobFailed(str(error)) from error


def _get_sound_name(item: BatchItem) -> str:
    """The name for a downloaded sound: the filename in its URL."""
    last = PurePosixPath(unquote(urlsplit(item.audio_url).path)).name
    return last or item.title or "Recording"
