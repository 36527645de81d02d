"""The data folder is closed to other users of the machine."""

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.config.data_folder import make_private


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_a_new_folder_is_for_its_user_alone(tmp_path):
    make_private(tmp_path / "new" / "data")
    assert mode(tmp_path / "new" / "data") == 0o700


@pytest.mark.parametrize("before", [0o755, 0o750, 0o777])
def test_a_folder_that_others_could_read_is_closed_at_the_start(tmp_path, before):
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(before)
    (folder / "db.sqlite3").write_bytes(b"")
    make_private(folder)
    assert mode(folder) == 0o700


def test_a_folder_that_cannot_be_closed_is_refused_with_the_command(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)

    def forbid(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", forbid)
    with pytest.raises(ImproperlyConfigured, match=f"chmod 700 {folder}$"):
        make_private(folder)


def test_a_folder_of_everybody_is_not_taken_from_them(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    with pytest.raises(ImproperlyConfigured, match="a folder of its own"):
        make_private(folder)
    assert mode(folder) == 0o1777
