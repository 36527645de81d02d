from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.files import File

from dashboard.jobs.provider_job import ProviderState
from tests.stored_files import list_stored
from tests.videos import generated_video as cards
from tests.videos.generated_video import Card
from videos.exports import services, tasks
from videos.models import Export, Video

COLOUR = {"background": "colour", "colour": "#1e3cdc"}


@pytest.fixture(scope="session")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    return cards.make(tmp_path_factory.mktemp("card"), 1.2, 0.6)


@pytest.fixture
def finished(new_video: Callable[..., Video], card: Card, maria: Any) -> Callable[..., Video]:
    """A ready video: the test card."""

    def make(*, mask: bool = True, **fields: Any) -> Video:
        plain = {
            "state": ProviderState.READY,
            "seconds": card.seconds,
            "width": cards.WIDTH,
            "height": cards.HEIGHT,
        }
        video = new_video(**plain | {"made_by": maria, "title": "Ada: Hello"} | fields)
        with card.video.open("rb") as file:
            video.video.save("card.mp4", File(file), save=False)
        if mask:
            with card.mask.open("rb") as file:
                video.mask.save("card.mp4", File(file), save=False)
        video.save()
        return video

    return make


@pytest.fixture
def kept(db: None) -> Callable[[], set[str]]:
    """What came into the storage since the last call, and what lies about in the work folder."""

    def look() -> set[str]:
        work = {path.name for path in (settings.DATA_DIR / "tmp").glob("upload-export-*")}
        return list_stored() | work

    return look


def again(thing: Any) -> Any:
    return type(thing).objects.get(pk=thing.pk)


def export_of(video: Video, kind: str) -> Export:
    return video.exports.get(kind=kind)


def make_export(video: Video, kind: str) -> Export:
    export = services.request_export(video, kind)
    tasks.work(export.pk)
    return again(export)


def set_look(video: Video, look: dict) -> Video:
    """As the page does it: save the look and request what follows from it."""
    Video.objects.filter(pk=video.pk).update(look=look)
    video = again(video)
    services.apply_look(video)
    return again(video)


def show_look(video: Video, look: dict) -> Video:
    video = set_look(video, look)
    tasks.work(export_of(video, Export.Kind.LOOK).pk)
    return again(video)
