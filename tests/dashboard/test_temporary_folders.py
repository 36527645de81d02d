"""What killed processes leave in DATA_DIR/tmp is deleted while the product runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from dashboard.files import temporary_folders


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def leave(name: str, age: float) -> Path:
    folder = settings.FILE_UPLOAD_TEMP_DIR / name
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(b"x")
    for path in (folder / "file", folder):
        moment = path.stat().st_mtime - age
        os.utime(path, (moment, moment))
    return folder


def test_the_folder_of_a_dead_process_is_deleted(dead):
    folder = leave(f"result-pid{dead}-abc", 120)
    temporary_folders.sweep()
    assert not folder.exists()


def test_the_folder_of_a_running_process_stays():
    with temporary_folders.create("result") as folder:
        os.utime(folder, (0, 0))
        temporary_folders.sweep()
        assert folder.exists()
    assert not folder.exists()


def test_what_was_written_just_now_stays(dead):
    folder = leave(f"result-pid{dead}-new", 0)
    temporary_folders.sweep()
    assert folder.exists()
    os.utime(folder / "file", (0, 0))
    os.utime(folder, (0, 0))
    temporary_folders.sweep()
    assert not folder.exists()


def test_a_part_of_an_upload_that_nobody_goes_on_with_is_deleted_after_a_day():
    old, new = leave("upload-old", 25 * 3600), leave("upload-new", 3600)
    temporary_folders.sweep()
    assert not old.exists()
    assert new.exists()
    temporary_folders.shutil.rmtree(new)
