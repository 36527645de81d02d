"""Finished videos in other forms: with a look, cut out, as a GIF, as sound alone. Plain Python, no Django.

Runs only as `python -m videos.studio`, a child process with limits: it decodes what a provider sent. One request as a
line of JSON on stdin, which then stays open: when it closes, whoever asked is gone, and so are we. Lines of JSON come
back on stdout: {"progress": percent} again and again, in the end {"ok": …} or {"refused": sentence}.

Everything is streamed frame by frame, so memory does not grow with the length of a video.
"""


class Refused(Exception):
    """It cannot be made of this video; `str` is the sentence for a person."""
