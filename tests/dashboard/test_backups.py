"""Backups: complete, consistent and private; a schedule keeps the newest."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.core.cache import cache
from django.utils import timezone

from dashboard.backups import archive, create, schedule
from dashboard.backups.archive import BackupError
from dashboard.config import env
from dashboard.health.problems import find_problems, set_cache
from tests.product.running import ROOT, environment

pytestmark = [pytest.mark.one_machine, pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def backup(new_video, tmp_path) -> Path:
    """Of an installation with a portrait and a voice."""
    new_video()
    target = tmp_path / "backup.tar"
    create.create_backup(target)
    return target


def extract(source: Path, folder: Path) -> set[str]:
    archive.extract(source, folder)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_it_has_all_files_that_its_rows_name_and_the_secrets(backup, tmp_path):
    found = extract(backup, tmp_path / "out")
    named = create.list_named_files(tmp_path / "out" / "db.sqlite3")
    assert {name.split("/")[1] for name in named} == {"portraits", "voices"}
    assert {f"media/{name}" for name in named} <= found
    assert "secrets/secret_key" in found
    assert backup.stat().st_mode & 0o777 == 0o600
    assert not list(backup.parent.glob(".*"))


def test_a_file_that_is_deleted_meanwhile_is_named_by_no_row_in_it(new_video, tmp_path, monkeypatch):
    video = new_video()
    copy_database, deleted = create._copy_database, []

    def copy_and_delete(target):
        copy_database(target)
        if not deleted:
            deleted.append(video.voice.sound.name)
            voice = video.voice
            video.delete()
            voice.sound.delete(save=False)
            voice.delete()

    monkeypatch.setattr(create, "_copy_database", copy_and_delete)
    assert create.create_backup(tmp_path / "backup.tar").missing == []
    extract(tmp_path / "backup.tar", tmp_path / "out")
    assert deleted[0] not in create.list_named_files(tmp_path / "out" / "db.sqlite3")


def test_a_file_that_was_missing_before_is_named_and_holds_up_nothing(new_video, tmp_path):
    video = new_video()
    Path(video.voice.sound.path).unlink()
    assert create.create_backup(tmp_path / "backup.tar").missing == [video.voice.sound.name]


@pytest.mark.parametrize("harm", ["cut", "changed", "a stranger's", "outside"])
def test_what_is_damaged_or_dangerous_is_refused(backup, tmp_path, harm):
    data = bytearray(backup.read_bytes())
    if harm == "cut":
        backup.write_bytes(data[: len(data) // 2])
    elif harm == "changed":
        data[len(data) // 2] ^= 1
        backup.write_bytes(data)
    else:
        with tarfile.open(backup, "w") as tar:
            tar.add(__file__, "media/../../evil" if harm == "outside" else "evil")
    with pytest.raises(BackupError):
        archive.extract(backup, tmp_path / "out")
    assert not (tmp_path / "evil").exists()


def test_a_disk_without_room_is_a_sentence_and_leaves_nothing(new_video, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage())
    with pytest.raises(BackupError, match="no room"):
        create.create_backup(tmp_path / "backup.tar")
    assert not list(tmp_path.glob("*.tar*"))


class Usage:
    free = 1000


def test_the_schedule_makes_one_when_it_is_due_and_keeps_the_newest(new_video, settings, tmp_path):
    settings.BACKUP_EVERY, settings.BACKUP_KEEP, settings.BACKUP_DIR = 3600, 2, tmp_path / "backups"
    settings.BACKUP_DIR.mkdir()
    other = settings.BACKUP_DIR / "my-own.tar"
    other.touch()
    for day in range(1, 4):
        old = settings.BACKUP_DIR / f"backup-2020-01-0{day}-000000.tar"
        old.touch()
        os.utime(old, (day, day))
    schedule.make()
    made = schedule.list_backups()
    assert [path.name for path in made][1:] == ["backup-2020-01-03-000000.tar"]
    assert made[0].stat().st_size > 1000
    assert other.exists()
    schedule.make()  # a second message
    assert schedule.list_backups() == made


def test_a_backup_that_fails_is_a_problem_until_one_is_made(owner, settings, tmp_path):
    settings.BACKUP_EVERY, settings.BACKUP_DIR = 3600, tmp_path / "file" / "backups"
    (tmp_path / "file").touch()  # no folder can be made here
    schedule.make()
    set_cache([], 0)
    assert "backup" in {problem.key for problem in find_problems()}
    (tmp_path / "file").unlink()
    schedule.make()
    set_cache([], 0)
    assert "backup" not in {problem.key for problem in find_problems()}
    assert not cache.get(schedule.FAILURE)


def test_a_backup_that_is_long_overdue_is_a_problem(owner, settings, tmp_path):
    settings.BACKUP_EVERY, settings.BACKUP_DIR = 3600, tmp_path
    assert schedule.check_backups() == []  # a new installation
    type(owner).objects.update(date_joined=timezone.now() - timezone.timedelta(days=2))
    assert [problem.key for problem in schedule.check_backups()] == ["backup"]


@pytest.mark.parametrize(("text", "seconds"), [("", 0), ("30m", 1800), ("24h", 86400), ("7d", 604800)])
def test_a_length_of_time(monkeypatch, text, seconds):
    monkeypatch.setenv("BACKUP_EVERY", text)
    assert env.duration("BACKUP_EVERY") == seconds


def manage(data: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(data, 1), capture_output=True, text=True, check=False
    )


def test_it_is_restored_into_an_empty_folder_and_over_another_only_if_told_so(backup, tmp_path):
    data = tmp_path / "data"
    done = manage(data, "restore", str(backup))
    assert done.returncode == 0, done.stderr
    for name in create.list_named_files(data / "db.sqlite3"):
        assert (data / "media" / name).exists()
    done = manage(data, "restore", str(backup))
    assert (done.returncode, "--replace" in done.stderr) == (1, True)
    done = manage(data, "restore", str(backup), "--replace")
    assert done.returncode == 0, done.stderr
    aside = max(data.glob("before-restore-*"))
    assert (aside / "db.sqlite3").exists()
    assert (aside / "secrets").exists()
