"""The database, the stored files, the disk."""

import shutil
import time
import uuid

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.template.defaultfilters import filesizeformat

from dashboard.connection.services import Report, Result, Service, State, register
from dashboard.files import disk
from dashboard.files.bucket import is_bucket
from dashboard.models import User


def describe() -> Report:
    usage = shutil.disk_usage(settings.DATA_DIR)
    free = disk.free_bytes()
    where = f"the bucket {settings.STORAGES['default'].get('OPTIONS', {}).get('bucket_name', '')}".strip()
    facts = [
        (
            "Database",
            {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(connection.vendor, connection.vendor),
        ),
        ("Files", where if is_bucket(default_storage) else "the disk of this server"),
        ("Disk", f"{filesizeformat(free)} free of {filesizeformat(usage.total)}"),
    ]
    if obstacle := disk.find_obstacle():
        return Report(State.BAD, obstacle, facts)
    if free <= settings.DISK_WARNING_BYTES:
        return Report(State.WARNING, "The disk is nearly full.", facts)
    return Report(State.OK, "There is room.", facts)


def test(user: User) -> Result:
    """Write a small file, read it, delete it; ask the database."""
    start = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    asked = time.monotonic()
    content = uuid.uuid4().bytes
    name = default_storage.save(f"connection-test/{uuid.uuid4()}.bin", ContentFile(content))
    try:
        with default_storage.open(name) as file:
            is_same = file.read() == content
    finally:
        default_storage.delete(name)
    if not is_same:
        return Result(False, "A file was written, and something else was read.")
    times = f"database {_ms(asked - start)}, files {_ms(time.monotonic() - asked)}"
    return Result(True, f"A file was written, read and deleted ({times}).")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


register(Service("storage", "Storage", describe, test, place=40))
