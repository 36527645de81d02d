"""The data folder: created for the user who runs the product alone, and kept so."""

import stat
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(folder: Path) -> None:
    """Create the folder, or take it from other users of the machine: it holds the database, sessions and all files.

    A folder that is not ours alone is refused. Raises ImproperlyConfigured.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError:
        return  # the secrets, which are next, report it in a sentence
    if not mode & OTHERS:
        return
    if mode & stat.S_ISVTX or folder in {Path.home(), Path(folder.anchor)}:
        raise ImproperlyConfigured(
            f"DATA_DIR must be a folder of its own, for example {folder / 'talking-avatars'}: "
            f"{folder} is also used by others."
        )
    try:
        folder.chmod(mode & ~OTHERS)
    except OSError:
        raise ImproperlyConfigured(
            f"Other users of this machine can open the data in {folder}. Run: sudo chmod 700 {folder}"
        ) from None
