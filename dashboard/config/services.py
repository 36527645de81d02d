"""Where rows, messages and files are: on this machine, or in PostgreSQL, Redis and an S3-compatible bucket.

Each is one setting, and works without the others. That they really answer is checked at the start (dashboard/health).
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from dashboard.config import env

REDIS_SCHEMES = {"redis", "rediss", "unix"}


def database_url() -> str:
    """The address of PostgreSQL, or an empty string."""
    return env.secret("DATABASE_URL")


def database(data_dir: Path) -> dict[str, Any]:
    """The database: PostgreSQL at DATABASE_URL, or an SQLite file in the data folder."""
    url = database_url()
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": data_dir / "db.sqlite3",
            # WAL and IMMEDIATE, because several processes write: a deferred transaction that reads first would fail
            # immediately with "database is locked", whatever the timeout.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
            "CONN_MAX_AGE": 60,
        }
    return parse_database_url(url)


def parse_database_url(url: str) -> dict[str, Any]:
    """The settings of the PostgreSQL database at this address. Raises ImproperlyConfigured."""
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(url))
    except (ValueError, KeyError):
        found = {}
    if found.get("ENGINE") != "django.db.backends.postgresql" or not found.get("NAME"):
        # The value has a password: it is not repeated.
        raise ImproperlyConfigured("DATABASE_URL must be like postgres://user:password@host:5432/name.")
    options = found.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 5)
    # The web processes serve many people with many threads: they share connections. The other processes have one
    # thread each, and fork, which a pool would not survive.
    if env.flag("DATABASE_POOL"):
        options["pool"] = {"min_size": 1, "max_size": 10, "timeout": 20}
        found["CONN_MAX_AGE"] = 0
    else:
        found["CONN_MAX_AGE"] = 60
    found["CONN_HEALTH_CHECKS"] = True
    return found


def redis_url() -> str:
    """The address of Redis, or an empty string."""
    url = env.secret("REDIS_URL")
    if url:
        try:
            parts = urlsplit(url)
            is_valid = parts.scheme in REDIS_SCHEMES and bool(parts.hostname or parts.scheme == "unix")
            parts.port  # noqa: B018 - asking for it is what checks it
        except ValueError:
            is_valid = False
        if not is_valid:
            raise ImproperlyConfigured("REDIS_URL must be like redis://:password@host:6379/0.")
    return url


def cache(redis: str) -> dict[str, Any]:
    """The cache that all processes share: Redis, or a table of the database."""
    if redis:
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis}
    # Has the counters of rate limits, which need more than Django's default of 300 entries.
    return {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }


def broker(redis: str) -> dict[str, Any]:
    """The part of Q_CLUSTER that says where messages wait: Redis, or a table of the database."""
    return {"redis": redis} if redis else {"orm": "default"}


def media_storage() -> dict[str, Any]:
    """The storage of uploaded and generated files: a bucket, or the data folder."""
    bucket = env.text("S3_BUCKET")
    if not bucket:
        if any(env.text(name) for name in ("S3_ENDPOINT_URL", "S3_REGION", "S3_ACCESS_KEY_ID")):
            raise ImproperlyConfigured("S3_BUCKET is missing: the other S3 settings name no bucket.")
        return {"BACKEND": "dashboard.files.storage.AtomicFileSystemStorage"}
    key, secret = env.secret("S3_ACCESS_KEY_ID"), env.secret("S3_SECRET_ACCESS_KEY")
    if bool(key) != bool(secret):
        raise ImproperlyConfigured(
            "S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together: set both or none."
        )
    return {
        "BACKEND": "dashboard.files.bucket.BucketStorage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": env.url("S3_ENDPOINT_URL") or None,
            "region_name": env.text("S3_REGION") or None,
            # Without keys boto3 looks for those of the machine (environment, profile, role).
            "access_key": key or None,
            "secret_key": secret or None,
        },
    }


def bucket_origins() -> list[str]:
    """The origins that players load films from, for the content security policy."""
    bucket = env.text("S3_BUCKET")
    if not bucket:
        return []
    endpoint = env.url("S3_ENDPOINT_URL")
    if not endpoint:
        region = env.text("S3_REGION")
        return [
            f"https://{bucket}.s3.amazonaws.com",
            *([f"https://{bucket}.s3.{region}.amazonaws.com"] if region else []),
        ]
    scheme, _, host = endpoint.partition("://")
    host = host.partition("/")[0]
    return [f"{scheme}://{host}", f"{scheme}://{bucket}.{host}"]
