"""One result that drips and one without end: others are copied meanwhile, the disk stays free, deleted rows end theirs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dashboard.test_slow_downloads import drip, pour
from tests.fake_provider import TOKEN, FakeProvider
from tests.local_web import LocalWeb
from tests.product.running import Product, running, until

pytestmark = [pytest.mark.long, pytest.mark.slow]

VIDEOS = """
from dashboard.jobs.provider_job import ProviderState, current_provider
from dashboard.models import User
from videos.models import Video, Voice
user, _ = User.objects.get_or_create(email="maria@example.com", defaults={{"name": "Maria"}})
voice = Voice.objects.create(name="Hello", seconds=2)
print(json.dumps([
    Video.objects.create(title="Hello", voice=voice, made_by=user, provider=current_provider(), remote_id=key,
                         remote_state="finished", state=ProviderState.COPYING).pk
    for key in {keys}
]))
"""


@pytest.fixture
def web() -> Iterator[LocalWeb]:
    server = LocalWeb()
    server.pages |= {"/drip": drip, "/pour": pour}
    yield server
    server.close()


@pytest.fixture
def provider(media_files) -> Iterator[FakeProvider]:
    server = FakeProvider(dict(media_files))
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def product(tmp_path, provider) -> Iterator[Product]:
    other = {"CG_AVATAR_API_URL": provider.url, "CG_AVATAR_API_TOKEN": TOKEN, "SYNC_MINUTES": "0"}
    with running(tmp_path / "data", **other) as product:
        yield product


def size_of(folder: Path) -> int:
    found = 0
    for path in folder.rglob("*"):
        try:
            found += path.stat().st_size
        except FileNotFoundError:
            continue
    return found


def test_slow_and_endless_results_keep_nobody_waiting(product, provider, web):
    def finished(**fields: str) -> str:
        video = provider.add_video()
        provider.finish(video["video_id"])
        video |= fields
        return video["video_id"]

    slow = [finished(video_url=web.url + "/drip"), finished(video_url=web.url + "/pour")]
    dripping, endless = product.ask(VIDEOS.format(keys=slow))
    assert until(lambda: {"/drip", "/pour"} <= set(web.requested), 60)
    good = product.ask(VIDEOS.format(keys=[finished() for _ in range(4)]))

    def state(pk: int) -> dict[str, object]:
        return product.row("SELECT state, attempts, error FROM videos_video WHERE id = ?", pk)

    sizes: list[int] = []

    def all_good() -> bool:
        sizes.append(size_of(product.data / "tmp"))
        return all(state(pk)["state"] == "ready" for pk in good)

    assert until(all_good, 60), [state(pk) for pk in good]
    assert until(lambda: state(endless)["state"] == "failed", 30), state(endless)
    assert "too large" in str(state(endless)["error"])
    assert max(sizes) < 100 * 2**20
    # Nothing arrives fast enough: it is given up, and tried again later.
    assert until(
        lambda: product.row("SELECT lease FROM videos_video WHERE id = ?", dripping)["lease"] is None, 60
    )
    assert (state(dripping)["state"], state(dripping)["attempts"]) == ("copying", 1)
    assert until(lambda: state(dripping)["attempts"] == 2, 60)
    product.ask(f"from videos.models import Video; print(len(Video.objects.filter(pk={dripping}).delete()))")
    assert until(lambda: not list((product.data / "tmp").glob("result-*")), 10)
