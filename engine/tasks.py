"""What the two clusters do: `rig` makes portraits ready, `engine` renders videos.

Each task claims its row, holds a lease on it while it works, and ends it (see dashboard.jobs.runner). The libraries
for pictures, speech and video are imported in the functions: the web process imports none of them.
"""

import logging
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone

from dashboard.jobs import runner
from dashboard.jobs.runner import JobDelayed, JobFailed, Phase
from dashboard.net import safe_download
from engine.envelope import Code
from engine.models import EngineJob, JobStatus, Render, Rig

log = logging.getLogger(__name__)

J = TypeVar("J", bound=EngineJob)

LEASE = 45  # seconds; what is not heard of for so long is given to another
BEAT = 3  # seconds between two renewals of the lease when there is nothing else to write
TELL_SECONDS = 1  # between two changes of the progress
DOWNLOADED, DECODED = 1, 3  # percent: what of a render is done before the animator begins
RIG_SECONDS = 60  # steps that cannot tell how far they are hold the row for as long as they may take
PORTRAIT_FETCH_SECONDS = 30
AUDIO_FETCH_SECONDS = 300
RENDER_PHASE = Phase(
    due=(JobStatus.PENDING, JobStatus.IN_PROGRESSING),
    working=JobStatus.IN_PROGRESSING,
    waiting=JobStatus.PENDING,
    failed=JobStatus.ERROR,
    lease_seconds=LEASE,
    max_attempts=4,
    sentence=Code.INTERNAL.sentence,
)
# Somebody waits for the answer about a portrait.
RIG_PHASE = replace(RENDER_PHASE, max_attempts=2, first_delay=1)
FACE_CODES = {
    "no_face": Code.NO_FACE,
    "animal": Code.NO_FACE,
    "face_too_small": Code.FACE_TOO_SMALL,
    "unreadable": Code.NOT_AN_IMAGE,
}  # the others: Code.UNUSABLE_FACE


# ---------------------------------------------------------------- the tasks


def build_rig(pk: int) -> None:
    runner.run(Rig, pk, RIG_PHASE, partial(_in_workspace, _build_rig))


def render(pk: int) -> None:
    runner.run(Render, pk, RENDER_PHASE, partial(_in_workspace, _render))


def _in_workspace(work: Callable[[J, Path], None], job: J) -> None:
    log.info("%s %s: attempt %s", type(job).__name__, job, job.attempts)
    with workspace(job) as folder:
        discard_leftovers(job)
        work(job, Path(folder))


def _build_rig(job: Rig, folder: Path) -> None:
    from dashboard.uploads import UploadError, portraits
    from engine import animator

    source = folder / "source"
    limit = settings.MAX_PORTRAIT_BYTES
    _download(job, job.image_url, source, limit, PORTRAIT_FETCH_SECONDS, Code.IMAGE_LINK)
    job.renew_lease(RIG_SECONDS)
    files = {"rig": folder / "rig.npz", "preview": folder / "preview.jpg", "cutout": folder / "cutout.png"}
    try:
        with portraits.take(source, _filename(job.image_url), with_thumbnail=False) as portrait:
            job.renew_lease(RIG_SECONDS)
            size = portrait.width, portrait.height
            info = animator.build_rig(
                portrait.path,
                files["rig"],
                files["preview"],
                cutout=files["cutout"],
                face=_wanted_face(job.wanted_face, *size),
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
        faces=[_shares(box, *size) for box in info.faces],
        face=info.face,
        framing=info.framing,
        # that there are several faces is told by `faces`
        warnings=[info.warning(key) for key in info.warnings if key != "several_faces"],
    )


def _wanted_face(
    wanted: int | list[float] | None, width: int, height: int
) -> int | tuple[float, float] | None:
    """As the animator takes it: a number, or the middle of the box in pixels."""
    if not isinstance(wanted, list):
        return wanted
    x, y, w, h = wanted
    return (x + w / 2) * width, (y + h / 2) * height


def _shares(box: tuple[int, int, int, int], width: int, height: int) -> list[float]:
    """x, y, w, h in pixels as shares of the picture that was handed in, whose frame is not that of the video.

    Shares, because large pictures are made smaller before they are looked at.
    """
    x, y, w, h = box
    return [round(x / width, 5), round(y / height, 5), round(w / width, 5), round(h / height, 5)]


