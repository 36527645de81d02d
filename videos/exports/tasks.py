"""Makes exports: a task of the cluster `studio`, or of the common workers for the quick kinds (see Export.cluster)."""

from pathlib import Path

from django.db import transaction
from django.db.models import F

from dashboard.files import disk
from dashboard.files.missing_files import check_files
from dashboard.files.stored_files import delete_on_commit
from dashboard.jobs import runner
from dashboard.jobs.local_job import LocalState, working_phase
from dashboard.jobs.runner import JobFailed, NoRoom
from dashboard.provenance import signing
from dashboard.uploads import UploadError, provider_files
from videos.exports import files, studio_process
from videos.exports.services import (
    VIDEO_GONE,
    Kind,
    estimate_prores_bytes,
    explain_unavailable,
    remake_poster,
)
from videos.models import Backdrop, Export, Video
from videos.provenance import sign_export, sign_stills

LEASE_SECONDS = 60  # renewed while the studio works
PHASE = working_phase(LEASE_SECONDS)
BACKDROP_GONE = "The file of the background picture is gone. Choose another background."
END_MARGIN = 0.05  # seconds before the end of a video at which there is surely a frame


def work(pk: int) -> None:
    """Make the export with this key."""
    runner.run(Export, pk, PHASE, _make)


def _make(export: Export) -> None:
    video = export.video
    if reason := explain_unavailable(video, export.kind):
        raise JobFailed(reason)
    files.delete_files(export)
    make = _make_poster if export.kind == Kind.POSTER else _make_file
    try:
        with files.open_workspace(export) as folder:
            # Saved before the file is written: if this process is killed, the next run knows what to delete.
            export.renew_lease(LEASE_SECONDS, file=files.create_filename(export.kind))
            try:
                make(export, video, folder)
            except BaseException:  # also when the worker is stopped: leave no files behind
                files.delete_files(export)
                raise
    except FileNotFoundError as error:
        check_files(video)
        raise JobFailed(VIDEO_GONE) from error


def _make_file(export: Export, video: Video, folder: Path) -> None:
    """Everything but posters: the studio makes the file."""
    expected = estimate_prores_bytes(video) if export.kind == Kind.MOV else video.video.size * 4
    if not disk.has_room(expected):
        raise NoRoom(disk.FULL)
    target = folder / f"made{files.SUFFIXES[export.kind]}"
    picture = export.look.get("picture") if export.look.get("background") == "picture" else None
    backdrop = Backdrop.objects.filter(pk=picture).first() if picture else None
    if backdrop is not None and "picture" in check_files(backdrop):
        raise JobFailed(BACKDROP_GONE)
    request = {
        "kind": export.kind,
        "video": str(files.get_local_path(video.video, folder)),
        "mask": str(files.get_local_path(video.mask, folder)) if video.mask else "",
        "picture": str(files.get_local_path(backdrop.picture, folder)) if backdrop else "",
        "look": export.look,
        "framing": video.framing or (video.avatar.framing if video.avatar else None),
        "target": str(target),
    }
    size = studio_process.run(
        request, folder, lambda percent: export.renew_lease(LEASE_SECONDS, progress=percent)
    )
    filename = export.file.name or ""
    export.renew_lease(LEASE_SECONDS + signing.estimate_seconds(size))
    size = sign_export(video, export.kind, target, parent=Path(request["video"]))
    if export.kind == Kind.LOOK:
        colour = _store_stills(video, target, folder, filename)
        files.store(target, filename)
        _display_styled_video(export, video, size, colour)
    else:
        files.store(target, filename)
        export.move(LocalState.READY, progress=100, size=size, error="")


def _make_poster(export: Export, video: Video, folder: Path) -> None:
    """Poster and thumbnail of the displayed video, at the chosen moment."""
    filename = export.file.name or ""
    poster, thumbnail = files.get_still_names(filename)
    path = files.get_local_path(video.display_file, folder)
    colour = _store_stills(video, path, folder, filename)
    with transaction.atomic():
        Video.lock(video.pk)  # first, as everybody else who changes both
        export.move(LocalState.READY, progress=100, error="", file="")
        _replace_files(video, poster=poster, thumbnail=thumbnail, colour=colour)


def _display_styled_video(export: Export, video: Video, size: int, colour: str) -> None:
    """Replace the displayed video and its stills; the old files are deleted."""
    filename = export.file.name or ""
    poster, thumbnail = files.get_still_names(filename)
    with transaction.atomic():
        Video.lock(video.pk)
        # Raises LeaseLost if the look has changed meanwhile, which deletes the row.
        export.move(LocalState.READY, progress=100, size=size, error="", file="")
        _replace_files(
            video,
            styled_video=filename,
            styled_key=export.look_key,
            poster=poster,
            thumbnail=thumbnail,
            colour=colour,
        )


def _store_stills(video: Video, path: Path, folder: Path, filename: str) -> str:
    """Store poster and thumbnail of the video file at `path`; returns their mean colour."""
    at = min(video.poster_moment, max(video.seconds - END_MARGIN, 0))
    try:
        stills = provider_files.extract_stills(path, folder, at=at)
    except UploadError as error:
        raise JobFailed(str(error)) from error
    sign_stills(video, stills, parent=path)
    names = files.get_still_names(filename)
    for source, name in zip((stills.poster, stills.thumbnail), names, strict=True):
        files.store(source, name)
    return stills.colour


def _replace_files(video: Video, **files: str) -> None:
    """Point the video to its new files and delete the old ones. Call it in the transaction that ends the export."""
    row = Video.all_objects.get(pk=video.pk)
    old = [getattr(row, name) for name in files if name in ("styled_video", "poster", "thumbnail")]
    delete_on_commit([file for file in old if file])
    Video.all_objects.filter(pk=video.pk).update(**files, version=F("version") + 1)
    # Another poster or look may have been chosen since this run started.
    is_other_file = "styled_video" not in files and row.display_file.name != video.display_file.name
    if row.poster_at != video.poster_at or is_other_file:
        remake_poster(video)
