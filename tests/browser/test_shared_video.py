"""A shared video in a browser without an account: its page, and in a frame of another website."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import expect

from tests import sample_media
from tests.browser.test_axe import complaints
from videos.models import Share

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def share(finished, maria, tmp_path):
    video = finished(title="A film for Kim", seconds=6)
    video.captions.save("hello.vtt", ContentFile(b"WEBVTT\n\n00:00.000 --> 00:05.000\nHello\n"))
    with sample_media.video(tmp_path / "long.mp4", 6).open("rb") as file:
        video.video.save("long.mp4", ContentFile(file.read()))
    options = {"allows_comments": True, "allows_download": True, "allows_embedding": True}
    return Share.objects.create(video=video, made_by=maria, note="Kim", **options)


@pytest.fixture
def stranger(chromium, live_server):
    context = chromium.new_context(base_url=live_server.url, reduced_motion="reduce", bypass_csp=False)
    yield context
    context.close()


def test_a_stranger_watches_comments_and_goes_to_the_moment_of_a_comment(stranger, share, browse):
    page = stranger.new_page()
    page.goto(share.public_path)
    player = page.locator(".player")
    player.evaluate("(player) => { player.muted = true; return player.play(); }")
    page.wait_for_function("document.querySelector('.player').currentTime > 0")
    player.evaluate("(player) => { player.pause(); player.currentTime = 3; }")
    expect(page.locator("#comment-moment")).to_have_text("0:03")
    page.get_by_label("Your name").fill("Kim")
    page.get_by_label("Comment", exact=True).fill("Louder, please")
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_text("Louder, please")).to_be_visible()
    page.get_by_role("link", name="Go to 0:03 in the video").click()
    page.wait_for_function("document.querySelector('.player').currentTime === 3")
    assert stranger.cookies() == []
    assert share.views == 1
    team = browse().new_page()
    team.goto(share.video.get_absolute_url())
    team.get_by_text("Answer", exact=True).click()
    team.get_by_label("Answer to Kim").fill("It is.")
    team.get_by_role("button", name="Send answer").click()
    expect(team.locator(".comment-answer")).to_contain_text("It is.")
    team.get_by_role("link", name="Go to 0:03 in the video").click()
    team.wait_for_function("document.querySelector('.player').currentTime === 3")


@pytest.fixture
def blog(live_server, share):
    """Another website with the embed code, at two names; returns its port."""

    class Article(BaseHTTPRequestHandler):
        def do_GET(self):
            frame = f'<iframe src="{live_server.url}{share.embed_path}" width="320" height="400"></iframe>'
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>A blog</title><h1>A blog</h1>{frame}".encode())

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Article)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_an_allowed_website_shows_the_player_in_a_frame_and_another_does_not(stranger, share, blog):
    share.sites = [f"http://127.0.0.1:{blog}"]
    share.save()
    page = stranger.new_page()
    page.goto(f"http://127.0.0.1:{blog}/")
    frame = page.frame_locator("iframe")
    frame.locator(".player").evaluate("(player) => { player.muted = true; return player.play(); }")
    expect(frame.get_by_text("AI-generated").first).to_be_visible()
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(f"http://localhost:{blog}/")
    assert frame.locator(".player").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_pages_of_shared_videos(chromium, live_server, share, browse, scheme):
    share.comments.create(name="Kim", text="Louder", at_seconds=1, answer="It is.")
    options = {"base_url": live_server.url, "color_scheme": scheme, "bypass_csp": True}
    page = chromium.new_context(**options).new_page()
    found = []
    for address in (share.public_path, share.embed_path):
        page.goto(address)
        found += complaints(page, address)
    share.set_password("a secret word")
    share.save()
    page.goto(share.public_path)
    found += complaints(page, "the password")
    page.context.close()
    inside = browse(color_scheme=scheme, bypass_csp=True).new_page()
    for address in (
        share.video.get_absolute_url(),
        share.get_absolute_url(),
        f"{share.video.get_absolute_url()}links/new/",
    ):
        inside.goto(address)
        found += complaints(inside, address)
    assert not found, "\n".join(found)
