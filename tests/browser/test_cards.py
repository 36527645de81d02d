"""What cards look like in a browser."""

import io

import numpy as np
import pytest
from django.core.files.base import ContentFile
from PIL import Image

from dashboard.jobs.provider_job import ProviderState

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STRIPE = 64  # px, about a tenth of the picture's width


def striped(size: tuple[int, int]) -> ContentFile:
    """Black and white stripes from top to bottom: nothing of them is left when they are blurred."""
    columns = np.arange(size[0]) // STRIPE % 2 * 255
    pixels = np.broadcast_to(columns.astype(np.uint8), (size[1], size[0]))
    file = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(file, "PNG")
    return ContentFile(file.getvalue())


def sharpest_edge(card) -> int:
    """The largest step in brightness from one pixel to the next, a little above the middle of the card's picture."""
    picture = card.locator(".card-picture")
    picture.scroll_into_view_if_needed()
    picture.locator("img").last.evaluate("(image) => image.decode()")
    pixels = np.asarray(Image.open(io.BytesIO(picture.screenshot())).convert("L"), dtype=int)
    row = pixels[pixels.shape[0] * 2 // 5, 20:-20]
    return int(np.abs(np.diff(row)).max())


WIDE, SQUARE = (640, 360), (640, 640)


@pytest.mark.parametrize(
    ("size", "state"),
    [
        (WIDE, ProviderState.READY),
        (WIDE, ProviderState.MAKING),
        (WIDE, ProviderState.FAILED),
        (SQUARE, ProviderState.READY),
    ],
)
def test_the_picture_of_a_card_is_sharp(page, new_avatar, new_video, maria, size, state):
    avatar = new_avatar(
        state=ProviderState.READY, made_by=maria, portrait_width=size[0], portrait_height=size[1]
    )
    avatar.portrait.save("striped.png", striped(size))
    video = new_video(avatar=avatar, made_by=maria, state=state, width=size[0], height=size[1], seconds=2)
    if state == ProviderState.READY:
        video.poster.save("striped.png", striped(size))
        page.goto("/avatars/")
        assert sharpest_edge(page.locator(f"#avatar-{avatar.pk}")) > 100
    page.goto("/videos/")
    assert sharpest_edge(page.locator(f"#video-{video.pk}")) > 60
