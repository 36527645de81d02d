"""Posters at a chosen moment."""

import pytest
from PIL import Image

from dashboard.jobs.local_job import LocalState
from tests.videos.exports.conftest import again, export_of
from videos.exports import services, tasks
from videos.models import Export

pytestmark = pytest.mark.slow

Kind = Export.Kind


def test_the_poster_is_the_frame_that_was_chosen(finished, card):
    video = finished()
    for moment, is_flash in ((card.click + 0.01, True), (0.2, False)):
        services.set_poster(video, moment)
        tasks.work(export_of(video, Kind.POSTER).pk)
        video = again(video)
        with Image.open(video.poster.open()) as poster:
            assert (min(poster.getpixel((96, 120))) > 220) is is_flash


def test_the_last_choice_wins_however_the_runs_overlap(finished, monkeypatch, card, kept):
    video = finished()
    before = kept()
    services.set_poster(video, 0.1)
    real, calls = tasks._store_stills, []

    def slow(*args):
        if not calls:
            calls.append(1)
            services.set_poster(video, card.click + 0.01)
        return real(*args)

    monkeypatch.setattr(tasks, "_store_stills", slow)
    export = export_of(video, Kind.POSTER)
    tasks.work(export.pk)
    assert again(export).state == LocalState.WAITING
    tasks.work(export.pk)
    video = again(video)
    with Image.open(video.poster.open()) as poster:
        assert min(poster.getpixel((96, 120))) > 220
    assert kept() - before == {video.poster.name, video.thumbnail.name}
