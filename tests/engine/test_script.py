"""The extra field `script` of video.generate, and the captions that come of it."""

import pytest
from django.core.files.base import ContentFile

from engine import animator, tasks
from engine.models import Render
from tests.engine.test_videos import fetched, start


def made(curl, rig, web, **fields):
    """video.get of a finished video."""
    video = start(curl, rig, web.url + "/voice.wav", **fields)
    tasks.render(Render.objects.get(public_id=video["video_id"]).pk)
    return curl.data(f"video.get?video_id={video['video_id']}")


def test_with_a_script_that_fits_there_are_captions(curl, rig, web, double):
    double.words = [animator.Word(0.1, 0.5, "Hello,"), animator.Word(0.6, 1.0, "world.")]
    video = made(curl, rig, web, script="Hello,\n\tworld.")
    assert double.scripts == ["Hello, world."]
    link = curl.client.get(video["captions_url"])
    assert link["Content-Type"] == "text/vtt"
    text = fetched(curl, video["captions_url"]).decode()
    assert text == "WEBVTT\n\n00:00:00.100 --> 00:00:01.100\nHello, world.\n"
    assert "captions_url" not in curl.data("video.list")[0]


def test_with_a_script_that_does_not_fit_the_video_comes_without_captions(curl, rig, web, double):
    video = made(curl, rig, web, script="Something else.")
    assert video["status"] == "finished"
    assert video["captions_url"] is None  # the word for it: without the field, nobody looked at the words


@pytest.mark.parametrize("fields", [{}, {"script": ""}, {"script": None}, {"script": " \n "}])
def test_no_script_is_none(curl, rig, web, double, fields):
    assert "captions_url" not in made(curl, rig, web, **fields)
    assert double.scripts == [None]


@pytest.mark.parametrize("script", [7, ["a"], "x" * 20_001])
def test_a_script_is_a_text_of_at_most_twenty_thousand_characters(curl, rig, script):
    body = {"avatar_id": rig.public_id, "audio_url": "https://example.com/a.wav", "script": script}
    status, envelope = curl("video.generate", body)
    assert (status, envelope["code"]) == (400, 1002)


def test_the_longest_script_of_any_language_fits_into_the_body(curl, rig):
    start(curl, rig, script="\u4f60" * 20_000)
    assert len(Render.objects.get().script) == 20_000


def test_what_a_killed_attempt_left_behind_goes_with_its_captions(curl, rig, web, double):
    double.words = [animator.Word(0.1, 0.5, "Hello.")]
    video = start(curl, rig, web.url + "/voice.wav", script="Hello.")
    render = Render.objects.get(public_id=video["video_id"])
    storage = Render._meta.get_field("captions").storage
    left = storage.save(f"engine/captions/{render}-1.vtt", ContentFile(b"WEBVTT"))
    Render.objects.filter(pk=render.pk).update(attempts=1)
    tasks.render(render.pk)
    assert not storage.exists(left)
