"""Room on the disk of the data folder: whether there is any, and what is done without it.

Jobs wait (dashboard.jobs.runner), orders and uploads are refused at once (`needs_room`), and every page says why
(dashboard.health.checks). All go on by themselves when there is room again.
"""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError

FULL = "The disk of this server is full."
READ_ONLY = "The disk of this server cannot be written to."
NOT_SAVED = "Nothing was saved. Tell the owner of this site, and try again when there is room."
WAITING = "This continues automatically when there is room."
RETRY_SECONDS = 30.0  # until a job that found no room is tried again

_FULL = {errno.ENOSPC, errno.EDQUOT}
View = TypeVar("View", bound=Callable[..., Any])


def free_bytes() -> int:
    """How much room there is for data; the least, if media files are on another disk than the rest."""
    return min(shutil.disk_usage(folder).free for folder in _folders())


def has_room(size: float = 0) -> bool:
    """Whether `size` bytes can be written and the reserve stays: for the database, and for what is being made."""
    return free_bytes() > size + settings.DISK_RESERVE_BYTES


def find_obstacle() -> str:
    """Why nothing can be stored at present, as a sentence; empty if there is room."""
    if any(os.statvfs(folder).f_flag & os.ST_RDONLY for folder in _folders()):
        return READ_ONLY
    return "" if has_room() else FULL


def explain_error(error: BaseException | None) -> str:
    """The sentence for an error that comes from a full disk, or one that cannot be written; empty for any other.

    Looks through what caused the error. FFmpeg's errors are OSErrors too.
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return FULL
        if isinstance(error, OSError) and (error.errno == errno.EROFS or _is_forbidden(error)):
            return READ_ONLY
        if isinstance(error, DatabaseError) and "disk is full" in str(error):
            return FULL
        if isinstance(error, DatabaseError) and "readonly database" in str(error):
            return READ_ONLY
        error = error.__cause__ or error.__context__
    return ""


def needs_room(view: View) -> View:
    """Decorator: a POST to this view is answered with 507 and a sentence while nothing can be stored.

    dashboard.middleware.RoomMiddleware does so before the request is read.
    """
    view.needs_room = True  # type: ignore[attr-defined]  # as Django's own csrf_exempt
    return view


def _is_forbidden(error: OSError) -> bool:
    """Whether one of our own folders cannot be written: its disk was mounted otherwise, or belongs to another user."""
    path = error.filename
    return error.errno in {errno.EACCES, errno.EPERM} and any(
        isinstance(path, str | os.PathLike) and Path(path).is_relative_to(folder) for folder in _folders()
    )


def _folders() -> set[Path]:
    folders = {Path(settings.DATA_DIR), Path(settings.MEDIA_ROOT)}
    return {folder for folder in folders if folder.exists()}
