"""Portraits that cannot be used: told before they are sent where the browser can see it, and replaced where it cannot."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from avatars.models import Avatar
from dashboard.jobs.provider_job import ProviderState
from tests.browser.conftest import tick
from tests.conftest import FIXTURES

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MEGABYTE = 2**20


def file(name: str, content: bytes) -> dict:
    return {"name": name, "mimeType": "", "buffer": content}


def picture(name: str, size: tuple[int, int], kind: str = "PNG") -> dict:
    content = io.BytesIO()
    Image.new("RGB", size, (120, 90, 60)).save(content, kind)
    return file(name, content.getvalue())


@pytest.fixture
def refused(new_avatar, maria):
    sentence = "This looks like an animal. Use a portrait of a person."
    return new_avatar(
        name="Cat", made_by=maria, state=ProviderState.FAILED, portrait_refused=True, error=sentence
    )


def watch_posts(page) -> list[str]:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    return sent


def test_what_cannot_be_a_portrait_is_told_at_once_and_never_sent(page, tmp_path):
    page.goto("/avatars/")
    sent = watch_posts(page)
    files = [
        picture("tiny.png", (50, 50)),
        picture("strip.png", (1000, 100)),
        file("empty.jpg", b""),
        file("notes.jpg", b"Dear diary, today I was renamed."),
        file("film.heic", b"\0\0\0\x18ftypisom\0\0\0\0isommp42"),
        file("huge.jpg", b"\xff\xd8\xff" + bytes(25 * MEGABYTE)),
    ]
    for each in files:
        (tmp_path / each["name"]).write_bytes(each["buffer"])
    page.locator("input[name=portraits]").set_input_files([tmp_path / each["name"] for each in files])
    for name, sentence in (
        (
            "tiny.png",
            "This picture is too small (50 × 50 pixels). Both sides need at least 64 pixels, better 600.",
        ),
        ("strip.png", "This picture is a narrow strip (1000 × 100 pixels). Use a photo that shows one face."),
        ("empty.jpg", "This file is empty."),
        ("notes.jpg", "This is not a picture we can read. Use a photo saved as JPEG, PNG, WebP or HEIC."),
        ("film.heic", "This is not a picture we can read. Use a photo saved as JPEG, PNG, WebP or HEIC."),
        ("huge.jpg", "This file is larger than 25 MB."),
    ):
        card = page.locator(".card.is-upload", has_text=name)
        expect(card.locator(".card-words")).to_have_text(sentence)
        expect(card.get_by_role("button", name="Try again")).to_be_hidden()
    assert sent == []


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "GIF", "WEBP", "AVIF"])
def test_every_kind_that_the_server_takes_passes_the_look_before_it(page, kind):
    page.goto("/avatars/")
    page.locator("input[name=portraits]").set_input_files(picture(f"ada.{kind.lower()}", (300, 400), kind))
    expect(page.locator(".card-name")).to_have_text("Ada")
    assert Avatar.objects.count() == 1


def test_in_the_place_of_a_refused_upload_another_picture_can_be_chosen(page):
    page.goto("/avatars/")
    page.locator("input[name=portraits]").set_input_files(picture("tiny.png", (50, 50)))
    card = page.locator(".card.is-upload")
    card.get_by_label("Choose another picture").set_input_files(FIXTURES / "astronaut.jpg")
    expect(page.locator(".card-name")).to_have_text("Astronaut")
    expect(page.locator(".card")).to_have_count(1)


@pytest.mark.parametrize("place", ["/avatars/", "/"])
def test_a_refused_avatar_gets_another_picture_on_its_card(page, refused, place):
    page.goto(place)
    card = page.locator(f"#avatar-{refused.pk}")
    expect(card.get_by_role("button", name="Try again")).to_have_count(0)
    choose = card.get_by_label("Choose another picture")
    sent = watch_posts(page)
    choose.set_input_files(picture("tiny.png", (50, 50)))
    expect(card.locator(".card-words")).to_have_text(re.compile("too small .50 × 50 pixels"))
    assert sent == []
    choose.set_input_files(FIXTURES / "astronaut.jpg")
    expect(card.locator(".card-words")).to_have_text("Preparing your avatar…")
    expect(card.locator(".card-name")).to_have_text("Astronaut")
    expect(card.locator(".card-name a")).to_be_focused()
    refused.refresh_from_db()
    assert (refused.state, refused.portrait_refused) == (ProviderState.WAITING, False)


def test_a_refused_avatar_gets_another_picture_on_its_own_page(page, refused):
    page.goto(refused.get_absolute_url())
    page.get_by_label("Choose another picture").set_input_files(FIXTURES / "astronaut.jpg")
    expect(page.get_by_role("heading", level=1)).to_have_text("Astronaut")
    expect(page.locator(".card-words")).to_have_text("Preparing your avatar…")


def test_without_a_script_a_refused_avatar_gets_another_picture_too(browse, refused):
    page = browse(java_script_enabled=False).new_page()
    page.goto("/avatars/")
    page.get_by_role("link", name="Choose another picture").click()
    page.get_by_role("checkbox", name="I may use this picture").check()
    page.get_by_label("Another picture", exact=True).set_input_files(FIXTURES / "astronaut.jpg")
    page.get_by_role("button", name="Upload").click()
    expect(page.locator(".card-words")).to_have_text("Preparing your avatar…")


def test_pictures_chosen_before_the_script_has_loaded_are_uploaded_all_the_same(browse):
    page = browse(viewport={"width": 1280, "height": 900}).new_page()
    held = []
    page.route(re.compile(r"/js/avatar-upload[^/]*\.js"), lambda route: held.append(route))
    page.goto("/avatars/", wait_until="commit")
    chooser = page.locator("input[name=portraits]").first
    chooser.set_input_files([picture("ada.png", (300, 400)), picture("grace.png", (301, 400))])
    held[0].continue_()
    expect(page.locator("#cards article:not(.is-upload)")).to_have_count(2)
    assert Avatar.objects.count() == 2
    assert chooser.input_value() == ""


def test_another_picture_chosen_before_the_script_has_loaded_is_taken_all_the_same(browse, refused):
    page = browse(ticks=False).new_page()
    held = []
    page.route(re.compile(r"/js/portrait-replace[^/]*\.js"), lambda route: held.append(route))
    page.goto(refused.get_absolute_url(), wait_until="commit")
    page.get_by_label("Choose another picture").set_input_files(FIXTURES / "astronaut.jpg")
    held[0].continue_()
    tick(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Astronaut")
