"""Generating videos: each task continues from the state of its row, so that it can be run again after a crash."""

import contextlib
import logging
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from avatars.models import Avatar
from dashboard.files import signed_links
from dashboard.files.filenames import MAX_NAME
from dashboard.files.missing_files import check_files
from dashboard.files.stored_files import delete_on_commit
from dashboard.jobs.enqueue import enqueue, enqueue_job
from dashboard.jobs.leased_job import ForbiddenTransition, LeaseLost
from dashboard.jobs.provider_job import ProviderState, current_provider
from dashboard.jobs.runner import JobFailed
from dashboard.jobs.stored_results import delete_result, store_result
from dashboard.models import Tombstone
from dashboard.net.watched_download import Limits
from dashboard.provider import lifecycle
from dashboard.provider import sync as provider_sync
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import client
from dashboard.provider.download import download_result, limits_for
from dashboard.provider.parsing import RemoteVideo
from dashboard.uploads import UploadError, provider_files
from videos import captions, masks, missing_files
from videos.exports import services as exports
from videos.looks import services as looks
from videos.models import Video
from videos.provenance import mark_as_synthetic
from videos.scheduling import next_up

log = logging.getLogger(__name__)

SEND_LEASE_SECONDS = 90
COPY_LEASE_SECONDS = 600
DOWNLOAD_LEASE_SECONDS = (
    60  # renewed while it downloads: a machine that is gone holds no worker's place for longer
)
SENDING, COPYING = lifecycle.sending_phase(SEND_LEASE_SECONDS), lifecycle.copying_phase(COPY_LEASE_SECONDS)
NO_LONGER_THERE = "The avatar service no longer has this video. Trying again generates it anew."
MASK_SECONDS = 60.0  # then the video is shown without, and its mask is downloaded in the background
MASK_DELAY = 30.0  # seconds until that
CAPTION_LIMITS = Limits(max_bytes=captions.MAX_BYTES, seconds=60)


# ---------------------------------------------------------------- requests of pages


def start(video: Video) -> None:
    """Enqueue the task of its state. Call it in the transaction that saves or moves the row."""
    enqueue_job(video)


def retry(video: Video) -> bool:
    """Try again. Returns whether there was anything to retry."""
    with transaction.atomic():
        if video.remote_id and video.remote_state == "finished":
            if not lifecycle.retry(video, ProviderState.COPYING):
                return False
        else:
            old_id = video.remote_id
            if not lifecycle.retry(
                video, ProviderState.WAITING, remote_id="", remote_state="", lost_since=None
            ):
                return False
            if old_id:  # it failed for good there: a sync must not import it
                Tombstone.record(Video.KIND, video.provider, old_id)
        start(video)
    return True


def fetch_again(video: Video) -> bool:
    """Copy a finished video again whose file is gone here. Returns whether that was possible."""
    if not missing_files.can_fetch_again(video):
        return False
    names = [file.field.name for file in video.files]
    fields = {"attempts": 0, "error": "", "missing_files": [], "mask_problem": "", "styled_key": ""}
    with transaction.atomic():
        delete_on_commit(video.files)
        video.move(ProviderState.COPYING, **fields, **dict.fromkeys(names, ""), remote_state="finished")
        start(video)
    return True


def cancel(video: Video) -> bool:
    """Cancel the video if it is still queued. Returns whether it was cancelled.

    The API has no cancelling: a video that is queued at the provider is only ignored from then on.
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
    """Delete it for good. The poller deletes its voice if nothing else uses that."""
    lifecycle.delete(video, delete_related=lambda: exports.delete_exports(video))


def request_sync() -> None:
    """Enqueue a sync."""
    enqueue("videos.tasks.sync")


# ---------------------------------------------------------------- tasks


def generate(pk: int) -> None:
    """Request one video from the provider: a task of the cluster `generate`. From then on the poller follows it."""
    lifecycle.send_next(Video, pk, SENDING, _send, next_up)


def copy(pk: int) -> None:
    """Download the files of a finished video: a task of the cluster `download`."""
    lifecycle.copy(Video, pk, COPYING, _copy)


def _send(video: Video) -> None:
    avatar, voice = video.avatar, video.voice
    if avatar is None or voice is None:
        video.fail("The avatar or the voice of this video was deleted. Make a new video.")
    elif not avatar.is_ready:
        video.fail(f"The avatar of this video failed. {avatar.error}".strip())
    elif avatar.provider != current_provider():
        video.fail("The avatar was made with another avatar service. Upload its portrait again.")
    elif "sound" in check_files(voice):
        video.fail(missing_files.VOICE_GONE)
    else:
        audio_url, ref = signed_links.api_link(voice.sound.name or ""), str(video.client_ref)
        lifecycle.send(
            video,
            lambda: client().generate_video(
                avatar.remote_id, audio_url, ref, script=video.script, direction=video.direction
            ),
            client().list_videos,
            to=ProviderState.MAKING,
            fields_of=lambda answer: {
                "remote_state": answer.status or "pending",
                "provider": current_provider(),
                "seen_at": timezone.now(),
            },
        )


def _copy(video: Video) -> None:
    """Download and check video and mask, because the provider's links expire within hours."""
    try:
        item = client().get_video(video.remote_id)
    except ProviderError as error:
        if error.is_unknown_id:  # then a person who tries again has it made anew
            raise JobFailed(NO_LONGER_THERE, remote_state="") from error
        raise
    if not item.video_url:
        raise ProviderError("The avatar service sent no link to the finished video.", is_temporary=True)
    with (
        _download(video, item.video_url) as path,
        _download_mask(video, item.mask_video_url) as mask,
    ):
        # Until the files are stored nothing renews it: that takes longer for a long video.
        video.renew_lease(
            min(COPY_LEASE_SECONDS, 120 + 2 * (video.voice.seconds if video.voice else math.inf))
        )
        try:
            film = provider_files.check_video(path, path.parent, mask=mask, at=video.poster_moment)
        except UploadError as error:
            log.warning("video %s: %s", video.pk, error)
            raise ProviderError(
                "The avatar service sent a file that is not a video.", is_temporary=True
            ) from error
        _store_files(video, path, mask, film, item)


