"""A provider that takes its time over portraits stops nothing else."""

import threading
from collections.abc import Iterator

import pytest

from tests.conftest import FIXTURES
from tests.fake_provider import TOKEN, FakeProvider
from tests.product.running import Product, running, until

pytestmark = pytest.mark.slow

PORTRAITS = f"""
from pathlib import Path
from django.core.files import File
from avatars.models import Avatar
from dashboard.jobs.enqueue import enqueue_job
for number in range(6):
    avatar = Avatar(name=f"Portrait {{number}}")
    with Path({str(FIXTURES / "astronaut.jpg")!r}).open("rb") as file:
        avatar.portrait.save("portrait.jpg", File(file), save=False)
    avatar.save()
    enqueue_job(avatar)
print(6)
"""
VIDEO = f"""
from pathlib import Path
from django.core.files import File
from avatars.models import Avatar
from dashboard.jobs.provider_job import ProviderState, current_provider
from videos import tasks
from videos.models import Video, Voice
avatar = Avatar.objects.create(name="Ready", state=ProviderState.READY, provider=current_provider(), remote_id="{{remote_id}}")
voice = Voice(name="Hello", seconds=2)
with Path({str(FIXTURES / "hello.wav")!r}).open("rb") as file:
    voice.sound.save("hello.wav", File(file), save=False)
voice.save()
video = Video.objects.create(title="Hello", avatar=avatar, voice=voice)
tasks.start(video)
print(video.pk)
"""


@pytest.fixture
def slow_provider(media_files) -> Iterator[FakeProvider]:
    """It answers everything at once, but `avatar.generate` only when the test is over."""
    server = FakeProvider(dict(media_files))
    server.behaviour.hang["avatar.generate"] = threading.Event()
    yield server
    server.behaviour.hang["avatar.generate"].set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def product(tmp_path, slow_provider) -> Iterator[Product]:
    other = {"CG_AVATAR_API_URL": slow_provider.url, "CG_AVATAR_API_TOKEN": TOKEN, "SYNC_MINUTES": "0"}
    with running(tmp_path / "data", **other) as product:
        yield product
    slow_provider.behaviour.hang["avatar.generate"].set()


def test_slow_portraits_keep_no_video_from_being_sent_and_copied(product, slow_provider):
    speaker = slow_provider.add_avatar()
    product.ask(PORTRAITS)
    assert until(lambda: slow_provider.count("avatar.generate") >= 2, 60)
    pk = product.ask(VIDEO.replace("{remote_id}", speaker["avatar_id"]))

    def video() -> dict[str, object]:
        return product.row("SELECT state, remote_id FROM videos_video WHERE id = ?", pk)

    assert until(lambda: video()["remote_id"], 60), video()
    slow_provider.finish(str(video()["remote_id"]))
    assert until(lambda: video()["state"] == "ready", 60), video()
    ready = "SELECT count(*) AS number FROM avatars_avatar WHERE state = 'ready' AND name != 'Ready'"
    assert product.row(ready)["number"] == 0
