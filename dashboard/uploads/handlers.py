"""Uploads that are larger than anything we take are not read to their end."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

# What is only a little too large is judged where it is wanted, by a sentence on the page itself.
MARGIN = 10 * 2**20


def max_file_bytes() -> int:
    """No upload of whatever kind may be larger."""
    return max(settings.MAX_AUDIO_BYTES, settings.MAX_PORTRAIT_BYTES) + MARGIN


class SizeLimit(FileUploadHandler):
    """Stands before the handlers that store; the limit is for each file, because forms may bring several."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        super().new_file(*args, **kwargs)
        self.size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.size += len(raw_data)
        if self.size > max_file_bytes():
            for handler in self.request.upload_handlers:
                handler.upload_interrupted()
            raise RequestDataTooBig(f"{self.file_name!r} is larger than any upload may be")
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """None: the others make the file."""
