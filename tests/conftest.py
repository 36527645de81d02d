"""The cast: an owner, two creators, an admin, a viewer, and ways to be signed in as one of them."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.cache import cache, caches
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

import dashboard.urls  # noqa: F401 - read now, while the engine is embedded: some tests switch it off
from avatars.models import Avatar
from dashboard.health import problems
from dashboard.jobs.provider_job import ProviderState, current_provider
from dashboard.models import User
from dashboard.provider.client import client
from tests import sample_media
from tests.fake_provider import TOKEN, FakeProvider
from tests.placeholder_files import store_placeholders
from videos.looks import backdrops
from videos.models import Backdrop, Video, Voice

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
FIXTURES = Path(__file__).parent / "fixtures"

pytest_plugins = ["tests.xdist_scheduling", "tests.sign_in", "tests.slow_tests"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items if os.environ.get("TEST_SERVICES") else ():
        if item.get_closest_marker("one_machine"):
            item.add_marker(pytest.mark.skip(reason="about SQLite and files in the data folder"))


@pytest.fixture(scope="session")
def audit_triggers() -> list[str]:
    """The statements that create the triggers of the audit log, as the migrations leave them."""
    return []


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, audit_triggers: list[str]) -> None:
    """Without the triggers of the audit log: a test that really commits has to empty all tables afterwards."""
    find = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'",
        "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname LIKE 'audit_%'",
    }
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(find[connection.vendor])
        for name, statement in cursor.fetchall():
            audit_triggers.append(statement)
            cursor.execute(
                f"DROP TRIGGER {name}" + (" ON dashboard_auditentry" * (connection.vendor != "sqlite"))
            )


@pytest.fixture(autouse=True)
def _enqueue_within_transactions(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test's own transaction is never committed: what the code enqueues on commit is enqueued at once."""
    marker = request.node.get_closest_marker("django_db")
    with pytest.MonkeyPatch.context() as patch:
        if marker is None or not marker.kwargs.get("transaction"):
            patch.setattr("dashboard.jobs.enqueue.on_commit", lambda send: send())
        yield


@pytest.fixture(autouse=True)
def _empty_services() -> None:
    """The broker, the bucket and the memory of this process begin each test empty, as the database does."""
    caches["memory"].clear()
    if settings.REDIS_URL:
        redis.Redis.from_url(settings.REDIS_URL).flushdb()
    if hasattr(default_storage, "bucket"):
        default_storage.bucket.objects.all().delete()


@pytest.fixture(autouse=True)
def _delete_files_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in a bucket are deleted by a worker: here as those in the data folder are, when it is committed."""
    monkeypatch.setattr("dashboard.files.deletion.deletes_at_once", lambda: True)


@pytest.fixture(autouse=True)
def _no_problems() -> Iterator[None]:
    """Pages look for problems again only where a test calls `clear_cache`: no other test counts those queries."""
    problems.set_cache([], 3600)
    yield
    problems.clear_cache()


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user(
        "olga@example.com", "a long password", name="Olga", role="owner", tour_step=0
    )


@pytest.fixture
def maria(owner: User) -> User:
    return User.objects.create_user("maria@example.com", "a long password", name="Maria", tour_step=0)


@pytest.fixture
def tom(owner: User) -> User:
    return User.objects.create_user("tom@example.com", "a long password", name="Tom", tour_step=0)


@pytest.fixture
def vera(owner: User) -> User:
    """A viewer."""
    return User.objects.create_user(
        "vera@example.com", "a long password", name="Vera", role="viewer", tour_step=0
    )


@pytest.fixture
def adam(owner: User) -> User:
    """An admin."""
    return User.objects.create_user(
        "adam@example.com", "a long password", name="Adam", role="admin", tour_step=0
    )


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    def as_(user: User) -> Client:
        client = Client()
        client.force_login(user)
        client.get(
            "/accounts/logout/"
        )  # any page: the first one of a session adds it to the list of sessions
        return client

    return as_


@pytest.fixture(scope="session")
def media_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A preview, a video and a fitting mask, as a provider would send them."""
    folder = tmp_path_factory.mktemp("media")
    return {
        "preview": sample_media.picture(folder / "preview.jpg"),
        "video": sample_media.video(folder / "video.mp4"),
        "mask": sample_media.video(folder / "mask.mp4"),
    }


