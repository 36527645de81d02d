"""Copies all stored files into the bucket of the settings, or from it into the data folder."""

import hashlib
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.files.bucket import BucketStorage
from dashboard.files.storage import AtomicFileSystemStorage


class Command(BaseCommand):
    help = "Copies stored files between the data folder and the bucket; what is there already is skipped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("to", choices=["bucket", "folder"])

    def handle(self, *args: Any, **options: Any) -> None:
        if "bucket_name" not in settings.STORAGES["default"].get("OPTIONS", {}):
            raise CommandError(
                "S3_BUCKET names no bucket. Set it, and the other S3 settings, for this command too."
            )
        bucket = BucketStorage(**settings.STORAGES["default"]["OPTIONS"])
        folder = AtomicFileSystemStorage(location=settings.MEDIA_ROOT)
        source, target = (folder, bucket) if options["to"] == "bucket" else (bucket, folder)
        copied = skipped = 0
        for name in list_names(source, bucket):
            if is_same(source, target, name):
                skipped += 1
                continue
            copy(source, target, name)
            if not is_same(source, target, name):
                raise CommandError(f"{name} arrived changed. Run the command again; it goes on from here.")
            copied += 1
            if copied % 100 == 0:
                self.stdout.write(f"  {copied} copied…")
        self.stdout.write(
            f"{copied} files were copied and compared, {skipped} were there already. Nothing was deleted: "
            "once everything works, what is left behind can be."
        )


def list_names(source: Storage, bucket: BucketStorage) -> Iterator[str]:
    """All stored files, in a fixed order."""
    if source is bucket:
        yield from (found.key for found in bucket.bucket.objects.all())
        return
    yield from (
        str(path.relative_to(settings.MEDIA_ROOT))
        for path in sorted(settings.MEDIA_ROOT.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    )


def is_same(source: Storage, target: Storage, name: str) -> bool:
    """Whether both have the file with the same content. A size that differs saves reading it."""
    if not target.exists(name) or source.size(name) != target.size(name):
        return False
    return compute_digest(source, name) == compute_digest(target, name)


def compute_digest(storage: Storage, name: str) -> str:
    with storage.open(name, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy(source: Storage, target: Storage, name: str) -> None:
    """Copy one file under its own name; a half one from an earlier run is replaced."""
    target.delete(name)
    with source.open(name, "rb") as file:
        stored = target.save(name, File(file, name=name))
    if stored != name:
        raise CommandError(f"{name} could not be stored under its name.")
