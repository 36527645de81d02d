"""Names for things that come without one."""

import re
from pathlib import PurePath

MAX_NAME = 200


def from_filename(filename: str, default: str) -> str:
    """What a person would have called it: "maria-portrait_02.jpg" becomes "Maria portrait 02"."""
    stem = PurePath(filename.replace("\\", "/")).stem
    words = re.sub(r"[\s_\-+.]+", " ", "".join(c for c in stem if c.isprintable())).strip()
    # Cameras and recorders count; a row of figures is no name.
    if not re.search(r"[^\W\d_]", words):
        return default
    return (words[0].upper() + words[1:])[:MAX_NAME].strip()


def for_video(avatar: str, voice: str) -> str:
    """What a video is called until somebody gives it a title."""
    return f"{avatar}: {voice}"[:MAX_NAME]


def for_filename(title: str) -> str:
    """A title as a name for a file on any system, without its ending."""
    plain = "".join(" " if c in '/\\:*?"<>|' or not c.isprintable() else c for c in title)
    return " ".join(plain.split())[:100].strip(" .") or "Video"
