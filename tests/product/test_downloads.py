"""A large download is made while processes are killed: it still ends in one whole file, and nothing else is left."""

import os
import signal
from pathlib import Path

import pytest

from tests.product.running import Product, until
from tests.videos import generated_video as cards
from tests.videos import read_video
from tests.videos.generated_video import Card

pytestmark = pytest.mark.slow

SEED = """
from pathlib import Path
from django.core.files import File
from dashboard.jobs.provider_job import ProviderState
from videos.exports import services
from videos.models import Video
def request_webm(film, mask, seconds, width, height):
    video = Video(title="Card", state=ProviderState.READY, seconds=seconds, width=width, height=height)
    for field, path in ((video.video, film), (video.mask, mask)):
        with Path(path).open("rb") as file:
            field.save("card.mp4", File(file), save=False)
    video.save()
    return services.request_export(video, "webm").pk
"""


@pytest.fixture(scope="module")
def card(tmp_path_factory) -> Card:
    """Long enough to be killed in the middle of it."""
    return cards.make(tmp_path_factory.mktemp("card"), 16.0, 8.0)


def row(product: Product, pk: int) -> dict[str, object]:
    return product.row("SELECT * FROM videos_export WHERE id = ?", pk)


def child(product: Product, pk: int) -> list[int]:
    """The studio's processes that work on that row."""
    home = f"HOME={product.data / 'tmp'}/upload-export-{pk}-"  # of this product: others may be at work too
    return [pid for pid in studios() if home in environment_of(pid)]


def studios() -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"videos.studio" in command:
            found.append(int(entry.name))
    return found


def environment_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""


@pytest.mark.parametrize("whom", ["the worker", "the main process", "the child"])
def test_whoever_is_killed_it_ends_in_one_whole_file(product, card, whom):
    before = set((product.data / "media" / "videos").rglob("*.webm"))
    call = f"request_webm({str(card.video)!r}, {str(card.mask)!r}, {card.seconds}, {cards.WIDTH}, {cards.HEIGHT})"
    pk = product.ask(SEED + f"print({call})")
    assert until(lambda: row(product, pk)["progress"] > 5, 90, every=0.1), row(product, pk)
    first = child(product, pk)
    assert len(first) == 1
    victim = {
        "the worker": lambda: int(str(row(product, pk)["holder"]).split()[-1]),
        "the main process": lambda: product.pids("cluster studio")[0],
        "the child": lambda: first[0],
    }[whom]()
    if whom == "the main process":
        os.kill(first[0], signal.SIGSTOP)  # else it may be done before the next main process has started
    os.kill(victim, signal.SIGKILL)
    assert until(lambda: first[0] not in child(product, pk), 30), "the child outlived who asked for it"
    assert until(lambda: row(product, pk)["state"] in ("ready", "failed"), 180, every=0.5), row(product, pk)
    assert row(product, pk)["state"] == "ready", row(product, pk)
    assert row(product, pk)["attempts"] == 2
    made = set((product.data / "media" / "videos").rglob("*.webm")) - before
    assert [path.stat().st_size for path in made] == [row(product, pk)["size"]]
    assert not list((product.data / "tmp").glob("upload-export-*"))
    film = read_video.film(made.pop(), decoder="libvpx-vp9")
    assert len(film.times) == card.frames
    assert film.click == pytest.approx(card.click, abs=0.01)
    assert film.flash == pytest.approx(card.click, abs=0.01)
