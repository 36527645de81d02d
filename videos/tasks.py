"""From an avatar and a voice to a talking video at home: each task goes on from what the row says."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from avatars.models import Avatar
from dashboard.files import signed_links
from dashboard.files.filenames import MAX_NAME
from dashboard.files.stored_files import store_file
from dashboard.jobs.base import ForbiddenTransition, LeaseLost
from dashboard.jobs.enqueue import enqueue, enqueue_job
from dashboard.jobs.provider_job import ProviderState, current_provider
from dashboard.models import Tombstone
from dashboard.provider import lifecycle
from dashboard.provider import sync as provider_sync
from dashboard.provider.answers import RemoteVideo
from dashboard.provider.client import ProviderError, client
from dashboard.provider.download import download_result
from dashboard.uploads import UploadError, results
from videos import captions
from videos.exports import tasks as exports
from videos.models import Video
from videos.scheduling import next_up

log = logging.getLogger(__name__)

SEND_LEASE = 90  # seconds
COPY_LEASE = 600
SENDING, COPYING = lifecycle.sending_phase(SEND_LEASE), lifecycle.copying_phase(COPY_LEASE)
DOWNLOAD_SECONDS = COPY_LEASE / 3
MASK_TRIES = 5  # with backoff() more than a minute; then the video is shown without it
MAX_VIDEO_BYTES = 4 * 2**30


# ---------------------------------------------------------------- what the pages ask for


def start(video: Video) -> None:
    """To be called in the transaction that saved the new row, or moved it."""
    enqueue_job(video)


def retry(video: Video) -> bool:
    """Try again; False when there was nothing to try."""
    with transaction.atomic():
        if video.remote_id and video.remote_state == "finished":
            if not lifecycle.retry(video, ProviderState.COPYING):
                return False
        else:
            old = video.remote_id
            if not lifecycle.retry(
                video, ProviderState.WAITING, remote_id="", remote_state="", lost_since=None
            ):
                return False
            if old:  # it failed there for good; a sync must not bring it in beside the new one
                Tombstone.record(Video.KIND, video.provider, old)
        start(video)
    return True


def cancel(video: Video) -> bool:
    """Stop waiting for it. False when it was too late.

    What the provider has in its own queue already cannot be cancelled there: we only forget it.
    """
    if not video.is_cancellable:
        return False
    try:
        with transaction.atomic():
            video.record_tombstone()
            video.move(ProviderState.CANCELLED)
    except (LeaseLost, ForbiddenTransition):
        return False
    return True


def remove(video: Video) -> None:
    """Delete it here for good. Its voice stays while other videos use it (see videos.poller)."""
    lifecycle.delete(video, delete_related=lambda: exports.drop_all(video))


def request_sync() -> None:
    enqueue("videos.tasks.sync")


# ---------------------------------------------------------------- what the workers do


def generate(pk: int) -> None:
    """Ask the provider for one video: a task of the cluster `generate`. From then on the poller watches it."""
    # Without its turn it may still be resumed, when a task died that was sending it.
    due = SENDING.due if pk in next_up() else (ProviderState.SENDING,)
    lifecycle.run(Video, pk, replace(SENDING, due=due), _send)


def copy(pk: int) -> None:
    """Copy the files of a video that is made: a task of the common workers."""
    lifecycle.run(Video, pk, COPYING, _copy)


def _send(video: Video) -> None:
    avatar, voice = video.avatar, video.voice
    if avatar is None or voice is None:
        video.fail("The avatar or the voice of this video was deleted. Make a new video.")
    elif not avatar.is_ready:
        video.fail(f"The avatar of this video failed. {avatar.error}".strip())
    elif avatar.provider != current_provider():
        video.fail("The avatar was made with another avatar service. Upload its portrait again.")
    else:
        audio_url, ref = signed_links.api_link(voice.sound.name), str(video.client_ref)
        lifecycle.send(
            video,
            lambda: client().generate_video(avatar.remote_id, audio_url, ref, script=video.script),
            client().list_videos,
            to=ProviderState.MAKING,
            fields_of=lambda answer: {
                "remote_state": answer.status or "pending",
                "provider": current_provider(),
                "seen_at": timezone.now(),
            },
        )


def _copy(video: Video) -> None:
    """The provider's links die within hours: keep video and mask, checked to be what they claim."""
    item = client().get_video(video.remote_id)
    if not item.video_url:
        raise ProviderError("The avatar service sent no link to the finished video.", is_temporary=True)
    # The mask first: what is tried again for its sake is small.
    with (
        _brought_mask(video, item.mask_video_url) as mask,
        download_result(item.video_url, max_bytes=MAX_VIDEO_BYTES, seconds=DOWNLOAD_SECONDS) as path,
    ):
        video.renew_lease(COPY_LEASE)
        try:
            film = results.check_video(path, path.parent, mask=mask, at=video.poster_moment)
        except UploadError as error:
            log.warning("video %s: %s", video.pk, error)
            raise ProviderError(
                "The avatar service sent a file that is not a video.", is_temporary=True
            ) from error
        _keep(video, path, mask, film, item)


