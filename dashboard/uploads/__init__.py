"""Files from people and from the provider: checked, and written anew before anything else uses them.

Every byte is decoded by a child process with limits (see sandbox.py); this side never imports a decoder.
Use as `from dashboard.uploads import UploadError, portraits, voices, results`. The child imports this package too,
so nothing heavy, and no Django, may be imported here.
"""


class UploadError(ValueError):
    """Its text is a sentence for the person who uploaded the file: what is wrong and what to do."""
