"""What one of several machines runs, and what it must have in common with the others."""

import contextlib
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

from dashboard.config import env
from dashboard.files.bucket import is_bucket
from dashboard.processes import supervisor

PREPARING = 4_310_772_901  # the number of PostgreSQL's lock: any, as long as all versions have the same


class SettingsMissing(Exception):
    """`str`: a sentence that says what to set."""


def read_only(text: str) -> list[str]:
    """The names in a list like "web, poller", each a process of the product. Raises SettingsMissing."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = [program.name for program in supervisor.list_programs()]
    if unknown := [name for name in names if name not in known]:
        raise SettingsMissing(f"There is no process {unknown[0]!r} to start. There are: {', '.join(known)}.")
    return names


def check_shared_settings(only: list[str]) -> None:
    """Whether this machine, one of several, has what all of them must have. Raises SettingsMissing."""
    if not (only and settings.DATABASE_URL):
        return
    needed = ["SECRET_KEY"]
    if settings.EMBEDDED:
        needed.append("ENGINE_TOKEN")
    if "web" in only:
        needed.append("SETUP_CODE")
    for name in needed:
        if not env.secret(name):
            raise SettingsMissing(
                f"{name} is missing: machines that share a database need the same one. Set {name} or {name}_FILE on each "
                f"of them; what the first machine has made is in {settings.SECRETS_DIR / name.lower()} there."
            )
    if not is_bucket(default_storage):
        raise SettingsMissing(
            "S3_BUCKET is missing: machines that share a database must find each other's files in a bucket."
        )
    if not settings.C2PA_CERTIFICATE_FILE:
        raise SettingsMissing(
            "C2PA_CERTIFICATE_FILE and C2PA_PRIVATE_KEY_FILE are missing: all machines must sign files in the same name. "
            "The first machine writes both with: manage.py export_certificate FOLDER"
        )
    if settings.EMBEDDED and "web" not in only and not env.text("INTERNAL_URL"):
        raise SettingsMissing(
            "INTERNAL_URL is missing: the address at which this machine reaches the web, for example "
            "http://web.internal:8000."
        )


@contextlib.contextmanager
def one_at_a_time(say: Callable[[str], object]) -> Iterator[None]:
    """Only one machine at a time prepares the database; the others say that they wait, and do."""
    if connection.vendor != "postgresql":  # the lock of the data folder does it
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [PREPARING])
        row = cursor.fetchone()
        if not (row and row[0]):
            say("Another machine is preparing the database. Waiting for it...")
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARING])
    try:
        yield
    finally:
        with connection.cursor() as cursor:  # it ends with the connection, too
            cursor.execute("SELECT pg_advisory_unlock(%s)", [PREPARING])
