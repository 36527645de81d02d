"""Secrets generated at the first start: one file each in the data folder, readable by its owner only."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def get_or_create(folder: Path, name: str, size: int = 48) -> str:
    """The secret of this name, generated at the first call. Safe when two processes start at the same time."""
    path = folder / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(size))
            try:
                os.link(draft, path)  # unlike a rename, fails if another process was first
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        value = path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder cannot be used: {error.strerror} ({error.filename}). "
            "Set DATA_DIR to a folder that can be written."
        ) from error
    if not value:
        raise ImproperlyConfigured(f"The secret in {path} is empty. Delete the file; a new one is made.")
    return value
