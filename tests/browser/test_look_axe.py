"""axe-core on the states of the look that no address leads to, and nothing wider than a small phone."""

import pytest

from tests.browser.test_axe import complaints
from tests.browser.test_look import stage, tile
from videos.exports import services, tasks
from videos.models import Export, Video

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("scheme", "size"), [("light", (1280, 900)), ("dark", (360, 740))])
def test_axe_finds_nothing_in_any_state_of_the_look(
    browse,
    cut_out,
    finished,
    new_backdrop,
    scheme,
    size,
):
    page = browse(
        color_scheme=scheme, bypass_csp=True, viewport={"width": size[0], "height": size[1]}
    ).new_page()
    backdrop = new_backdrop()
    video = finished()
    found = []

    def look_at(name: str) -> None:
        found.extend(complaints(page, name))
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name

    page.goto("/videos/new/")
    for background in ("blur", "colour", "gradient", "picture"):
        tile(page, "background", background).check()
        look_at(background)
    tile(page, "picture", str(backdrop.pk)).check()
    page.locator("[data-backdrop-file]").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    page.locator("#look-picture-error:not(:empty)").wait_for()
    look_at("a refused picture")
    page.get_by_label("Delete the picture Wall").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").wait_for()
    look_at("deleting a picture")
    page.goto(f"/videos/looks/pictures/{backdrop.pk}/delete/")
    look_at("deleting a picture, without a script")
    page.goto(f"/videos/looks/{video.pk}/")
    stage(page).locator(".stage-person").wait_for()
    look_at("change the look")

    Video.objects.update(look={"background": "picture", "picture": 999})
    page.goto(f"/videos/looks/{video.pk}/")
    look_at("a picture that is gone")
    services.apply_look(video)
    page.goto(video.get_absolute_url())
    look_at("putting the look on")
    tasks.work(Export.objects.get().pk)
    page.goto(video.get_absolute_url())
    look_at("a look that could not be put on")
    assert not found, "\n".join(found)
