"""What only a browser can show: progress, live cards, focus, the theme, a lost connection, a small screen."""

import re
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.urls import reverse
from playwright.sync_api import expect

from avatars.models import Avatar
from dashboard.jobs.provider_job import ProviderState, current_provider
from tests import sample_media
from tests.conftest import FIXTURES
from tests.sign_in import expect_sign_in
from videos.models import Video, Voice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = (
    "A name of two hundred characters that never seems to end " * 3
    + "and-one-very-long-word-without-any-break"
)


@pytest.fixture
def speaker(new_avatar, maria):
    return new_avatar(state=ProviderState.READY, remote_id="a1", provider=current_provider(), made_by=maria)


@pytest.fixture
def film(tmp_path: Path) -> bytes:
    return sample_media.video(tmp_path / "film.mp4", seconds=2).read_bytes()


def change(thing, **fields) -> None:
    """As a worker would: the row, and its version."""
    type(thing).objects.filter(pk=thing.pk).update(version=thing.version + 5, **fields)


def asked(page, part: str) -> list[str]:
    """The list of addresses with `part` that the page asks for from now on."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url) if part in request.url else None)
    return seen


# ---------------------------------------------------------------- uploads


def test_each_picture_has_its_own_progress_and_its_own_error(page):
    page.goto("/avatars/")
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    network.send("Network.emulateNetworkConditions", slow)
    large = (FIXTURES / "astronaut.jpg").read_bytes() + bytes(500_000)
    page.locator("input[name=portraits]").set_input_files(
        [
            {"name": "maria_portrait.jpg", "mimeType": "image/jpeg", "buffer": large},
            {"name": "broken.png", "mimeType": "image/png", "buffer": b"no picture"},
        ]
    )
    good = page.locator(".card").filter(has_text=re.compile("maria.portrait", re.IGNORECASE))
    bad = page.locator(".card", has_text="broken.png")
    expect(good.locator(".card-words")).to_have_text(re.compile(r"Uploading… [1-9]\d? %"))
    assert 0 < float(good.locator("progress").get_attribute("value")) < 100
    expect(bad.locator(".card-words")).to_contain_text("Use a photo")
    expect(good.locator(".card-words")).to_have_text("Preparing your avatar…")
    expect(good.locator(".card-name")).to_have_text("Maria portrait")
    assert Avatar.objects.count() == 1
    bad.get_by_role("button", name="Remove").click()
    expect(bad).to_have_count(0)


def test_the_whole_page_takes_what_is_dropped_on_it(page):
    page.goto("/avatars/")
    data = page.evaluate_handle(
        """() => { const data = new DataTransfer(); data.items.add(new File(["?"], "dropped.png")); return data; }"""
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": data})
    expect(page.locator(".drop-cover")).to_be_visible()
    page.dispatch_event("body", "drop", {"dataTransfer": data})
    expect(page.locator(".drop-cover")).to_be_hidden()
    expect(page.locator(".card", has_text="dropped.png").locator(".is-refused, .card-words")).to_contain_text(
        "Use a photo"
    )


def test_without_a_script_the_plain_form_does_it(browse):
    page = browse(java_script_enabled=False).new_page()
    page.goto("/avatars/")
    page.get_by_role("checkbox", name="I may use this picture").check()
    page.locator("input[name=portraits]:visible").set_input_files(FIXTURES / "astronaut.jpg")
    page.get_by_role("button", name="Upload").click()
    expect(page.locator(".card-name")).to_have_text("Astronaut")


# ---------------------------------------------------------------- live parts


def test_a_card_follows_its_row_and_then_asks_no_more(page, new_avatar, maria):
    avatar = new_avatar(made_by=maria)
    polls = asked(page, "/card/")
    page.goto("/avatars/")
    card = page.locator(f"#avatar-{avatar.pk}")
    expect(card.locator(".card-words")).to_have_text("Preparing your avatar…")
    card.evaluate("(element) => { element.marked = true; }")
    page.wait_for_timeout(2400)
    assert polls
    assert card.evaluate("(element) => element.marked")  # nothing changed, nothing was replaced
    size = card.bounding_box()
    change(avatar, state=ProviderState.READY)
    expect(card.locator(".card-words")).to_have_count(0)
    expect(page.locator("#announcer")).to_have_text("Ada is ready.")
    assert card.bounding_box() == size
    polls.clear()
    page.wait_for_timeout(2400)
    assert polls == []


def test_a_card_that_moves_on_keeps_the_focus_of_the_keyboard(page, new_video, maria):
    """It is replaced every second while it is made: whoever stands on it must not be thrown to the top."""
    video = new_video(made_by=maria, state=ProviderState.MAKING, progress=10)
    page.goto("/videos/")
    card = page.locator(f"#video-{video.pk}")
    link = card.get_by_role("link", name="Hello", exact=True)
    link.focus()
    change(video, state=ProviderState.MAKING, progress=20)
    expect(card.locator(".card-words")).to_have_text("Generating 20 %")
    expect(link).to_be_focused()
    video.refresh_from_db()
    change(video, state=ProviderState.READY)
    expect(card.locator(".card-words")).to_have_count(0)
    expect(link).to_be_focused()


def test_the_card_of_what_somebody_else_deleted_goes_away(page, new_video, maria):
    video = new_video(made_by=maria)
    page.goto("/videos/")
    expect(page.locator(f"#video-{video.pk}")).to_be_visible()
    Video.objects.all().delete()
    expect(page.locator(f"#video-{video.pk}")).to_have_count(0)


def test_try_again_on_the_card_brings_the_card_back_to_life(page, new_video, maria):
    video = new_video(made_by=maria, state=ProviderState.FAILED, error="This took too long. Try again.")
    page.goto("/videos/")
    page.get_by_role("button", name="Try again").click()
    card = page.locator(f"#video-{video.pk}")
    expect(card.locator(".card-words")).to_have_text("Generating…")
    change(video, state=ProviderState.MAKING, progress=43)
    expect(card.locator(".card-words")).to_have_text("Generating 43 %")
    expect(card.locator("progress")).to_have_attribute("value", "43")


def test_the_player_comes_once_and_is_never_disturbed(page, new_video, maria, film):
    video = new_video(made_by=maria, state=ProviderState.MAKING, progress=40)
    page.goto(video.get_absolute_url())
    expect(page.get_by_text("Generating 40 %")).to_be_visible()
    video.video.save("film.mp4", ContentFile(film), save=False)
    change(video, state=ProviderState.READY, video=video.video.name, width=128, height=160, seconds=2)
    player = page.locator("video.player")
    expect(player).to_be_visible()
    expect(page.get_by_role("link", name="Download video", exact=True)).to_be_visible()
    player.evaluate("(video) => { video.marked = true; video.muted = true; return video.play(); }")
    polls = asked(page, "/status/")
    change(video, title="Another title", progress=99)
    page.wait_for_timeout(2400)
    assert polls == []
    assert player.evaluate("(video) => video.marked && video.currentTime > 0.5")


def test_a_session_that_is_over_leads_to_the_sign_in(page, new_avatar, maria):
    new_avatar(made_by=maria)
    page.goto("/avatars/")
    with expect_sign_in():
        Session.objects.all().delete()
        page.wait_for_url("**/accounts/login/?next=/avatars/")


def test_an_upload_in_a_session_that_is_over_leads_to_the_sign_in(page):
    page.goto("/avatars/")
    with expect_sign_in():
        Session.objects.all().delete()
        page.locator("input[name=portraits]").set_input_files(FIXTURES / "astronaut.jpg")
        page.wait_for_url("**/accounts/login/**")
    assert not Avatar.objects.exists()


def test_the_bar_of_a_lost_connection_covers_no_heading_on_a_phone(browse):
    page = browse(viewport={"width": 390, "height": 844}).new_page()
    page.goto("/avatars/")
    page.context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    bar = page.locator("#connection p")
    expect(bar).to_be_visible()
    below = bar.bounding_box()
    heading = page.get_by_role("heading", level=1).bounding_box()
    page.context.set_offline(False)
    assert below is not None
    assert heading is not None
    assert heading["y"] >= below["y"] + below["height"]


def test_a_lost_connection_is_told_and_comes_back_by_itself(page, new_avatar, maria):
    avatar = new_avatar(made_by=maria)
    page.goto("/avatars/")
    bar = page.get_by_text("Connection lost. Trying again…")
    expect(bar).to_be_hidden()
    page.context.set_offline(True)
    expect(bar).to_be_visible()
    expect(page.locator(f"#avatar-{avatar.pk}")).to_be_visible()
    page.context.set_offline(False)
    expect(bar).to_be_hidden()
    change(avatar, state=ProviderState.READY)
    expect(page.locator(f"#avatar-{avatar.pk} .card-words")).to_have_count(0)


# ---------------------------------------------------------------- making a video


def test_a_voice_is_sent_at_once_and_one_press_makes_one_video(page, speaker):
    page.goto("/videos/new/")
    expect(page.locator("#preview-name")).to_have_text("Ada")  # the only one there is
    page.get_by_role("button", name="Make the video").click()
    expect(page.locator("#sound-error")).to_contain_text("Add a voice")
    page.locator("#sound").set_input_files({"name": "x.mp3", "mimeType": "audio/mpeg", "buffer": b"no sound"})
    expect(page.locator("#sound-error")).to_contain_text("x.mp3: ")
    page.locator("#sound").set_input_files(FIXTURES / "hello.mp3")
    expect(page.locator(".voice").first).to_contain_text("Hello")
    expect(page.locator("#preview-voice")).to_contain_text("Hello, 0:0")
    expect(page.get_by_role("button", name="Play this part")).to_be_visible()
    page.get_by_role("button", name="Make the video").dblclick()
    page.wait_for_url(re.compile(r"/videos/\d+/$"))
    assert Video.objects.get().title == "Ada: Hello"
    assert Voice.objects.count() == 1


def test_the_avatar_is_chosen_with_the_arrow_keys(page, speaker, new_avatar):
    new_avatar(name="Grace", state=ProviderState.READY, remote_id="a2", provider=current_provider())
    page.goto(f"/videos/new/?avatar={speaker.pk}")
    page.locator("[name=avatar]:checked").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#preview-name")).to_have_text("Grace")


# ---------------------------------------------------------------- everywhere


def test_the_theme_is_switched_and_remembered(page):
    page.goto("/")
    page.get_by_role("button", name="Settings").click()
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_label("Dark").check()
    dark = page.evaluate(background)
    assert dark != light
    page.goto("/videos/")
    assert page.evaluate(background) == dark
    assert page.locator("html").get_attribute("data-theme") == "dark"  # from the server: no flash
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("System").check()
    assert page.evaluate(background) == light


def test_the_keyboard_reaches_everything_in_order(page, speaker):
    page.goto("/avatars/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    reached = []
    for _ in range(20):  # past the search and the filters
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()")
        )
    assert reached[0] == "portraits"
    assert reached.index("Ada") > reached.index("Make a video")
    page.get_by_role("link", name="Ada", exact=True).press("Enter")
    page.wait_for_url("**/avatars/*/")


def test_deleting_moves_to_the_trash_and_can_be_taken_back(page, speaker):
    page.goto(speaker.get_absolute_url())
    page.get_by_role("button", name="Delete this avatar").press("Enter")
    expect(page.get_by_text("Ada was moved to the trash.")).to_be_visible()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("Ada is back.")).to_be_visible()


def test_a_heading_is_renamed_in_its_place(page, speaker):
    page.goto(speaker.get_absolute_url())
    page.locator("details.rename summary").click()
    field = page.get_by_label("Name of the avatar")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    page.locator("details.rename summary").click()
    field.fill("مريم")
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("مريم")


@pytest.mark.parametrize("size", [(360, 740), (740, 360)])
def test_nothing_is_wider_than_the_screen(browse, new_video, new_avatar, maria, size):
    page = browse(viewport={"width": size[0], "height": size[1]}).new_page()
    ready = {"state": ProviderState.READY, "remote_id": "a", "provider": current_provider()}
    avatar = new_avatar(name=LONG[:200], made_by=maria, **ready)
    new_avatar(name="x", made_by=maria, state=ProviderState.FAILED, error=LONG)
    voice = Voice.objects.create(name=LONG[:200], seconds=4000, peaks=[0.5] * 200, sound="x.wav")
    videos = [
        new_video(title=LONG[:200], avatar=avatar, voice=voice, made_by=maria, state=state, error=LONG)
        for state in (ProviderState.READY, ProviderState.MAKING, ProviderState.UNSURE)
    ]
    addresses = ["/", "/avatars/", avatar.get_absolute_url(), "/videos/", "/nothing/", "/accounts/login/"]
    addresses += [f"/videos/new/?avatar={avatar.pk}&voice={voice.pk}"]
    addresses += [video.get_absolute_url() for video in videos]
    for address in addresses:
        page.goto(address, wait_until="domcontentloaded")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], address


def test_the_phone_has_its_bar_at_the_bottom_with_make_a_video_in_the_middle(browse, owner):
    page = browse(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    page.goto("/avatars/")
    box = page.get_by_role("link", name="Make a video").bounding_box()
    assert abs(box["x"] + box["width"] / 2 - 195) < 5
    assert box["y"] + box["height"] <= 844
    expect(page.get_by_text("Take a photo")).to_be_visible()
    page.goto(reverse("home"))
    assert (
        page.get_by_role("navigation", name="Main")
        .get_by_role("link", name="Home", exact=True)
        .get_attribute("aria-current")
        == "page"
    )


def test_the_player_has_the_captions_and_the_policy_lets_them_load(page, new_video, maria, film):
    video = new_video(made_by=maria, state=ProviderState.READY, width=128, height=160, seconds=2)
    video.video.save("film.mp4", ContentFile(film), save=False)
    video.captions.save("c.vtt", ContentFile(b"WEBVTT\n\n00:00.100 --> 00:01.000\nHello.\n"))
    page.goto(video.get_absolute_url())
    shown = page.locator("track").evaluate(
        """(track) => new Promise((done) => {
          track.addEventListener("load", () => done(track.track.cues[0].text));
          track.addEventListener("error", () => done("not loaded"));
          track.track.mode = "showing";
        })"""
    )
    assert shown == "Hello."


def test_words_typed_for_one_voice_are_not_sent_with_another(page, new_video, speaker):
    first = new_video(avatar=speaker, script="Good morning.").voice
    second = new_video(avatar=speaker).voice
    page.goto(f"/videos/new/?avatar={speaker.pk}&voice={first.pk}")
    words = page.get_by_label("Script", exact=True)
    expect(words).to_have_value("Good morning.")
    page.locator(f"#voice-{second.pk} input[name=voice]").check()
    expect(words).to_have_value("")
    words.fill("Good night.")
    page.locator(f"#voice-{first.pk} input[name=voice]").check()
    expect(words).to_have_value("Good night.")
