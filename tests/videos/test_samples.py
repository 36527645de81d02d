"""The first minute of a new team: the sample on Home, and the one click that makes it theirs."""

import av
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from avatars.models import Avatar
from dashboard.jobs.provider_job import ProviderState
from tests.run_tasks import work_on_avatar, work_on_video
from videos import samples
from videos.models import Batch, Video, Voice
from videos.scheduling import next_up

pytestmark = pytest.mark.slow

BUTTON = "Make this sample video"


def test_one_click_makes_avatar_voice_and_video_and_shows_how_it_is_made(signed_in, maria):
    answer = signed_in(maria).post(reverse("sample"), follow=True)
    avatar, voice, video = Avatar.objects.get(), Voice.objects.get(), Video.objects.get()
    assert answer.redirect_chain == [(video.get_absolute_url(), 302)]
    assert {avatar.made_by, voice.made_by, video.made_by} == {maria}
    assert (video.avatar, video.voice, video.script) == (avatar, voice, samples.SCRIPT)
    assert "Preparing your avatar…" in answer.text


def test_the_sample_pressed_twice_is_made_once(signed_in, maria):
    client = signed_in(maria)
    first = client.post(reverse("sample"))
    assert client.post(reverse("sample"))["Location"] == first["Location"]
    assert (Avatar.objects.count(), Voice.objects.count(), Video.objects.count()) == (1, 1, 1)


def test_a_sample_that_failed_can_be_made_again(signed_in, maria):
    client = signed_in(maria)
    client.post(reverse("sample"))
    Avatar.objects.update(state=ProviderState.FAILED)
    Video.objects.update(state=ProviderState.FAILED)
    client.post(reverse("sample"))
    assert Video.objects.filter(state=ProviderState.WAITING, avatar__state=ProviderState.WAITING).count() == 1


def test_a_short_limit_of_the_provider_cuts_the_sample(signed_in, maria, settings):
    settings.CG_AVATAR_MAX_AUDIO_SECONDS = 5
    assert signed_in(maria).post(reverse("sample")).status_code == 302
    assert Voice.objects.get().seconds <= 5


def test_the_video_is_sent_when_its_avatar_can_speak(provider, maria):
    video = samples.create_sample(maria)
    work_on_video(video.pk)
    assert next_up() == []
    assert provider.count("video.generate") == 0
    work_on_avatar(video.avatar_id)
    assert next_up() == [video.pk]
    work_on_video(video.pk)
    video.refresh_from_db()
    assert video.state == ProviderState.MAKING


def test_a_video_whose_avatar_fails_says_so(provider, maria):
    provider.behaviour.refuse["avatar.generate"] = (400, {"code": 10003, "message": "Face is too small"})
    video = samples.create_sample(maria)
    work_on_avatar(video.avatar_id)
    work_on_video(video.pk)
    video.refresh_from_db()
    assert video.state == ProviderState.FAILED
    assert video.error.startswith("The avatar of this video failed.")
    assert "Face is too small" in video.error


def test_who_waits_for_an_avatar_is_not_ahead_of_anybody(provider, maria, new_video, signed_in):
    samples.create_sample(maria)
    other = new_video()
    assert next_up() == [other.pk]
    assert "ahead of you" not in signed_in(maria).get(reverse("videos")).text


def test_home_shows_the_sample_until_the_team_has_videos(signed_in, maria, tom, new_video):
    client = signed_in(maria)
    page = client.get("/").text
    assert BUTTON in page
    assert "samples/sample.mp4" in page
    new_video(made_by=tom, state=ProviderState.FAILED)
    page = client.get("/").text
    assert BUTTON not in page
    assert "samples/sample.mp4" not in page


def test_a_team_whose_first_videos_are_a_batch_is_not_new(signed_in, maria):
    Batch.objects.create(name="First", made_by=maria, started_at=timezone.now())
    assert BUTTON not in signed_in(maria).get("/").text


def test_the_sample_costs_the_page_nothing_before_it_is_seen(signed_in, maria):
    page = signed_in(maria).get("/").text
    film = page[page.index("<video") : page.index("</video>")]
    assert 'preload="none"' in film
    assert "autoplay" not in film
    assert "<track" in film


@pytest.mark.parametrize("name", ["sample.jpg", "sample.vtt", "sample.mp4"])
def test_the_sample_is_small(name):
    assert 100 < (settings.BASE_DIR / "static" / "samples" / name).stat().st_size < 400_000


def test_the_sample_is_what_every_browser_plays():
    with av.open(str(settings.BASE_DIR / "static" / "samples" / "sample.mp4")) as film:
        picture, sound = film.streams.video[0].codec_context, film.streams.audio[0].codec_context
        assert (picture.name, picture.pix_fmt, sound.name) == ("h264", "yuv420p", "aac")
        assert (picture.colorspace, picture.color_range) == (1, 1)
        assert sum(1 for _ in film.decode(video=0)) == pytest.approx(9.46 * 25, abs=2)
