"""The poller and the workers in one process, with a clock that jumps from one event to the next."""

import contextlib
import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import time_machine
from django.utils.module_loading import import_string

from dashboard.management.commands.poll import run_step
from dashboard.provider.answers import ProviderError
from dashboard.uploads import provider_files
from tests.messages import clear_messages, list_messages

STEPS = [
    "dashboard.provider.poller.step",
    "avatars.poller.step",
    "videos.poller.step",
    "videos.masks.step",
    "videos.batches.poller.step",
]
SHORTEST = 2.0


class SimulatedSite:
    """Runs the poller's steps when they are due and the tasks that they or the pages have enqueued."""

    def __init__(self, clock: time_machine.Traveller) -> None:
        self.clock = clock
        self.due = dict.fromkeys(STEPS, 0.0)

    def run(
        self, seconds: float, *, until: Callable[[], bool] = lambda: False, shortest: float = SHORTEST
    ) -> bool:
        """Let so much time pass, or less if `until` becomes true. Returns whether it did.

        `shortest`: the seconds between two passes, at least.
        """
        end = time.time() + seconds
        while time.time() < end:
            self.work()
            for name, at in self.due.items():
                if time.time() >= at:
                    self.due[name] = time.time() + run_step(name, import_string(name))
            self.work()
            if until():
                return True
            self.clock.shift(max(min(self.due.values()) - time.time(), shortest))
        return False

    def work(self) -> None:
        """Run what is in the queue, as the workers would."""
        while messages := list_messages():
            clear_messages()
            for message in messages:
                with contextlib.suppress(ProviderError):  # of a sync, which the galleries tell
                    import_string(message.task)(*message.args)


def save_time_on_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check equal files once and sign none: for hundreds of videos that would take minutes."""
    monkeypatch.setattr("videos.tasks.mark_as_synthetic", lambda *args: None)
    check = provider_files.check_video
    found: dict[tuple[bytes, bytes | None], provider_files.CheckedVideo] = {}

    def check_once(
        path: Path, folder: Path, *, mask: Path | None = None, at: float = 0.0
    ) -> provider_files.CheckedVideo:
        key = path.read_bytes(), mask.read_bytes() if mask else None
        if key not in found:
            keep = path.parent.parent / f"checked-{len(found)}"
            keep.mkdir(exist_ok=True)
            found[key] = check(path, keep, mask=mask, at=at)
        film = found[key]
        stills = replace(
            film.stills,
            poster=Path(shutil.copy(film.stills.poster, folder)),
            thumbnail=Path(shutil.copy(film.stills.thumbnail, folder)),
        )
        cutout = Path(shutil.copy(film.cutout, folder)) if film.cutout else None
        return replace(film, stills=stills, cutout=cutout)

    monkeypatch.setattr(provider_files, "check_video", check_once)


def unhandled(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The errors that tasks and steps did not expect. The client logs what it could not read and judges it."""
    records = [record for record in caplog.records if record.levelno >= logging.ERROR]
    return [str(record.exc_text) for record in records if record.name != "dashboard.provider.client"]
