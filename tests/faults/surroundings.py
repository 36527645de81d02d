"""Faults of what the product stands on: its disk, its media files, its database, its clock, its history."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults.installation import Installation

LOCK_SECONDS = 60
WITHOUT_ROOM_SECONDS = 45  # longer than until the next try of a job
SHIFT = 3600
NO_ROOT = "only root can mount a disk of its own"
DISK_MB = 900
LEFT_BYTES = 2 * 2**20
TIMES = ("lease_until", "try_after", "state_since", "created_at", "until", "seen_at", "expires", "lock")


@contextlib.contextmanager
def own_disk(folder: Path) -> Iterator[None]:
    """A small disk for the installation, where that is allowed; else it stays where it is."""
    is_mounted = _mount("-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0700", "tmpfs", str(folder))
    try:
        yield
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


def list_surroundings() -> dict[str, tuple[Callable[[Installation], None], str]]:
    """Each fault by its name: what it does, and why it cannot be tried here."""
    needs_root = "" if os.geteuid() == 0 and shutil.which("mount") else NO_ROOT
    return {
        "disk full": (fill_disk, needs_root),
        "media read-only": (protect_media, needs_root),
        "database locked": (lock_database, ""),
        "restored from a backup": (restore, ""),
        "clock forward and back": (move_clock, ""),
        "clock back and forward": (lambda site: move_clock(site, -1), ""),
    }


def fill_disk(site: Installation) -> None:
    if not os.path.ismount(site.data.parent):
        raise RuntimeError("the installation has no disk of its own")
    filler = site.data.parent / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(site.data).free - LEFT_BYTES)
    time.sleep(WITHOUT_ROOM_SECONDS)
    filler.unlink()


def protect_media(site: Installation) -> None:
    media = str(site.data / "media")
    if not (_mount("--bind", media, media) and _mount("-o", "remount,bind,ro", media)):
        raise RuntimeError("the media folder could not be mounted again")
    try:
        time.sleep(WITHOUT_ROOM_SECONDS)
    finally:
        subprocess.run(["umount", "--lazy", media], check=True)


def lock_database(site: Installation) -> None:
    with contextlib.closing(_connect(site)) as database:
        database.execute("BEGIN IMMEDIATE")
        time.sleep(LOCK_SECONDS)
        database.execute("ROLLBACK")


def restore(site: Installation) -> None:
    """A backup in the middle of the work; then everything is lost and comes back."""
    backup = site.data.parent / "backup.tar"
    site.product.manage("backup", str(backup))
    site.stop()
    site.product.manage("restore", str(backup), "--replace")
    for aside in site.data.glob("before-restore-*"):
        shutil.rmtree(aside)
    site.start()


def move_clock(site: Installation, direction: int = 1) -> None:
    """An hour ahead, for a while, and back: the same as if all that is stored were an hour older.

    The clock of the machine is that of other people too.
    """
    _shift(site, -direction * SHIFT)
    time.sleep(15)
    _shift(site, direction * SHIFT)


def _shift(site: Installation, seconds: int) -> None:
    with contextlib.closing(_connect(site)) as database:
        database.execute("BEGIN IMMEDIATE")
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            if table.startswith(
                ("avatars_", "videos_", "engine_", "dashboard_lease", "django_q_ormq", "cache")
            ):
                columns = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
                for column in columns.intersection(TIMES):
                    moved = f"strftime('%Y-%m-%d %H:%M:%f', {column}, '{seconds:+d} seconds')"
                    database.execute(
                        f"UPDATE {table} SET {column} = {moved} WHERE {column} < '9000'"
                    )  # what never expires stays
        database.execute("COMMIT")


def _connect(site: Installation) -> sqlite3.Connection:
    return sqlite3.connect(site.data / "db.sqlite3", timeout=60, isolation_level=None)


def _mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode == 0
