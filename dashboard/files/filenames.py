"""Names from file names, and file names from titles."""

import re
from pathlib import PurePath

MAX_NAME = 200


def from_filename(filename: str, default: str) -> str:
    """A readable name: "maria-portrait_02.jpg" becomes "Maria portrait 02". `default` where it has no letters."""
    stem = PurePath(filename.replace("\\", "/")).stem
    words = re.sub(r"[\s_\-+.]+", " ", "".join(c for c in stem if c.isprintable())).strip()
    # Cameras and recorders name files by numbers.
    if not re.search(r"[^\W\d_]", words):
        return default
    return (words[0].upper() + words[1:])[:MAX_NAME].strip()


def for_video(avatar: str, voice: str) -> str:
    """The title of a video until somebody gives it one."""
    return f"{avatar}: {voice}"[:MAX_NAME]


def for_filename(title: str) -> str:
    """A title as a file name that is valid on any system, without suffix."""
    plain = "".join(" " if c in '/\\:*?"<>|' or not c.isprintable() else c for c in title)
    return " ".join(plain.split())[:100].strip(" .") or "Video"
