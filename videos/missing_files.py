"""What is done about files of videos and exports that are gone: most can be made again or left out."""

from typing import Any

from django.db.models import F

from dashboard.files.missing_files import is_storage_there, next_rows
from dashboard.files.stored_files import delete_files
from dashboard.jobs.continue_on_error import do_each
from dashboard.jobs.local_job import LocalState
from videos.exports import services as exports
from videos.models import Export, Video

SWEEP_SECONDS = 10.0
MAX_ROWS = 25  # in one sweep
VOICE_GONE = (
    "The file of this recording is gone. Choose another voice, or upload it again on the voice’s page."
)


def mend_video(sender: type[Video], row: Video, **kwargs: Any) -> None:
    """A receiver of `files_missing`: make again what can be made of the video itself, and leave out what cannot."""
    if "video" in row.missing_files or not row.is_ready:
        return
    names = {field: getattr(row, field).name for field in row.missing_files}
    names = {field: name for field, name in names.items() if is_storage_there(name)}
    if "mask" in names:
        delete_files([row.cutout] if row.cutout else [])
        _clear(row, {"mask": names["mask"]}, cutout="", mask_problem=Video.MaskProblem.LOST)
    for field in ("captions", "cutout"):
        if field in names:
            _clear(row, {field: names[field]})
    if "styled_video" in names and _clear(row, {"styled_video": names["styled_video"]}, styled_key=""):
        exports.apply_look(Video.all_objects.get(pk=row.pk))
    elif {"poster", "thumbnail"} & set(names):
        _remake_poster(row)


def _clear(video: Video, files: dict[str, str], **fields: str) -> bool:
    """Empty the fields, unless they have other files by now. Returns whether they had these."""
    rows = Video.all_objects.filter(pk=video.pk, **files)
    return bool(rows.update(**dict.fromkeys(files, ""), **fields, version=F("version") + 1))


def _remake_poster(video: Video) -> None:
    export = exports.find_export(video, Export.Kind.POSTER)
    if export is None or export.is_ready:  # not while it is being made, nor again and again
        exports.remake_poster(video)


def can_fetch_again(video: Video) -> bool:
    """Whether the provider may still have a video whose file is gone here."""
    return video.is_at_provider and video.is_ready and video.is_file_missing


def sweep_exports() -> float:
    """Called by the poller: forget downloads whose file is gone, a click makes them anew."""
    ready = Export.objects.filter(state=LocalState.READY).exclude(file="")
    do_each(next_rows(ready, MAX_ROWS), _forget_if_gone)
    return SWEEP_SECONDS


def _forget_if_gone(export: Export) -> None:
    name = export.file.name or ""
    if is_storage_there(name) and not export.file.storage.exists(name):
        exports.delete_export(export)
