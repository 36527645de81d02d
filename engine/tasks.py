"""The tasks of the two clusters: `rig` prepares portraits, `engine` renders videos.

A task claims its row, holds a lease on it while it works, and sets its final state (see dashboard.jobs.runner). The
libraries for pictures, speech and video are imported in the functions, so that the web process never loads them.
"""

import logging
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone

from dashboard.jobs import runner
from dashboard.jobs.leased_job import LeaseLost
from dashboard.jobs.runner import JobDelayed, JobFailed, Phase
from dashboard.metrics import totals
from dashboard.net import safe_download
from dashboard.provenance import signing
from dashboard.provenance.signing import FileToSign
from dashboard.provenance.source_types import COMPOSITE_SYNTHETIC
from engine.models import EngineJob, JobStatus, Render, Rig
from engine.responses import Code

log = logging.getLogger(__name__)

J = TypeVar("J", bound=EngineJob)

LEASE_SECONDS = 45  # without a renewal, another worker may take the job over
RENEW_SECONDS = 3  # between two renewals if the progress does not change
PROGRESS_SECONDS = 1  # between two updates of the progress
DOWNLOADED, DECODED = 1, 3  # percent of a render that are done before the animator starts
RIG_SECONDS = 60  # lease for steps that report no progress
PORTRAIT_DOWNLOAD_SECONDS = 30
AUDIO_DOWNLOAD_SECONDS = 300
RENDER_PHASE = Phase(
    due=(JobStatus.PENDING, JobStatus.IN_PROGRESSING),
    working=JobStatus.IN_PROGRESSING,
    waiting=JobStatus.PENDING,
    failed=JobStatus.ERROR,
    lease_seconds=LEASE_SECONDS,
    max_attempts=4,
    sentence=Code.INTERNAL.sentence,
)
# Fewer and faster attempts, because the caller waits for the answer about a portrait.
RIG_PHASE = replace(RENDER_PHASE, max_attempts=2, first_delay=1)
FACE_CODES = {
    "no_face": Code.NO_FACE,
    "animal": Code.NO_FACE,
    "face_too_small": Code.FACE_TOO_SMALL,
    "unreadable": Code.NOT_AN_IMAGE,
}  # otherwise Code.UNUSABLE_FACE
RIG_FILES = {"rig": "rig.npz", "preview": "preview.jpg", "cutout": "cutout.png"}
RENDER_FILES = {"video": "video.mp4", "mask": "mask.mp4", "captions": "captions.vtt"}


# ---------------------------------------------------------------- tasks


def build_rig(pk: int) -> None:
    """Task of the cluster `rig`."""
    runner.run(Rig, pk, RIG_PHASE, partial(_run_in_workspace, _build_rig))


def render(pk: int) -> None:
    """Task of the cluster `engine`."""
    runner.run(Render, pk, RENDER_PHASE, partial(_run_in_workspace, _render))


def _run_in_workspace(work: Callable[[J, Path], None], job: J) -> None:
    log.info("%s %s: attempt %s", type(job).__name__, job, job.attempts)
    with open_workspace(job) as folder:
        delete_leftovers(job)
        work(job, Path(folder))


def _build_rig(job: Rig, folder: Path) -> None:
    from dashboard.uploads import UploadError, portraits
    from engine import animator

    source = folder / "source"
    limit = settings.MAX_PORTRAIT_BYTES
    _download(job, job.image_url, source, limit, PORTRAIT_DOWNLOAD_SECONDS, Code.IMAGE_LINK)
    job.renew_lease(RIG_SECONDS)
    files = {field: folder / name for field, name in RIG_FILES.items()}
    try:
        with portraits.convert(source, with_thumbnail=False) as portrait:
            job.renew_lease(RIG_SECONDS)
            size = portrait.width, portrait.height
            info = animator.build_rig(
                portrait.path,
                files["rig"],
                files["preview"],
                cutout=files["cutout"],
                face=_face_in_pixels(job.wanted_face, *size),
            )
    except UploadError as error:
        raise JobFailed(str(error), error_code=Code.NOT_AN_IMAGE) from error
    except animator.PortraitError as error:
        code = FACE_CODES.get(error.reason, Code.UNUSABLE_FACE)
        raise JobFailed(str(error), error_code=code) from error
    _finish(
        job,
        files,
        gender=info.gender,
        faces=[_box_in_shares(box, *size) for box in info.faces],
        face=info.face,
        framing=info.framing,
        # `faces` already shows that there are several
        warnings=[info.warning(key) for key in info.warnings if key != "several_faces"],
    )


