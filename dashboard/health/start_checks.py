"""Whether PostgreSQL, Redis and the bucket of the settings can really be used: tried when the product is started."""

import uuid
from collections.abc import Callable

import redis
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection

from dashboard.files.bucket import is_bucket
from dashboard.health.redis_connection import connect_redis

CONNECT_SECONDS = 5


class ServiceUnusable(Exception):
    """`str`: a sentence that names the setting. It has no password in it."""


def check_services() -> None:
    """Try what the settings name. Raises ServiceUnusable."""
    checks: list[tuple[bool, Callable[[], None]]] = [
        (bool(settings.DATABASE_URL), check_database),
        (bool(settings.REDIS_URL), check_redis),
        (is_bucket(default_storage), check_bucket),
    ]
    for is_set, check in checks:
        if is_set:
            check()


def check_database() -> None:
    """Connect, and ask something. Raises ServiceUnusable."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_schema_privilege(current_schema(), 'CREATE')")
            row = cursor.fetchone()
    except DatabaseError as error:
        raise ServiceUnusable(
            f"PostgreSQL cannot be used, see DATABASE_URL: {_first_line(error)}."
        ) from error
    if not (row and row[0]):
        raise ServiceUnusable("The user in DATABASE_URL may not create tables in that database.")


def check_redis() -> None:
    """Write, read and delete a key. Raises ServiceUnusable."""
    key = f"start-check:{uuid.uuid4().hex}"
    try:
        with connect_redis(CONNECT_SECONDS) as server:
            server.set(key, "1", ex=60)
            server.delete(key)
    except redis.RedisError as error:
        raise ServiceUnusable(f"Redis cannot be used, see REDIS_URL: {_first_line(error)}.") from error


def check_bucket() -> None:
    """Write, read and delete an object. Raises ServiceUnusable."""
    content = uuid.uuid4().hex.encode()
    try:
        name = default_storage.save(f"start-check/{content.decode()}.txt", ContentFile(content))
        with default_storage.open(name) as file:
            is_same = file.read() == content
        default_storage.delete(name)
    except (BotoCoreError, Boto3Error, ClientError, OSError) as error:
        raise ServiceUnusable(
            f"The bucket cannot be used, see S3_BUCKET and the other S3 settings: {_first_line(error)}."
        ) from error
    if not is_same:
        raise ServiceUnusable("The bucket does not give back what was written, see the S3 settings.")


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".")
