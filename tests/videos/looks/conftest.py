"""A finished film with a mask that fits, and pictures to stand in front of."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files import File
from PIL import Image

from avatars.models import Avatar
from dashboard.jobs import State
from dashboard.remote import provider
from tests import made
from videos.looks import backdrops
from videos.models import Backdrop, Video


@pytest.fixture
def speaker(new_avatar, maria) -> Avatar:
    return new_avatar(state=State.READY, remote_id="a1", provider=provider(), made_by=maria)


@pytest.fixture
def finished(new_video, speaker, maria, tmp_path: Path) -> Callable[..., Video]:
    """A ready video of 128 × 160 pixels whose person is a block in the lower middle."""

    def make(**fields) -> Video:
        video = new_video(
            **{"avatar": speaker, "made_by": maria, "state": State.READY, "seconds": 0.4} | fields
        )
        video.width, video.height = 128, 160
        for field, film in (
            (video.video, made.video(tmp_path / "film.mp4", 0.4)),
            (video.mask, made.mask(tmp_path / "mask.mp4", 0.4)),
        ):
            with film.open("rb") as file:
                field.save("film.mp4", File(file), save=False)
        with made.cutout(tmp_path / "cutout.webp").open("rb") as file:
            video.cutout.save("cutout.webp", File(file), save=False)
        with made.picture(tmp_path / "poster.jpg", (128, 160)).open("rb") as file:
            video.poster.save("poster.jpg", File(file), save=False)
        video.save()
        return video

    return make


@pytest.fixture
def new_backdrop(maria, tmp_path: Path) -> Callable[..., Backdrop]:
    def make(colour=(20, 120, 60), name: str = "wall.png", user=maria) -> Backdrop:
        path = tmp_path / name
        Image.new("RGB", (640, 360), colour).save(path)
        return backdrops.take_in(path, name, user)

    return make