def _face_in_pixels(
    face: int | list[float] | None, width: int, height: int
) -> int | tuple[float, float] | None:
    """The animator's argument for a requested face: its number, or the centre of its box in pixels."""
    if not isinstance(face, list):
        return face
    x, y, w, h = face
    return (x + w / 2) * width, (y + h / 2) * height


def _box_in_shares(box: tuple[int, int, int, int], width: int, height: int) -> list[float]:
    """x, y, w, h as shares of the picture, because large pictures are scaled down before they are analysed."""
    x, y, w, h = box
    return [round(x / width, 5), round(y / height, 5), round(w / width, 5), round(h / height, 5)]


def _render(job: Render, folder: Path) -> None:
    from dashboard.uploads import UploadError, voices
    from engine import animator
    from engine.animator import captions

    rig, source = folder / "rig.npz", folder / "source"
    job.progress = 0  # the progress of an earlier attempt says nothing about this one
    _copy_stored_file(job.rig.rig.name or "", rig)
    _download(job, job.audio_url, source, settings.MAX_AUDIO_BYTES, AUDIO_DOWNLOAD_SECONDS, Code.AUDIO_LINK)
    job.renew_lease(LEASE_SECONDS + source.stat().st_size / 2**20, progress=DOWNLOADED)
    files = {field: folder / RENDER_FILES[field] for field in ("video", "mask")}
    try:
        limit = settings.ENGINE_MAX_AUDIO_SECONDS
        with voices.convert(source, max_seconds=limit) as voice:
            # Leave time until the first report of progress: recognition takes about a twentieth of the sound's length.
            seconds = voice.seconds / (2 if job.script else 5)
            job.renew_lease(LEASE_SECONDS + seconds, progress=DECODED)
            with totals.measure_render():
                info = animator.render(
                    rig,
                    voice.path,
                    files["video"],
                    files["mask"],
                    size=settings.ENGINE_VIDEO_SIZE,
                    seed=int(job.public_id[:8], 16),
                    progress=LeaseKeeper(job),
                    script=job.script or None,
                    direction=animator.Direction(**job.direction) if job.direction else None,
                )
    except (UploadError, animator.SoundError) as error:
        raise JobFailed(str(error), error_code=Code.UNUSABLE_AUDIO) from error
    if info.framing and not job.rig.framing:  # an older avatar
        Rig.objects.filter(pk=job.rig.pk).update(framing=info.framing)
    if info.words:
        files["captions"] = folder / RENDER_FILES["captions"]
        files["captions"].write_text(captions.to_vtt(info.words), encoding="utf-8")
    _mark_as_synthetic(job, files["video"], files["mask"])
    _finish(job, files, seconds=info.duration)
    totals.add(totals.RENDERED_VIDEO_SECONDS, info.duration)


def _mark_as_synthetic(job: Render, video: Path, mask: Path) -> None:
    """Mark and sign what was rendered: whoever fetches it from the API may publish it as it is."""
    seconds = signing.estimate_seconds(video.stat().st_size + mask.stat().st_size)
    job.renew_lease(LEASE_SECONDS + seconds)
    signing.sign(
        [
            FileToSign(
                video, f"Video {job.public_id}", "A portrait was animated, so that it speaks a voice."
            ),
            FileToSign(mask, f"Mask {job.public_id}", "Shows where the person is in the video."),
        ],
        source_type=COMPOSITE_SYNTHETIC,
    )


