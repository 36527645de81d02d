"""The storage of uploaded and generated files."""

from collections.abc import Callable
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import TemporaryUploadedFile


class AtomicFileSystemStorage(FileSystemStorage):
    """Writes to a temporary file and moves it into place when it is complete.

    A disk that fills up in the middle leaves nothing behind, and nobody is ever given half of a file.
    """

    def _save(self, name: str, content: File) -> str:
        if hasattr(content, "temporary_file_path"):  # complete: Django moves it
            return self._move(name, content)
        with TemporaryUploadedFile(name, "", 0, "") as complete:
            for chunk in content.chunks():
                complete.write(chunk)
            complete.flush()
            return self._move(name, complete)

    def _move(self, name: str, complete: File) -> str:
        save: Callable[[str, File], str] = super()._save  # type: ignore[misc]  # missing in the stubs
        try:
            return save(name, complete)
        except OSError:
            # Media files may be on another disk than temporary ones: then it was copied, and half of it may be there.
            Path(self.path(name)).unlink(missing_ok=True)
            raise