def _render(job: Render, folder: Path) -> None:
    from dashboard.uploads import UploadError, voices
    from engine import animator
    from engine.animator import captions

    rig, source = folder / "rig.npz", folder / "source"
    job.progress = 0  # where an attempt that was killed had come is of no use to this one
    _fetch_stored(job.rig.rig.name, rig)
    _download(job, job.audio_url, source, settings.MAX_AUDIO_BYTES, AUDIO_FETCH_SECONDS, Code.AUDIO_LINK)
    job.renew_lease(LEASE + source.stat().st_size / 2**20, progress=DOWNLOADED)
    video, mask = folder / "video.mp4", folder / "mask.mp4"
    try:
        most = settings.ENGINE_MAX_AUDIO_SECONDS
        with voices.take(source, _filename(job.audio_url), max_seconds=most) as voice:
            # Before the first picture the whole sound is listened to, some 20 times faster than it is spoken.
            job.renew_lease(LEASE + voice.seconds / (2 if job.script else 5), progress=DECODED)
            info = animator.render(
                rig,
                voice.path,
                video,
                mask,
                size=settings.ENGINE_VIDEO_SIZE,
                seed=int(job.public_id[:8], 16),
                progress=Pulse(job),
                script=job.script or None,
            )
    except (UploadError, animator.SoundError) as error:
        raise JobFailed(str(error), error_code=Code.UNUSABLE_AUDIO) from error
    if info.framing and not job.rig.framing:  # of an avatar from before it was kept
        Rig.objects.filter(pk=job.rig.pk).update(framing=info.framing)
    files = {"video": video, "mask": mask}
    if info.words:
        files["captions"] = folder / "captions.vtt"
        files["captions"].write_text(captions.to_vtt(info.words), encoding="utf-8")
    _finish(job, files, seconds=info.duration)


class Pulse:
    """Called again and again by a long step: renews the lease, notes the progress, ends work that is not ours.

    Progress never falls, because the step before may have come further than the beginning of this one.
    """

    def __init__(self, job: EngineJob) -> None:
        self.job = job
        self.last = time.monotonic()

    def __call__(self, done: float = 0.0) -> None:
        # 100 is for the moment when the files are there.
        percent = min(max(int(done * 100), self.job.progress), 99)
        silence = time.monotonic() - self.last
        if silence < (TELL_SECONDS if percent > self.job.progress else BEAT):
            return
        self.last = time.monotonic()
        left = (self.job.lease_until - timezone.now()).total_seconds()
        self.job.renew_lease(max(LEASE, left), progress=percent)


# ---------------------------------------------------------------- files


def workspace(job: EngineJob) -> tempfile.TemporaryDirectory:
    """A folder that goes when the work ends. It bears the lease's name: without the lease, it is debris."""
    return tempfile.TemporaryDirectory(
        prefix=f"engine-{job.lease.hex}-", dir=settings.FILE_UPLOAD_TEMP_DIR, ignore_cleanup_errors=True
    )


def _download(job: EngineJob, url: str, target: Path, limit: int, seconds: float, code: Code) -> None:
    beat = Pulse(job)

    class Beating:
        """A file that renews the lease while it is written."""

        def write(self, data: bytes) -> int:
            beat()
            return file.write(data)

    with target.open("wb") as file:
        try:
            safe_download.download(
                url, Beating(), max_bytes=limit, seconds=seconds, guard=safe_download.guard()
            )
        except safe_download.DownloadError as error:
            trouble = JobDelayed if error.is_temporary else JobFailed
            raise trouble(str(error), error_code=code) from error


def _fetch_stored(name: str, target: Path) -> None:
    with default_storage.open(name, "rb") as stored, target.open("wb") as file:
        for chunk in stored.chunks():
            file.write(chunk)


def _filename(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).name or "file"


def _stored_name(job: EngineJob, field: str, suffix: str, attempt: int) -> str:
    return f"{job._meta.get_field(field).upload_to}{job.public_id}-{attempt}{suffix}"


def _finish(job: EngineJob, files: dict[str, Path], **fields: object) -> None:
    """Store the files, then say that it is done; if it is no longer ours to say, they go again."""
    job.renew_lease(LEASE)
    names: dict[str, str] = {}
    try:
        for field, path in files.items():
            with path.open("rb") as file:
                name = _stored_name(job, field, path.suffix, job.attempts)
                names[field] = default_storage.save(name, File(file))
        job.move(JobStatus.FINISHED, progress=100, **names, **fields)
    except BaseException:
        # A time-out may strike even just after the row was written.
        if not type(job).objects.filter(pk=job.pk, state=JobStatus.FINISHED, **names).exists():
            for name in names.values():
                default_storage.delete(name)
        raise


SUFFIXES = {
    "rig": ".npz",
    "preview": ".jpg",
    "cutout": ".png",
    "video": ".mp4",
    "mask": ".mp4",
    "captions": ".vtt",
}


def discard_leftovers(job: EngineJob) -> None:
    """Delete what an earlier attempt stored and could not announce because it was killed in between."""
    fields = ("rig", "preview", "cutout") if isinstance(job, Rig) else ("video", "mask", "captions")
    for attempt in range(1, job.attempts):
        for field in fields:
            default_storage.delete(_stored_name(job, field, SUFFIXES[field], attempt))