@contextlib.contextmanager
def _brought_mask(video: Video, url: str) -> Iterator[Path | None]:
    """The downloaded mask; None where there is none to be had. Raises ProviderError while trying again may help."""
    with contextlib.ExitStack() as stack:
        mask = None
        try:
            if url:
                mask = stack.enter_context(
                    download_result(url, max_bytes=MAX_VIDEO_BYTES, seconds=DOWNLOAD_SECONDS)
                )
        except ProviderError as error:
            if video.attempts < MASK_TRIES:
                raise
            log.warning("mask of video %s: %s", video.pk, error)
            video.mask_problem = Video.MaskProblem.LOST
        yield mask


def _keep(video: Video, path: Path, mask: Path | None, film: results.CheckedVideo, item: RemoteVideo) -> None:
    """Store what was checked, and only then show it."""
    if film.mask_problem:
        log.warning("mask of video %s: %s", video.pk, film.mask_problem)
        video.mask_problem = Video.MaskProblem.UNFIT
    files: list[tuple[FieldFile, Path | None, str]] = [
        (video.video, path, "mp4"),
        (video.poster, film.stills.poster, "jpg"),
        (video.thumbnail, film.stills.thumbnail, "webp"),
        (video.mask, mask if film.cutout else None, "mp4"),
        (video.cutout, film.cutout, "webp"),
    ]
    stored = []
    try:
        for field, source, suffix in files:
            if source is not None:
                store_file(field, source, f"{video.client_ref}.{suffix}")
                stored.append(field)
        if item.captions_url:
            _keep_captions(video, item.captions_url)
            stored += [video.captions] if video.captions else []
        with transaction.atomic():
            video.move(
                ProviderState.READY,
                **{field.field.name: field.name for field in stored},
                script_matches=item.script_matches,
                framing=item.framing or (video.avatar.framing if video.avatar else {}),
                mask_problem=video.mask_problem,
                width=film.width,
                height=film.height,
                seconds=film.seconds,
                colour=film.stills.colour,
                finished_at=timezone.now(),
                progress=100,
                error="",
            )
            if item.framing and video.avatar_id:  # an avatar from before its service said so
                Avatar.objects.filter(pk=video.avatar_id, framing={}).update(framing=item.framing)
            exports.dress(video)  # with the look that was chosen when it was ordered
    except BaseException:  # whatever it was, also the worker's end: leave no debris
        for field in stored:
            field.storage.delete(field.name)
        raise


def _keep_captions(video: Video, url: str) -> None:
    """What does not come, or is no captions file, is left out: the video is worth showing without it."""
    try:
        with download_result(url, max_bytes=captions.MAX_BYTES, seconds=COPY_LEASE / 10) as path:
            if captions.is_vtt(path):
                store_file(video.captions, path, f"{video.client_ref}.vtt")
            else:
                log.warning("captions of video %s are no captions", video.pk)
    except ProviderError as error:
        log.warning("captions of video %s: %s", video.pk, error)


# ---------------------------------------------------------------- bringing in what was made elsewhere


@provider_sync.record_result(Video, "video", "videos")
def sync() -> int:
    """Bring in videos that exist at the provider and not here; the number of new ones."""
    return lifecycle.sync(Video, client().list_videos, _create)


def _create(item: RemoteVideo) -> Video | None:
    """None for what failed there: there is nothing to show."""
    if item.status == "error":
        return None
    is_finished = item.status == "finished"
    avatar = Avatar.objects.filter(provider=current_provider(), remote_id=item.avatar_id).first()
    name = avatar.name if avatar else "Video"
    video = Video.objects.create(
        title=f"{name[: MAX_NAME - 9]} {item.video_id[:8]}",
        avatar=avatar if item.avatar_id else None,
        provider=current_provider(),
        remote_id=item.video_id,
        remote_state=item.status,
        seen_at=timezone.now(),
        state=ProviderState.COPYING if is_finished else ProviderState.MAKING,
    )
    if is_finished:
        start(video)
    return video
