"""From a click to a file: rows of Export are the truth, the studio's cluster does the work (see dashboard.jobs.local_job)."""

import contextlib
import errno
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dashboard.files.stored_files import DISK_FULL, delete_on_commit
from dashboard.jobs import runner
from dashboard.jobs.base import LeaseLost
from dashboard.jobs.enqueue import enqueue_due, enqueue_job
from dashboard.jobs.isolation import do_each
from dashboard.jobs.local_job import LocalState, working_phase
from dashboard.jobs.provider_job import ProviderState
from dashboard.jobs.runner import JobFailed
from dashboard.models import User
from dashboard.uploads import UploadError, results
from videos.exports import studio_process, workspace
from videos.models import Backdrop, Export, Video

Kind = Export.Kind
LEASE = 60  # seconds; renewed while the studio works
PHASE = working_phase(LEASE)
WITH_LOOK = {Kind.LOOK, Kind.GIF}
OF_THE_PERSON = {Kind.WEBM, Kind.MOV, Kind.WEBP}
GONE = "The video was deleted."
# ProRes takes about as many bytes as there are pixels; everything else is small beside it.
PRORES_BYTES = 0.9  # a pixel
IDLE_SECONDS = 3.0
MANY = 100


# ---------------------------------------------------------------- what the pages ask for


def look_of(video: Video, kind: str) -> tuple[dict, str]:
    """The look that a file of this kind has, and its key: nothing where it makes no difference."""
    return (video.parsed_look.values(), video.parsed_look.key) if kind in WITH_LOOK else ({}, "")


def why_not(video: Video, kind: str) -> str:
    """Why this cannot be made of the video; empty when it can."""
    if not video.is_ready or not video.video:
        return GONE
    if not video.mask and (kind in OF_THE_PERSON or (kind in WITH_LOOK and video.parsed_look.needs_mask)):
        return video.why_no_mask
    return ""


def prores_bytes(video: Video) -> float:
    """About how large it will be."""
    return video.width * video.height * video.seconds * 25 * PRORES_BYTES


def find(video: Video, kind: str) -> Export | None:
    return video.exports.filter(kind=kind, look_key=look_of(video, kind)[1]).first()


def want(video: Video, kind: str, user: User | None = None) -> Export:
    """The one row for it, being made or ready; one that failed is tried again. `user` hears when it is done."""
    look, key = look_of(video, kind)
    with transaction.atomic():
        export, is_new = Export.objects.get_or_create(
            video=video, kind=kind, look_key=key, defaults={"look": look}
        )
        Export.objects.filter(pk=export.pk).update(used_at=timezone.now(), made_by=user)
        is_gone = export.is_ready and not (export.file and default_storage.exists(export.file.name))
        if export.is_failed or is_gone:
            with contextlib.suppress(LeaseLost):  # somebody else wanted it at the same moment
                export.retry()
                is_new = True
        if is_new:
            enqueue_job(export)
    return export


def dress(video: Video) -> None:
    """Have a finished video shown with `video.look`. To be called in the transaction that saved the look."""
    video.refresh_from_db(fields=["look", "styled_video", "styled_key"])
    video.__dict__.pop("parsed_look", None)
    key = video.parsed_look.key
    for other in video.exports.filter(kind=Kind.LOOK).exclude(look_key=key):
        drop(other)  # who is making it finds the row gone and stops
    if not key:
        undressed = video.styled_video
        if undressed:
            Video.objects.filter(pk=video.pk).update(styled_video="", styled_key="", version=F("version") + 1)
            delete_on_commit([undressed])
            video.styled_video, video.styled_key = "", ""
            repaint(video)
    elif not (video.styled_video and video.styled_key == key):
        want(video, Kind.LOOK)


def choose_poster(video: Video, seconds: float) -> None:
    """Have the frame at that moment as the poster."""
    with transaction.atomic():
        Video.objects.filter(pk=video.pk).update(poster_at=seconds)
        video.poster_at = seconds
        repaint(video)


def repaint(video: Video) -> None:
    """Have the poster made anew of what is shown; a run that is under way would show what was wanted before."""
    with transaction.atomic():
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


def drop(export: Export) -> None:
    """Delete it with its files, in a transaction of the caller's or its own."""
    with transaction.atomic():
        for name in workspace.names(export):
            transaction.on_commit(partial(default_storage.delete, name), robust=True)
        export.delete()


def drop_all(video: Video) -> None:
    """What goes with a video that is deleted."""
    for export in video.exports.all():
        drop(export)


# ---------------------------------------------------------------- what the worker does


def work(pk: int) -> None:
    runner.run(Export, pk, PHASE, _make)


def _make(export: Export) -> None:
    video = export.video
    if reason := why_not(video, export.kind):
        raise JobFailed(reason)
    workspace.clear(export)
    how = _still if export.kind == Kind.POSTER else _film
    try:
        with workspace.bench(export) as folder:
            # Named before it is written: whoever comes after a kill knows what to clear.
            export.renew_lease(LEASE, file=workspace.new_name(export.kind))
            try:
                how(export, video, folder)
            except BaseException:  # whatever it was, also the worker's end: leave no debris
                workspace.clear(export)
                raise
    except FileNotFoundError as error:
        raise JobFailed(GONE) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise JobFailed(DISK_FULL) from error
        raise


