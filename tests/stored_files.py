"""What is in the storage, whichever it is."""

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
