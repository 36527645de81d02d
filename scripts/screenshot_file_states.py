"""States of pages whose files are missing, late or gone: rows and files are changed while a page is loaded, then restored."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page

from avatars.models import Avatar
from dashboard.jobs.provider_job import current_provider
from dashboard.models import StoredFilesModel
from videos.models import MaskDownload, Video, Voice

SLOW = "The avatar service could not hand over the file. The download took too long."


def see_file_missing(row: StoredFilesModel, field: str) -> Callable[[Page], object]:
    """Load the page while a file of the row is away."""

    def act(page: Page) -> None:
        path = Path(getattr(row, field).path)
        away = path.with_suffix(".away")
        path.rename(away)
        try:
            page.reload()
        finally:
            away.rename(path)
            type(row)._default_manager.filter(pk=row.pk).update(missing_files=[])

    return act


def see_copying_again(page: Page) -> None:
    """Load the page while all that is being copied waits for its third try."""
    later = timezone.now() + timedelta(minutes=2)
    with contextlib.ExitStack() as stack:
        for model in (Video, Avatar):
            for row in model.objects.filter(state="copying"):
                stack.enter_context(changed(row, attempts=2, try_after=later, error=SLOW))
        page.reload()


def see_mask(video: Video, problem: str) -> Callable[[Page], object]:
    """Load the page of a video whose mask did not come: "pending" or "lost"."""

    def act(page: Page) -> None:
        state, later = (
            ("waiting" if problem == "pending" else "failed"),
            timezone.now() + timedelta(minutes=2),
        )
        row = {"state": state, "attempts": 2, "try_after": later, "error": SLOW}
        job = MaskDownload.objects.create(video=video, **row)
        fields = {"mask": "", "mask_problem": problem, "remote_id": "mask", "provider": current_provider()}
        with changed(video, **fields):
            page.reload()
        job.delete()

    return act


@contextlib.contextmanager
def changed(row: Any, **fields: Any) -> Iterator[None]:
    """The row has these values within the block."""
    rows = type(row).objects.filter(pk=row.pk)
    old = rows.values(*fields)[0]
    rows.update(**fields)
    try:
        yield
    finally:
        rows.update(**old)


def list_file_states() -> dict[str, tuple[str, Callable[[Page], object]]]:
    """For each state the address of a page, and what is done there."""
    voice = Voice.objects.order_by("pk")[0]
    avatar = Avatar.objects.filter(state="ready").exclude(preview="").order_by("pk")[0]
    video = Video.objects.filter(state="ready").exclude(mask="").order_by("pk")[0]
    copying = Video.objects.filter(state="copying", batch=None).order_by("pk")[0]
    return {
        "voice-file-missing": (voice.get_absolute_url(), see_file_missing(voice, "sound")),
        "avatar-file-missing": (avatar.get_absolute_url(), see_file_missing(avatar, "preview")),
        "video-file-missing": (
            video.get_absolute_url(),
            see_file_missing(video, video.display_file.field.name),
        ),
        "video-copying-again": (copying.get_absolute_url(), see_copying_again),
        "videos-copying-again": ("/videos/", see_copying_again),
        "video-mask-pending": (video.get_absolute_url(), see_mask(video, "pending")),
        "video-mask-lost": (video.get_absolute_url(), see_mask(video, "lost")),
    }
