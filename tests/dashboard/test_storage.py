"""What is stored is there whole or not at all."""

import errno
from pathlib import Path

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

pytestmark = pytest.mark.one_machine


class FullDisk(ContentFile):
    """Its second half finds no room."""

    def chunks(self, chunk_size=None):
        yield self.read(5)
        raise OSError(errno.ENOSPC, "No space left on device")


def files(folder: str) -> set[Path]:
    return {path for path in Path(folder).rglob("*") if path.is_file()}


def test_a_disk_that_fills_up_in_the_middle_leaves_nothing_behind(settings):
    before = files(settings.DATA_DIR)
    with pytest.raises(OSError, match="No space"):
        default_storage.save("somewhere/half.mp4", FullDisk(b"0123456789"))
    assert files(settings.DATA_DIR) == before


def test_a_stored_file_is_whole_private_and_takes_nobodys_place(settings, tmp_path):
    source = tmp_path / "film.mp4"
    source.write_bytes(b"0123456789")
    names = []
    for _ in range(2):
        with source.open("rb") as file:
            names.append(default_storage.save("somewhere/film.mp4", File(file)))
    assert len(set(names)) == 2
    for name in names:
        assert default_storage.open(name).read() == b"0123456789"
        assert Path(default_storage.path(name)).stat().st_mode & 0o777 == 0o600
    assert source.exists()
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload.mp4"))
