"""The decoding side of dashboard.uploads; runs only as `python -m dashboard.uploads.decoder`, without Django."""


class FileRefused(Exception):
    """The file cannot be used; `str` is the sentence for the person who sent it."""
