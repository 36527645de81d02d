"""Name and title of who speaks: a part of the look, drawn at the bottom during the first seconds."""

import numpy as np
import pytest
from django.urls import reverse

from tests.videos.exports.conftest import *  # noqa: F403
from tests.videos.exports.conftest import again, export_of
from tests.videos.looks.test_label import first_frame
from videos.exports import tasks
from videos.exports.services import get_export_look
from videos.looks.look import Look
from videos.models import Export
from videos.studio.lower_third import SECONDS, LowerThird

Kind = Export.Kind


def save(client, video, **fields):
    return client.post(reverse("video-look", args=[video.pk]), {"look-automatic": "yes", **fields})


@pytest.mark.slow
def test_name_and_title_are_drawn_into_the_video_and_can_be_taken_out_again(finished, signed_in, maria):
    video, client = finished(), signed_in(maria)
    save(client, video, **{"look-speaker_name": " Ana  Müller ", "look-speaker_title": "Research"})
    assert again(video).look == {"speaker_name": "Ana Müller", "speaker_title": "Research"}
    tasks.work(export_of(video, Kind.LOOK).pk)
    video = again(video)
    before, after = (first_frame(name).astype(int) for name in (video.video.name, video.styled_video.name))
    changed = np.argwhere(abs(after - before).max(axis=2) > 90)
    assert len(changed) > 500
    assert changed[:, 0].min() > before.shape[0] * 0.6  # below the face
    page = client.get(reverse("video-look", args=[video.pk])).text
    assert 'value="Ana Müller"' in page
    save(client, video)
    assert not again(video).styled_video


def test_letters_that_the_font_lacks_are_refused_with_a_sentence(finished, signed_in, maria):
    video = finished()
    answer = save(signed_in(maria), video, **{"look-speaker_name": "山田"})
    assert answer.status_code == 422
    assert "Latin, Greek and Cyrillic" in answer.text
    assert again(video).look == {}


def test_cut_outs_are_without_it(finished):
    video = finished(look={"speaker_name": "Ana"})
    assert get_export_look(video, Kind.WEBM) == ({}, "")
    assert get_export_look(video, Kind.GIF)[1]


def test_another_name_makes_the_video_again():
    assert not Look(speaker_name="Ana").is_plain
    assert Look(speaker_name="Ana").key != Look(speaker_name="Eva").key != ""


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280), (720, 720), (192, 240)])
def test_the_longest_name_stays_inside_of_every_shape_and_leaves_after_some_seconds(width, height):
    frame = np.full((height, width, 3), 128, np.uint8)
    third = LowerThird.of(Look(speaker_name="W" * 60, speaker_title="ß" * 60), width, height)
    drawn = third.stamp(frame, 0.0)
    edge = np.concatenate([drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]])
    assert (edge == 128).all()
    assert drawn.max() == 255
    assert drawn.min() < 60
    assert (third.stamp(frame, SECONDS) == frame).all()
