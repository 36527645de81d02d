"""Makes files from finished videos: with a look, cut out, as a GIF, the sound alone. Plain Python, no Django.

Runs only as `python -m videos.studio`, a child process with limits, because it decodes files of a provider. It reads one
request as a line of JSON from stdin, and ends when stdin is closed, because then its parent is gone. It writes lines of
JSON to stdout: {"progress": percent} repeatedly, and finally {"ok": …}, {"refused": sentence} or {"full": true}.

Everything is streamed frame by frame, so memory use does not grow with the length of a video.
"""


class StudioError(Exception):
    """The file cannot be made; `str` is a sentence for the page."""
