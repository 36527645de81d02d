"""The product's settings with a data folder of the tests' own, another one for each process that runs tests."""

import atexit
import os
import shutil
import tempfile

# Before the real settings are read: they make secrets and folders below DATA_DIR.
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="avatars-tests-")
for name in (
    "DATABASE_URL",
    "REDIS_URL",
    "S3_BUCKET",
    "S3_ENDPOINT_URL",
    "S3_REGION",
    "S3_ACCESS_KEY_ID",
    "SECRET_KEY",
):
    os.environ.pop(name, None)
for name in ("PUBLIC_URL", "CG_AVATAR_API_URL", "CG_AVATAR_API_TOKEN", "EMAIL_HOST", "HOST", "PORT", "DEBUG"):
    os.environ.pop(name, None)
for name in ("METRICS_TOKEN", "LOG_FORMAT", "LOG_TO"):
    os.environ.pop(name, None)

# The same tests on PostgreSQL, Redis and a bucket.
if os.environ.get("TEST_SERVICES"):
    from tests.services import use_services

    use_services()

from dashboard.settings import *  # noqa: E402, F403

# No collectstatic before a test; the manifest is used by the really running product in tests/product.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MIDDLEWARE.insert(0, "tests.sign_in.NoticeSignIn")  # noqa: F405


(DATA_DIR / "static").mkdir()  # noqa: F405 - WhiteNoise warns where it is missing


def _remove_data(folder: Path = DATA_DIR, owner: int = os.getpid()) -> None:  # noqa: F405
    if os.getpid() == owner:  # a fork that ends leaves it alone
        shutil.rmtree(folder, ignore_errors=True)


atexit.register(_remove_data)
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in the product: the in-memory database that threads share answers "table is locked" at once instead of
    # waiting for its turn, when a page still polls while a test ends.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"  # noqa: F405
