"""The decoding side of dashboard.uploads; runs only as `python -m dashboard.uploads.decoder`, without Django."""


class FileRefused(Exception):
    """The file is not usable; the text is the sentence for the person who sent it."""
