"""From a row of a batch to a video: its sound is fetched where it is an address, once for all rows that name it."""

import tempfile
import uuid
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard.files.filenames import for_video
from dashboard.jobs import runner
from dashboard.jobs.base import ForbiddenTransition, LeaseLost
from dashboard.jobs.enqueue import enqueue_job
from dashboard.jobs.local_job import working_phase
from dashboard.jobs.provider_job import ProviderState, current_provider
from dashboard.jobs.runner import JobDelayed, JobFailed
from dashboard.net import safe_download
from dashboard.uploads import UploadError
from videos import scheduling
from videos import tasks as videos
from videos.models import Batch, BatchItem, ItemState, Video, Voice
from videos.voices.services import take_in

LEASE = 480  # seconds: fetching, waiting to be decoded, decoding
FETCH_SECONDS = 120
PHASE = working_phase(LEASE)
TWIN_SECONDS = 3  # until a row looks again whether its sound came with another one
# Whoever waits for a slow server must not keep all workers from everything else.
AT_ONCE = max(settings.Q_CLUSTER["workers"] - 1, 1)


# ---------------------------------------------------------------- what the pages ask for


def enqueue_next() -> None:
    """Have workers look at the next rows and the next videos, once the transaction is committed."""
    for item in BatchItem.objects.filter(pk__in=next_up()):
        enqueue_job(item)
    for video in Video.objects.filter(pk__in=scheduling.next_up()):
        videos.start(video)


def retry(item: BatchItem) -> bool:
    """Try a row again, or the video that it became; False when there was nothing to try."""
    try:
        with transaction.atomic():
            if item.video is not None:
                tried = videos.retry(item.video)
            else:
                item.retry()
                tried = True
            if tried:
                Batch.objects.filter(pk=item.batch_id).update(done_at=None)
                enqueue_next()
            return tried
    except (ForbiddenTransition, LeaseLost):  # somebody else was faster
        return False


def cancel(item: BatchItem) -> bool:
    """Stop waiting for a row, or for the video that it became. False when it was too late."""
    if item.video is not None:
        return videos.cancel(item.video)
    try:
        item.move(ItemState.CANCELLED)
    except (ForbiddenTransition, LeaseLost):
        return False
    return True


def remove(batch: Batch) -> None:
    """Delete the batch. Its videos stay; a row that is not a video yet goes with it."""
    Batch.objects.filter(pk=batch.pk).delete()


# ---------------------------------------------------------------- what the worker does


def next_up() -> list[int]:
    """Which rows may be worked at now; batches take turns, as their videos do."""
    now = timezone.now()
    busy = BatchItem.objects.filter(state=ItemState.WORKING, lease_until__gt=now).count()
    due = BatchItem.objects.due(ItemState.WAITING, ItemState.WORKING).order_by("number", "created_at", "pk")
    return list(due.values_list("pk", flat=True)[: max(AT_ONCE - busy, 0)])


def work(pk: int) -> None:
    if pk in next_up():
        runner.run(BatchItem, pk, PHASE, _make)
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
        twin = same.exclude(voice=None).select_related("voice").first()
        if twin is None and same.filter(state=ItemState.WORKING, lease_until__gt=timezone.now()).exists():
            raise JobDelayed("", seconds=TWIN_SECONDS, is_free=True)
        voice = twin.voice if twin else _fetch(item)
        item.save_fields(voice=voice)  # before anything else: a second run need not fetch it again
    with transaction.atomic():
        make_video(item)


def make_video(item: BatchItem) -> Video:
    """To be called in a transaction: the video and the row that became it, together or not at all."""
    avatar, voice, batch = item.avatar, item.voice, item.batch
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


def _fetch(item: BatchItem) -> Voice:
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="upload-batch-") as folder:
        path = Path(folder) / "sound"
        try:
            with path.open("wb") as file:
                safe_download.download(
                    item.audio_url,
                    file,
                    max_bytes=settings.MAX_AUDIO_BYTES,
                    seconds=FETCH_SECONDS,
                    guard=safe_download.guard(),
                )
            return take_in(path, _name(item), item.batch.made_by)
        except safe_download.DownloadError as error:
            raise (JobDelayed if error.is_temporary else JobFailed)(str(error)) from error
        except UploadError as error:
            raise JobFailed(str(error)) from error


def _name(item: BatchItem) -> str:
    """What the sound is called: as the file at the end of its address."""
    last = PurePosixPath(unquote(urlsplit(item.audio_url).path)).name
    return last or item.title or "Recording"
