"""Looks that are applied and displayed."""

import pytest
from django.utils import timezone
from PIL import Image

from avatars.models import Avatar
from dashboard.jobs.provider_job import ProviderState
from tests.messages import clear_messages, list_messages
from tests.run_tasks import work_on_video
from tests.stored_files import local_copy
from tests.videos import read_video
from tests.videos.exports.conftest import COLOUR, again, export_of, make_export, set_look, show_look
from videos import poller
from videos.exports import studio_process, tasks
from videos.models import Export, Video

pytestmark = pytest.mark.slow

Kind = Export.Kind
BLUE = (0x1E, 0x3C, 0xDC)


def test_a_look_is_laid_on_and_shown_with_a_poster_of_its_own(finished, kept):
    video = finished()
    before = kept()
    video = set_look(video, COLOUR)
    assert video.display_file == video.video  # until it is made
    tasks.work(export_of(video, Kind.LOOK).pk)
    video = again(video)
    assert video.display_file == video.styled_video
    corner = read_video.film(local_copy(video.styled_video.name)).pictures[0][5, 5, :3]
    assert abs(corner.astype(int) - BLUE).max() < 6
    with Image.open(video.poster.open()) as poster, Image.open(video.thumbnail.open()) as small:
        assert max(abs(a - b) for a, b in zip(poster.getpixel((5, 5)), BLUE, strict=True)) < 8
        assert max(abs(a - b) for a, b in zip(small.convert("RGB").getpixel((5, 5)), BLUE, strict=True)) < 14
    assert kept() - before == {video.styled_video.name, video.poster.name, video.thumbnail.name}


def test_a_video_that_was_ordered_with_a_look_is_dressed_when_it_comes_home(
    provider, new_avatar, new_video, card
):
    provider.files |= {"video": card.video, "mask": card.mask}
    remote = provider.add_avatar()
    avatar = new_avatar(state=ProviderState.READY, remote_id=remote["avatar_id"], provider=provider.url)
    video = new_video(avatar=avatar, look=COLOUR)
    work_on_video(video.pk)
    provider.finish(again(video).remote_id)
    poller.step()
    Video.objects.update(try_after=timezone.now())
    # Somebody chooses another look while it is on its way.
    Video.objects.update(look=COLOUR | {"frame": "1:1"})
    work_on_video(video.pk)
    assert again(video).is_ready
    tasks.work(export_of(video, Kind.LOOK).pk)
    video = again(video)
    assert video.display_file == video.styled_video
    assert video.display_size == (192, 192)


def test_another_look_takes_its_place_and_the_files_of_the_first_go(
    finished, kept, django_capture_on_commit_callbacks
):
    video = show_look(finished(), COLOUR)
    first = {video.styled_video.name, video.poster.name, video.thumbnail.name}
    with django_capture_on_commit_callbacks(execute=True):
        video = show_look(video, COLOUR | {"frame": "1:1"})
    assert video.display_size == (192, 192)
    assert not first & kept()
    assert video.exports.filter(kind=Kind.LOOK).count() == 1


def test_the_plain_look_is_back_at_once_and_soon_its_poster(
    finished, kept, django_capture_on_commit_callbacks
):
    video = finished()
    before = kept()
    video = show_look(video, COLOUR)
    with django_capture_on_commit_callbacks(execute=True):
        video = set_look(video, {})
        assert video.display_file == video.video
        assert not video.styled_video
        tasks.work(export_of(video, Kind.POSTER).pk)
    video = again(video)
    with Image.open(video.poster.open()) as poster:
        assert poster.getpixel((5, 5))[1] > 120  # the green wall
    assert kept() - before == {video.poster.name, video.thumbnail.name}


def test_a_look_that_changed_while_it_was_made_is_not_shown(finished, monkeypatch, kept):
    video = set_look(finished(), COLOUR)
    before = kept()
    export = export_of(video, Kind.LOOK)

    def meanwhile(*args):
        set_look(video, COLOUR | {"frame": "1:1"})
        return real(*args)

    real = studio_process.run
    monkeypatch.setattr(studio_process, "run", meanwhile)
    tasks.work(export.pk)
    video = again(video)
    assert not video.styled_video
    assert kept() == before
    assert export_of(video, Kind.LOOK).look["frame"] == "1:1"


def test_the_same_look_again_makes_nothing_again(finished):
    video = show_look(finished(), COLOUR)
    clear_messages()
    set_look(video, COLOUR)
    assert not list_messages()


def test_a_gif_of_another_look_is_another_gif(finished):
    video = finished()
    plain = make_export(video, Kind.GIF)
    video = show_look(video, COLOUR)
    styled = make_export(video, Kind.GIF)
    assert plain.pk != styled.pk
    assert make_export(video, Kind.WEBM).look == {}


def test_the_face_that_is_framed_is_that_of_the_video_or_of_its_avatar(finished):
    head = {"eyes": [0.5, 0.2], "head": [0.3, 0.05, 0.4, 0.3], "cuts": [1.0, 1.0]}
    low = {"eyes": [0.5, 0.7], "head": [0.3, 0.55, 0.4, 0.3], "cuts": [1.0, 1.0]}
    videos = [finished(framing=head), finished(framing=low), finished()]
    Avatar.objects.filter(pk=videos[2].avatar_id).update(framing=low)
    pictures = []
    for video in videos:
        styled = set_look(again(video), {"frame": "16:9", **COLOUR})
        tasks.work(export_of(styled, Kind.LOOK).pk)
        pictures.append(read_video.film(local_copy(again(styled).styled_video.name)).pictures[0])
    assert again(videos[0]).known_framing.eyes == (0.5, 0.2)
    assert (pictures[1] == pictures[2]).all()
    assert not (pictures[0] == pictures[1]).all()
