"""The person alone, where the provider offers it: brought home, looked at, never a reason to fail."""

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from avatars import services
from dashboard.jobs.provider_job import ProviderState
from tests import sample_media
from tests.run_tasks import work_on_avatar

pytestmark = pytest.mark.slow


@pytest.fixture
def bring(provider, new_avatar, tmp_path):
    """The avatar made of what the provider sends as its cut-out."""

    def do(image: Image.Image | None = None, content: bytes = b"", kind: str = "PNG"):
        path = tmp_path / "cutout"
        if image:
            image.save(path, kind)
        else:
            path.write_bytes(content)
        provider.files["cutout"] = path
        provider.extra["cutout_url"] = provider.link("cutout")
        avatar = new_avatar()
        work_on_avatar(avatar.pk)
        avatar.refresh_from_db()
        assert avatar.state == ProviderState.READY
        assert avatar.preview
        return avatar

    return do


def person(size: tuple[int, int] = (320, 400)) -> Image.Image:
    """Red in the middle, nothing around it."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    image.paste((200, 30, 40, 255), (size[0] // 4, size[1] // 4, 3 * size[0] // 4, size[1]))
    return image


def test_a_cut_out_comes_home_made_anew_with_its_alpha(bring):
    avatar = bring(person())
    assert avatar.cutout.name.endswith(".webp")
    with Image.open(avatar.cutout.open()) as kept:
        assert (kept.format, kept.mode, kept.size) == ("WEBP", "RGBA", (320, 400))
        assert kept.getpixel((2, 2))[3] == 0
        red, green, blue, alpha = kept.getpixel((160, 300))
    assert alpha == 255
    assert red > 180
    assert max(green, blue) < 60


def test_a_large_one_is_made_smaller_in_the_same_frame(bring):
    with Image.open(bring(person((1600, 2000))).cutout.open()) as kept:
        assert kept.size == (1024, 1280)


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(person().convert("RGB"), id="without transparency"),
        pytest.param(Image.new("RGBA", (320, 400)), id="with nothing in it"),
        pytest.param(person((400, 400)), id="framed otherwise than the preview"),
    ],
)
def test_what_is_no_cut_out_of_the_preview_is_left_out(bring, image):
    assert not bring(image).cutout


@pytest.mark.parametrize("content", [b"", b"<script>alert(1)</script>"])
def test_what_is_no_picture_is_left_out(bring, content):
    assert not bring(content=content).cutout


def test_a_link_that_leads_nowhere_does_not_fail_the_avatar(provider, new_avatar):
    provider.extra["cutout_url"] = provider.link("gone")
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert (avatar.state, avatar.cutout.name) == (ProviderState.READY, "")


def test_a_provider_that_offers_none_is_asked_for_none(provider, new_avatar):
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert (avatar.state, avatar.cutout.name) == (ProviderState.READY, "")


def test_a_cut_out_goes_with_its_avatar(bring, django_capture_on_commit_callbacks):
    avatar = bring(person())
    name = avatar.cutout.name
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_avatar(avatar)
    assert not default_storage.exists(name)


def test_the_preview_of_another_size_still_has_its_cut_out(bring, provider, tmp_path):
    provider.files["preview"] = sample_media.picture(tmp_path / "small.jpg", (240, 300))
    assert bring(person()).cutout