@pytest.fixture
def provider(settings: Any, media_files: dict[str, Path], db: None) -> Iterator[FakeProvider]:
    """Another provider than our own, which the dashboard is set to."""
    server = FakeProvider(dict(media_files))
    settings.EMBEDDED = False
    settings.CG_AVATAR_API_URL = server.url
    settings.CG_AVATAR_API_TOKEN = TOKEN
    settings.PUBLIC_URL = "https://studio.example.com"
    client.cache_clear()
    cache.clear()
    yield server
    client.cache_clear()
    server.shutdown()
    server.server_close()


@pytest.fixture
def new_avatar(db: None, tmp_path: Path) -> Callable[..., Avatar]:
    def make(**fields: Any) -> Avatar:
        avatar = Avatar(**{"name": "Ada", "colour": "#886644"} | fields)
        if "portrait" not in fields:
            with sample_media.picture(tmp_path / "portrait.jpg").open("rb") as file:
                avatar.portrait.save("portrait.jpg", File(file), save=False)
        avatar.save()
        store_placeholders(avatar)
        return avatar

    return make


@pytest.fixture
def new_video(db: None, tmp_path: Path, new_avatar: Callable[..., Avatar]) -> Callable[..., Video]:
    """A video of an avatar that is ready at the provider."""

    def make(**fields: Any) -> Video:
        if "avatar" not in fields:
            remote_id = uuid.uuid4().hex
            fields["avatar"] = new_avatar(
                state=ProviderState.READY, remote_id=remote_id, provider=current_provider()
            )
        if "voice" not in fields:
            voice = Voice(name="Hello", seconds=1.0)
            with sample_media.sound(tmp_path / "hello.wav").open("rb") as file:
                voice.sound.save("hello.wav", File(file), save=False)
            voice.save()
            fields["voice"] = voice
        video = Video.objects.create(**{"title": "Hello", "provider": current_provider()} | fields)
        store_placeholders(video)
        return video

    return make


@pytest.fixture
def speaker(new_avatar: Callable[..., Avatar], maria: User) -> Avatar:
    """An avatar that can speak."""
    return new_avatar(state=ProviderState.READY, remote_id="a1", provider=current_provider(), made_by=maria)


@pytest.fixture
def finished(
    new_video: Callable[..., Video], speaker: Avatar, maria: User, tmp_path: Path
) -> Callable[..., Video]:
    """A ready video of 128 × 160 pixels whose person is a block in the lower middle."""

    def make(**fields: Any) -> Video:
        ready = {"avatar": speaker, "made_by": maria, "state": ProviderState.READY, "seconds": 0.4}
        video = new_video(**ready | fields)
        video.width, video.height = 128, 160
        for field, path in (
            (video.video, sample_media.video(tmp_path / "film.mp4", 0.4)),
            (video.mask, sample_media.mask(tmp_path / "mask.mp4", 0.4)),
            (video.cutout, sample_media.cutout(tmp_path / "cutout.webp")),
            (video.poster, sample_media.picture(tmp_path / "poster.jpg", (128, 160))),
        ):
            with path.open("rb") as file:
                field.save(path.name, File(file), save=False)
        video.save()
        return video

    return make


@pytest.fixture
def new_backdrop(maria: User, tmp_path: Path) -> Callable[..., Backdrop]:
    """A picture to stand in front of, Maria's."""

    def make(name: str = "wall.png") -> Backdrop:
        path = sample_media.picture(tmp_path / name, (640, 360), (20, 120, 60))
        return backdrops.create_backdrop(path, name, maria)

    return make


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("no Chromium was found (Debian: apt install chromium)")
    # Playwright's loop runs in this thread; Django would refuse to talk to its database beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()
