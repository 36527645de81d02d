"""The extra fields motion, gaze, blink, expression and mouth of video.generate."""

import pytest

from engine import animator, tasks
from engine.models import Render
from tests.engine.test_videos import start


def test_a_video_moves_as_it_was_asked_for(curl, rig, web, double):
    start(curl, rig, web.url + "/voice.wav", motion="calm", gaze="camera", mouth=1.2)
    tasks.render(Render.objects.get().pk)
    assert double.directions == [animator.Direction(motion="calm", gaze="camera", mouth=1.2)]


@pytest.mark.parametrize("fields", [{}, {"motion": "", "mouth": None}])
def test_without_wishes_it_moves_naturally(curl, rig, web, double, fields):
    start(curl, rig, web.url + "/voice.wav", **fields)
    tasks.render(Render.objects.get().pk)
    assert double.directions == [None]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("motion", "wild", "one of: still, calm, natural, lively"),
        ("gaze", ["camera"], "one of: camera, natural"),
        ("blink", 1, "one of: natural, few, none"),
        ("expression", "angry", "one of: portrait, neutral, friendly"),
        ("mouth", 1.4, "a number from 0.7 to 1.3"),
        ("mouth", "nan", "a number from 0.7 to 1.3"),
        ("mouth", True, "a number from 0.7 to 1.3"),
        ("mouth", 10**400, "a number from 0.7 to 1.3"),
    ],
)
def test_a_wish_that_does_not_exist_is_refused_in_a_sentence(curl, rig, name, value, words):
    body = {"avatar_id": rig.public_id, "audio_url": "https://example.com/a.wav", name: value}
    status, envelope = curl("video.generate", body)
    assert (status, envelope["code"]) == (400, 1002)
    assert words in envelope["message"]
    assert not Render.objects.exists()
