"""Where files are kept: whole, or not at all."""

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import TemporaryUploadedFile


class WholeFiles(FileSystemStorage):
    """A file is written beside the others and moved to its place when it is complete.

    A disk that fills up in the middle leaves nothing behind, and nobody is ever given half of a file.
    """

    def _save(self, name: str, content: File) -> str:
        if hasattr(content, "temporary_file_path"):  # complete already, and moved
            return super()._save(name, content)
        with TemporaryUploadedFile(name, "", 0, "") as whole:
            for chunk in content.chunks():
                whole.write(chunk)
            whole.flush()
            return super()._save(name, whole)
