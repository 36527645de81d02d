"""From one machine's SQLite and data folder to PostgreSQL and a bucket, and back."""

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from tests.services import bucket_settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.services,
]

FILL = """
from dashboard.models import User
from avatars.models import Avatar
from django.core.files.base import ContentFile
olga = User.objects.create_user("olga@example.com", "a long password", name="Olga", role="owner")
for number in range(1200):
    Avatar.objects.create(name=f"Ada {number}", made_by=olga, portrait=f"portraits/{number}.jpg")
"""


def command(data: Path) -> Any:
    """Runs commands of the product with that data folder."""
    home = {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    ours = ("TEST_", "S3_", "DATABASE_", "REDIS_", "PYTEST_")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}

    def call(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            env=plain | home | environment,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return call


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with rows, for each test to copy."""
    data = tmp_path_factory.mktemp("filled") / "data"
    call = command(data)
    for words in (("migrate",), ("createcachetable",), ("shell", "-c", FILL)):
        done = call(*words)
        assert done.returncode == 0, done.stderr
    return data


@pytest.fixture
def run(tmp_path: Path, filled: Path) -> Any:
    """Runs a command of the product with a data folder of its own."""
    shutil.copytree(filled, tmp_path / "data")
    return command(tmp_path / "data")


@pytest.fixture
def empty_database() -> str:
    """The address of a new database."""
    name = f"moved_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    return os.environ["TEST_DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture
def empty_bucket() -> dict[str, str]:
    return bucket_settings(os.environ["TEST_S3_URL"], f"moved-{uuid.uuid4().hex[:12]}")


def test_all_rows_arrive_and_new_ones_can_be_added(run, empty_database):
    moved = run("move_database", empty_database)
    assert moved.returncode == 0, moved.stderr
    assert "avatars_avatar: 1200" in moved.stdout
    check = (
        "from avatars.models import Avatar; from avatars.search import AVATARS; from dashboard.models import User; "
        "assert Avatar.objects.filter(made_by__email='olga@example.com').count() == 1200; "
        "assert User.objects.get().check_password('a long password'); "
        "assert Avatar.objects.filter(AVATARS.match_all(['1199'])).count() == 1; "
        "Avatar.objects.create(name='New')"
    )
    assert run("migrate", DATABASE_URL=empty_database).returncode == 0  # as the next start does
    used = run("shell", "-c", check, DATABASE_URL=empty_database)
    assert used.returncode == 0, used.stderr
    again = run("move_database", empty_database)
    assert again.returncode == 1
    assert "There are people in that database already" in again.stderr


def test_an_address_that_cannot_be_used_is_one_sentence(run):
    for url, sentence in (
        ("mysql://a@b/c", "DATABASE_URL must be like"),
        ("postgres://tests@127.0.0.1:1/none", "The database could not be copied, and nothing was changed"),
    ):
        moved = run("move_database", url)
        assert moved.returncode == 1
        assert sentence in moved.stderr
        assert "Traceback" not in moved.stderr


def test_files_move_into_the_bucket_and_back_and_a_half_one_is_mended(run, tmp_path, empty_bucket):
    media = tmp_path / "data" / "media"
    wanted = {f"videos/{name}.mp4": os.urandom(200_000) for name in ("a", "b", "grüße")}
    for name, content in wanted.items():
        (media / name).parent.mkdir(parents=True, exist_ok=True)
        (media / name).write_bytes(content)
    moved = run("move_media", "bucket", **empty_bucket)
    assert "3 files were copied and compared" in moved.stdout, moved.stderr
    again = run("move_media", "bucket", **empty_bucket)
    assert "0 files were copied and compared, 3 were there already" in again.stdout
    (media / "videos/a.mp4").unlink()
    (media / "videos/b.mp4").write_bytes(wanted["videos/b.mp4"][:1000])
    back = run("move_media", "folder", **empty_bucket)
    assert "2 files were copied and compared, 1 were there already" in back.stdout, back.stderr
    assert {name: (media / name).read_bytes() for name in wanted} == wanted


def test_moving_files_without_a_bucket_is_one_sentence(run):
    moved = run("move_media", "bucket")
    assert moved.returncode == 1
    assert "S3_BUCKET names no bucket" in moved.stderr
