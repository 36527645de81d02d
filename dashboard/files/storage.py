"""The storage of uploaded and generated files."""

from collections.abc import Callable

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import TemporaryUploadedFile


class AtomicFileSystemStorage(FileSystemStorage):
    """Writes to a temporary file and moves it into place when it is complete.

    A disk that fills up in the middle leaves nothing behind, and nobody is ever given half of a file.
    """

    def _save(self, name: str, content: File) -> str:
        save: Callable[[str, File], str] = super()._save  # type: ignore[misc]  # missing in the stubs
        if hasattr(content, "temporary_file_path"):  # complete: Django moves it
            return save(name, content)
        with TemporaryUploadedFile(name, "", 0, "") as complete:
            for chunk in content.chunks():
                complete.write(chunk)
            complete.flush()
            return save(name, complete)
