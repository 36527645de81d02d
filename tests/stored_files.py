"""What is in the storage, whichever it is."""

import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage


def list_stored(folder: str = "") -> set[str]:
    """The names of all stored files below a folder."""
    prefix = f"{folder.rstrip('/')}/" if folder else ""
    if not isinstance(default_storage._wrapped, FileSystemStorage) and hasattr(default_storage, "bucket"):
        return {found.key for found in default_storage.bucket.objects.filter(Prefix=prefix)}
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return set()
    found = {prefix + name for name in names}
    for name in folders:
        found |= list_stored(prefix + name)
    return found


def local_copy(name: str) -> Path:
    """A path from which the stored file can be read."""
    folder = tempfile.mkdtemp(prefix="copy-", dir=settings.DATA_DIR)  # deleted at the end of the run
    path = Path(folder) / Path(name).name
    with default_storage.open(name, "rb") as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    return path


def overwrite(name: str, content: bytes) -> None:
    """Change a stored file, as no code of the product does."""
    default_storage.delete(name)
    assert default_storage.save(name, ContentFile(content)) == name