class LeaseKeeper:
    """Called repeatedly by long steps: renews the lease and saves the progress. Raises LeaseLost.

    The progress never decreases, although a step may start below the end of the one before.
    """

    def __init__(self, job: EngineJob) -> None:
        self.job = job
        self.renewed_at = time.monotonic()

    def __call__(self, share: float = 0.0) -> None:
        # 100 is reserved for the moment at which the files are stored.
        percent = min(max(int(share * 100), self.job.progress), 99)
        age = time.monotonic() - self.renewed_at
        if age < (PROGRESS_SECONDS if percent > self.job.progress else RENEW_SECONDS):
            return
        self.renewed_at = time.monotonic()
        until = self.job.lease_until or timezone.now()
        left = (until - timezone.now()).total_seconds()
        self.job.renew_lease(max(LEASE_SECONDS, left), progress=percent)


# ---------------------------------------------------------------- files


def open_workspace(job: EngineJob) -> tempfile.TemporaryDirectory[str]:
    """A temporary folder. Its name contains the lease, so that the poller can delete it if the worker is killed."""
    if job.lease is None:
        raise LeaseLost(f"{type(job).__name__} {job}")
    return tempfile.TemporaryDirectory(
        prefix=f"engine-{job.lease.hex}-", dir=settings.FILE_UPLOAD_TEMP_DIR, ignore_cleanup_errors=True
    )


class _LeasedFile:
    """A file that renews the lease of a job whenever it is written to."""

    def __init__(self, file: IO[bytes], job: EngineJob) -> None:
        self.file, self.keep_lease = file, LeaseKeeper(job)

    def write(self, data: bytes) -> int:
        self.keep_lease()
        return self.file.write(data)


def _download(job: EngineJob, url: str, target: Path, limit: int, seconds: float, code: Code) -> None:
    with target.open("wb") as file:
        try:
            safe_download.download(
                url, _LeasedFile(file, job), max_bytes=limit, seconds=seconds, guard=safe_download.guard()
            )
        except safe_download.DownloadError as error:
            outcome = JobDelayed if error.is_temporary else JobFailed
            raise outcome(str(error), error_code=code) from error


def _copy_stored_file(name: str, target: Path) -> None:
    with default_storage.open(name, "rb") as stored, target.open("wb") as file:
        for chunk in stored.chunks():
            file.write(chunk)


def _stored_name(job: EngineJob, field_name: str, suffix: str, attempt: int) -> str:
    folder = getattr(job, field_name).field.upload_to
    return f"{folder}{job.public_id}-{attempt}{suffix}"


def _finish(job: EngineJob, files: dict[str, Path], **fields: Any) -> None:
    """Store the files and finish the job; if that fails or the lease is lost, delete them again."""
    job.renew_lease(LEASE_SECONDS)
    names: dict[str, str] = {}
    try:
        for field, path in files.items():
            with path.open("rb") as file:
                name = _stored_name(job, field, path.suffix, job.attempts)
                names[field] = default_storage.save(name, File(file))
        job.move(JobStatus.FINISHED, progress=100, **names, **fields)
    except BaseException:
        # A time-out can occur just after the row was saved.
        if not type(job).objects.filter(pk=job.pk, state=JobStatus.FINISHED, **names).exists():
            for name in names.values():
                default_storage.delete(name)
        raise


def delete_leftovers(job: EngineJob) -> None:
    """Delete what earlier attempts stored if they were killed before they could finish the job."""
    names = RIG_FILES if isinstance(job, Rig) else RENDER_FILES
    for attempt in range(1, job.attempts):
        for field, name in names.items():
            default_storage.delete(_stored_name(job, field, Path(name).suffix, attempt))
