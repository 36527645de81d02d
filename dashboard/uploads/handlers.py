"""Uploads that are too large are not read to their end."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

# A file that is only a little too large is read, and refused by a sentence on the page itself.
MARGIN = 10 * 2**20


def max_file_bytes() -> int:
    """The limit for uploads of any kind."""
    return max(settings.MAX_AUDIO_BYTES, settings.MAX_PORTRAIT_BYTES) + MARGIN


class SizeLimit(FileUploadHandler):
    """Comes before the handlers that store. The limit is for each file, because a form may send several."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.size += len(raw_data)
        if self.size > max_file_bytes():
            handlers = self.request.upload_handlers if self.request else []
            for handler in handlers:
                handler.upload_interrupted()
            raise RequestDataTooBig(f"{self.file_name!r} is larger than any upload may be")
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """None: the next handlers make the file."""