def _download(
    video: Video, url: str, *, most_seconds: float = math.inf
) -> contextlib.AbstractContextManager[Path]:
    """Download the video or its mask within limits that fit the length of the recording."""
    limits = limits_for(video.voice.seconds if video.voice else None)
    limits = replace(limits, seconds=min(limits.seconds, most_seconds))
    return download_result(url, limits, job=video, lease_seconds=DOWNLOAD_LEASE_SECONDS)


@contextlib.contextmanager
def _download_mask(video: Video, url: str) -> Iterator[Path | None]:
    """The downloaded mask, or None: the video does not wait for it (see videos.masks)."""
    with contextlib.ExitStack() as stack:
        mask, video.mask_problem = None, ""
        try:
            if url:
                mask = stack.enter_context(_download(video, url, most_seconds=MASK_SECONDS))
        except ProviderError as error:
            log.warning("mask of video %s: %s", video.pk, error)
            problem = Video.MaskProblem
            video.mask_problem = problem.PENDING if error.is_temporary else problem.LOST
        yield mask


def _store_files(
    video: Video, path: Path, mask: Path | None, film: provider_files.CheckedVideo, item: RemoteVideo
) -> None:
    """Store the checked files and then mark the video as ready."""
    if film.mask_problem:
        log.warning("mask of video %s: %s", video.pk, film.mask_problem)
        video.mask_problem = Video.MaskProblem.UNFIT
    mark_as_synthetic(video, path, mask if film.cutout else None, film, item.digital_source_type)
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
                store_result(video, field, source, f"{video.client_ref}.{suffix}")
                stored.append(field)
        if item.captions_url:
            _store_captions(video, item.captions_url)
            stored += [video.captions] if video.captions else []
        with transaction.atomic():
            video.move(
                ProviderState.READY,
                **{field.field.name: field.name for field in stored},
                script_matches=item.script_matches,
                digital_source_type=item.digital_source_type,
                framing=item.framing or (video.avatar.framing if video.avatar else {}),
                mask_problem=video.mask_problem,
                width=film.width,
                height=film.height,
                seconds=film.seconds,
                colour=film.stills.colour,
                finished_at=video.finished_at or timezone.now(),  # not when it is only fetched again
                progress=100,
                error="",
            )
            if item.framing and video.avatar_id:  # an avatar from before the provider sent it
                Avatar.all_objects.filter(pk=video.avatar_id, framing={}).update(framing=item.framing)
            if video.mask_problem == Video.MaskProblem.PENDING:
                masks.request(video, seconds=MASK_DELAY)
            looks.apply_first_look(video)
    except BaseException:  # also when the worker is stopped: leave no files behind
        delete_result(video, stored)
        raise


def _store_captions(video: Video, url: str) -> None:
    """Failures are only logged: the video can be shown without captions."""
    try:
        with download_result(url, CAPTION_LIMITS, job=video, lease_seconds=COPY_LEASE_SECONDS) as path:
            if captions.is_vtt(path):
                store_result(video, video.captions, path, f"{video.client_ref}.vtt")
            else:
                log.warning("captions of video %s are not WebVTT", video.pk)
    except ProviderError as error:
        log.warning("captions of video %s: %s", video.pk, error)


# ---------------------------------------------------------------- importing videos made elsewhere


@provider_sync.record_result(Video, "video", "videos")
def sync() -> int:
    """Import videos that exist at the provider only; returns their number."""
    return lifecycle.sync(Video, client().list_videos, _create)


def _create(item: RemoteVideo) -> Video | None:
    """Create the row of an imported video; None for one that failed."""
    if item.status == "error":
        return None
    is_finished = item.status == "finished"  # then the poller enqueues its copy when it is next
    avatar = Avatar.all_objects.filter(provider=current_provider(), remote_id=item.avatar_id).first()
    name = avatar.name if avatar else "Video"
    return Video.objects.create(
        title=f"{name[: MAX_NAME - 9]} {item.video_id[:8]}",
        avatar=avatar if item.avatar_id else None,
        provider=current_provider(),
        remote_id=item.video_id,
        remote_state=item.status,
        seen_at=timezone.now(),
        state=ProviderState.COPYING if is_finished else ProviderState.MAKING,
    )
