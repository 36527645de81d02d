"""The same client against another provider (faked) and against our own engine, really running."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import requests

from dashboard.provider import access
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import Client
from dashboard.provider.parsing import RemoteVideo
from tests.conftest import FIXTURES
from tests.fake_provider import TOKEN, FakeProvider
from tests.product.running import Product, until


@dataclass
class Service:
    client: Client
    image_url: str
    audio_url: str


@pytest.fixture(scope="module")
def pictures() -> Iterator[FakeProvider]:
    """A server on this machine that hands out a portrait and a sound."""
    server = FakeProvider({"portrait": FIXTURES / "astronaut.jpg", "hello": FIXTURES / "hello.mp3"})
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def token(product: Product) -> str:
    return product.manage("create_token", "contract").strip().splitlines()[-1]


@pytest.fixture(params=["another provider", "our own engine"])
def service(request, provider, pictures) -> Service:
    """`our own engine` is reached with a token as anybody gets one, and fetches from the site it is allowed to."""
    if request.param == "another provider":
        # What a provider does by itself while one looks away.
        threading.Thread(target=_works, args=(provider,), daemon=True).start()
        client = Client(provider.url, TOKEN)
    else:
        client = Client(request.getfixturevalue("product").url, request.getfixturevalue("token"))
    return Service(client, pictures.link("portrait"), pictures.link("hello"))


def _works(provider: FakeProvider) -> None:
    while provider.fileno() != -1:  # until it is closed
        time.sleep(0.3)
        for video in list(provider.videos.values()):
            if video["status"] == "pending":
                provider.finish(video["video_id"])


def ended(service: Service, video_id: str) -> Callable[[], RemoteVideo | None]:
    def look() -> RemoteVideo | None:
        video = service.client.get_video(video_id)
        return video if video.status in {"finished", "error"} else None

    return look


def test_the_whole_journey_from_a_link_to_a_picture_to_a_video_and_its_mask(service):
    avatar = service.client.generate_avatar(service.image_url, f"journey {time.time()}")
    assert avatar.gender in {"male", "female"}
    assert requests.get(avatar.preview_url, timeout=10).content[:2] == b"\xff\xd8"
    assert avatar.avatar_id in {item.avatar_id for item in service.client.list_avatars()}

    started = service.client.generate_video(avatar.avatar_id, service.audio_url, f"journey {time.time()}")
    assert started.status == "pending"
    video = until(ended(service, started.video_id), 90)
    assert video is not None
    assert video.status == "finished", video.error
    for link in (video.video_url, video.mask_video_url):
        assert requests.get(link, timeout=10).content[4:8] == b"ftyp"
    assert video.video_id in {item.video_id for item in service.client.list_videos()}


def test_an_unknown_avatar_cannot_speak(service):
    with pytest.raises(ProviderError) as caught:
        service.client.generate_video("nobody", service.audio_url, f"unknown {time.time()}")
    assert caught.value.is_unknown_id
    assert not caught.value.is_temporary


def test_an_unknown_video_is_unknown(service):
    with pytest.raises(ProviderError) as caught:
        service.client.get_video("nothing")
    assert caught.value.is_unknown_id


def test_a_wrong_token_opens_nothing(service):
    stranger = Client(service.client.url, "no such token")
    for call in (stranger.list_avatars, stranger.list_videos, lambda: stranger.get_video("x")):
        access.clear_problem()  # the client would not even ask a second time
        with pytest.raises(ProviderError) as caught:
            call()
        assert "does not accept our key" in str(caught.value)
    access.clear_problem()
