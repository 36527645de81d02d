"""A text that is typed on the page "Make a video" becomes its voice, with the script filled in."""

import re
import threading

import pytest
from django.db import connection
from playwright.sync_api import expect

from videos.models import Speech, Video, Voice
from videos.voices.speech import tasks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def worker():
    """Does what a worker would: it says each text that comes."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(0.2):
            for pk in Speech.objects.filter(state="waiting").values_list("pk", flat=True):
                tasks.work(pk)
        connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    ended.set()
    thread.join()


def test_a_typed_text_survives_leaving_is_heard_and_becomes_the_voice_of_a_video(page, speaker, worker):
    page.goto("/videos/new/")
    page.get_by_role("button", name="Type it").click()
    text = page.get_by_role("textbox", name="What is said")
    text.fill("Good morning. ")
    expect(page.locator("#typing [data-length]")).to_have_text("About 1 second")
    page.get_by_role("button", name="Insert a pause").click()
    expect(text).to_have_value("Good morning.  [pause] ")
    text.press_sequentially("Here is the news.")
    page.get_by_role("combobox", name="Voice").select_option("draft:en-gb+f3")
    page.goto("/videos/")
    page.goto("/videos/new/")
    expect(text).to_have_value("Good morning.  [pause] Here is the news.")
    expect(page.get_by_role("combobox", name="Voice")).to_have_value("draft:en-gb+f3")
    with page.expect_response(lambda response: "/media/" in response.url):
        page.get_by_role("button", name="Listen to this sentence").click()
    # "Make the video" makes the voice first.
    page.locator(f"[name=avatar][value='{speaker.pk}']").check(force=True)
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(re.compile(r"/videos/\d+/"), wait_until="commit")
    video = Video.objects.get()
    assert video.voice == Voice.objects.get()
    assert video.script == "Good morning. Here is the news."
    assert Speech.objects.filter(is_sample=True).count() == 1
