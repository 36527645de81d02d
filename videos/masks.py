"""Masks that could not be downloaded with their videos: a good video is shown without, its mask follows when it can."""

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dashboard.jobs.enqueue import enqueue_due, enqueue_job
from dashboard.jobs.leased_job import LeaseLost
from dashboard.jobs.local_job import LocalState, working_phase
from dashboard.jobs.runner import JobFailed, Turn
from dashboard.jobs.stored_results import delete_result, store_result
from dashboard.provider import copy_scheduling, lifecycle
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import client, count_free_requests
from dashboard.provider.download import download_result, limits_for
from dashboard.uploads import UploadError, provider_files
from videos.exports import services as exports
from videos.exports.files import get_local_path
from videos.models import MaskDownload, Video
from videos.provenance import sign_mask

log = logging.getLogger(__name__)

LEASE_SECONDS = 600
PHASE = replace(
    working_phase(LEASE_SECONDS),
    max_attempts=MaskDownload.MAX_ATTEMPTS,
    sentence=lifecycle.TOO_OFTEN,
    first_delay=30,
    keeps_error=True,
)
GONE = "The avatar service no longer has this mask."
NONE_THERE = "The avatar service has no mask of this video."
Problem = Video.MaskProblem


def can_request(video: Video) -> bool:
    """Whether the provider may still have the mask of this video, which has none."""
    is_missing = video.is_ready and not video.mask and video.mask_problem in (Problem.LOST, Problem.UNFIT)
    return is_missing and video.is_at_provider


def find_download(video: Video) -> MaskDownload | None:
    """The download of the mask of this video, if it is missing."""
    return None if video.mask or not video.mask_problem else MaskDownload.objects.filter(video=video).first()


def request(video: Video, *, seconds: float = 0) -> None:
    """Download the mask in the background, for the first time after so many seconds."""
    with transaction.atomic():
        Video.lock(video.pk)  # first, as everybody else who changes both
        first_try = timezone.now() + timedelta(seconds=seconds)
        job, is_new = MaskDownload.objects.get_or_create(video=video, defaults={"try_after": first_try})
        if job.is_active and not is_new:
            return
        if not is_new:
            job.retry()
        Video.all_objects.filter(pk=video.pk).update(mask_problem=Problem.PENDING, version=F("version") + 1)
        if job.try_after <= timezone.now():
            enqueue_job(job)


def step() -> float:
    """Called by the poller: enqueue what is due; the seconds until the next call."""
    MaskDownload.release_dead_leases()
    due = MaskDownload.objects.due(*PHASE.due)
    if due.exists():
        enqueue_due(due, max_rows=min(copy_scheduling.count_free(), count_free_requests()))
    for job in MaskDownload.objects.filter(state=LocalState.FAILED, video__mask_problem=Problem.PENDING):
        _give_up(job)
    return 3.0


def download(pk: int) -> None:
    """Download one mask: a task of the cluster `download`."""
    turn = Turn(copy_scheduling.LOCK, lambda: PHASE.due if copy_scheduling.count_free() > 0 else ())
    is_claimed = lifecycle.run(MaskDownload, pk, PHASE, _download, turn=turn)
    if is_claimed and (job := MaskDownload.objects.filter(pk=pk, state=LocalState.FAILED).first()):
        _give_up(job)


def _download(job: MaskDownload) -> None:
    video = job.video
    try:
        item = client().get_video(video.remote_id)
    except ProviderError as error:
        if error.is_unknown_id:
            raise JobFailed(GONE) from error
        raise
    if not item.mask_video_url:
        raise JobFailed(NONE_THERE)
    limits = limits_for(video.seconds)
    with download_result(item.mask_video_url, limits, job=job, lease_seconds=LEASE_SECONDS) as path:
        try:
            film = get_local_path(video.video, path.parent)
            checked = provider_files.check_video(film, path.parent, mask=path, at=video.poster_moment)
        except (FileNotFoundError, UploadError) as error:
            raise JobFailed(exports.VIDEO_GONE) from error
        if checked.cutout is None:
            log.warning("mask of video %s: %s", video.pk, checked.mask_problem)
            Video.all_objects.filter(pk=video.pk).update(mask_problem=Problem.UNFIT, version=F("version") + 1)
            raise JobFailed("")
        job.renew_lease(LEASE_SECONDS)
        sign_mask(video, path, checked.cutout)
        _store(job, video, path, checked.cutout)


def _store(job: MaskDownload, video: Video, mask: Path, cutout: Path) -> None:
    fields = [video.mask, video.cutout]
    try:
        store_result(job, video.mask, mask, f"{video.client_ref}.mp4")
        store_result(job, video.cutout, cutout, f"{video.client_ref}.webp")
        with transaction.atomic():
            Video.lock(video.pk)
            job.move(LocalState.READY, progress=100, error="")
            names = {field.field.name: field.name for field in fields}
            rows = Video.all_objects.filter(pk=video.pk)
            if not rows.update(**names, mask_problem="", version=F("version") + 1):
                raise LeaseLost(f"video {video.pk} was deleted")
            _apply_look(video)
    except BaseException:  # also when the worker is stopped: leave no files behind
        delete_result(job, fields)
        raise


def _give_up(job: MaskDownload) -> None:
    """The page of the video says that there is no mask, and why."""
    with transaction.atomic():
        rows = Video.all_objects.filter(pk=job.video_id, mask_problem=Problem.PENDING)
        rows.update(mask_problem=Problem.LOST, version=F("version") + 1)
        if video := Video.all_objects.filter(pk=job.video_id).first():
            _apply_look(video)


def _apply_look(video: Video) -> None:
    """Apply a look that was waiting for the mask; without a mask the page says why it is not applied."""
    video = Video.all_objects.get(pk=video.pk)
    if video.parsed_look.needs_mask and video.is_ready:
        exports.apply_look(video)