def _film(export: Export, video: Video, folder: Path) -> None:
    if not workspace.has_room(prores_bytes(video) if export.kind == Kind.MOV else video.video.size * 4):
        raise JobFailed(DISK_FULL)
    target = folder / f"made{workspace.SUFFIX[export.kind]}"
    picture = export.look.get("picture") if export.look.get("background") == "picture" else None
    backdrop = Backdrop.objects.filter(pk=picture).first() if picture else None
    request = {
        "kind": export.kind,
        "video": str(workspace.at_hand(video.video, folder)),
        "mask": str(workspace.at_hand(video.mask, folder)) if video.mask else "",
        "picture": str(workspace.at_hand(backdrop.picture, folder)) if backdrop else "",
        "look": export.look,
        "framing": video.framing or (video.avatar.framing if video.avatar else None),
        "target": str(target),
    }
    size = studio_process.make(request, folder, lambda percent: export.renew_lease(LEASE, progress=percent))
    if export.kind == Kind.LOOK:
        colour = _stills(video, target, folder, export.file.name)
        workspace.store(target, export.file.name)
        _show(export, video, size, colour)
    else:
        workspace.store(target, export.file.name)
        export.move(LocalState.READY, progress=100, size=size, error="")


def _still(export: Export, video: Video, folder: Path) -> None:
    """A poster of what is shown, at the moment that was chosen."""
    poster, thumbnail = workspace.still_names(export.file.name)
    colour = _stills(video, workspace.at_hand(video.display_file, folder), folder, export.file.name)
    with transaction.atomic():
        export.move(LocalState.READY, progress=100, error="", file="")
        _change(video, poster=poster, thumbnail=thumbnail, colour=colour)


def _show(export: Export, video: Video, size: int, colour: str) -> None:
    """The dressed video takes the place of what was shown, with its stills; the files of before go."""
    name = export.file.name
    poster, thumbnail = workspace.still_names(name)
    with transaction.atomic():
        export.move(
            LocalState.READY, progress=100, size=size, error="", file=""
        )  # gone if the look has changed
        _change(
            video,
            styled_video=name,
            styled_key=export.look_key,
            poster=poster,
            thumbnail=thumbnail,
            colour=colour,
        )


def _stills(video: Video, film: Path, folder: Path, name: str) -> str:
    """Store poster and thumbnail of `film`; their mean colour."""
    try:
        made = results.extract_stills(film, folder, at=min(video.poster_moment, max(video.seconds - 0.05, 0)))
    except UploadError as error:
        raise JobFailed(str(error)) from error
    for path, stored in zip((made.poster, made.thumbnail), workspace.still_names(name), strict=True):
        workspace.store(path, stored)
    return made.colour


def _change(video: Video, **files: str) -> None:
    """New files for a video in place of the old ones. In the transaction that ends the export."""
    row = Video.objects.get(pk=video.pk)
    old = [getattr(row, name) for name in files if name in ("styled_video", "poster", "thumbnail")]
    delete_on_commit([file for file in old if file])
    Video.objects.filter(pk=video.pk).update(**files, version=F("version") + 1)
    # What was wanted may have changed while this was made.
    if row.poster_at != video.poster_at or (
        "styled_video" not in files and row.display_file.name != video.display_file.name
    ):
        repaint(video)


# ---------------------------------------------------------------- what the poller does


def step() -> float:
    """Enqueue what is due again; the seconds until the next step."""
    Export.release_dead_leases()
    due = Export.objects.due(*PHASE.due)
    for rows in (due.filter(kind__in=Export.QUICK_KINDS), due.exclude(kind__in=Export.QUICK_KINDS)):
        enqueue_due(rows)  # apart, because the quick ones have workers of their own
    return IDLE_SECONDS


def tidy() -> float:
    """Remove what nobody asked for in a long time; a click makes it again. Then see to looks from an older version."""
    long_ago = timezone.now() - timedelta(days=settings.EXPORT_DAYS)
    unused = Export.objects.filter(state=LocalState.READY, used_at__lt=long_ago).exclude(file="")
    do_each(unused[:MANY], drop)
    _dress_again()
    return 3600.0


def _dress_again() -> None:
    """Looks that this version draws otherwise than the one that drew them, as their keys say."""
    dressed = (
        Video.objects.filter(state=ProviderState.READY).exclude(styled_video="").only("look", "styled_key")
    )
    outdated = [video for video in dressed.iterator() if video.parsed_look.key != video.styled_key]
    do_each([video for video in outdated if find(video, Kind.LOOK) is None], _dress_one)


def _dress_one(video: Video) -> None:
    with transaction.atomic():
        dress(Video.objects.get(pk=video.pk))
