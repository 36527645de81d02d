"""Choosing a look for a new video, changing that of a finished one, and what the pages say meanwhile."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.jobs.local_job import LocalState
from dashboard.jobs.provider_job import ProviderState
from videos.exports import services, tasks
from videos.looks.look import Look
from videos.models import Export, Video

SEA = {"look-background": "colour", "look-colour": "#0a7b93", "look-frame": "16:9"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def voice(new_video, speaker):
    return new_video(avatar=speaker).voice


def order(client, speaker, voice, **fields):
    data = {"ref": str(uuid.uuid4()), "avatar": speaker.pk, "voice": voice.pk, **fields}
    return client.post(reverse("video-new"), data)


def change(client, video, **fields):
    return client.post(reverse("video-look", args=[video.pk]), fields)


def page_of(client, video) -> str:
    return client.get(video.get_absolute_url()).text


# ---------------------------------------------------------------- a new video


def test_a_new_video_keeps_the_look_that_was_chosen_with_it(signed_in, maria, speaker, voice):
    order(signed_in(maria), speaker, voice, **SEA)
    video = Video.objects.first()
    assert video.parsed_look == Look(background="colour", colour="#0a7b93", frame="16:9")
    assert not Export.objects.exists()  # there is nothing to put it on yet


def test_a_form_without_a_look_makes_the_video_as_it_comes(signed_in, maria, speaker, voice):
    order(signed_in(maria), speaker, voice)
    assert Video.objects.first().look == {}


def test_a_wrong_look_makes_no_video_and_the_page_keeps_what_was_chosen(signed_in, maria, speaker, voice):
    before = Video.objects.count()
    answer = order(signed_in(maria), speaker, voice, **SEA | {"look-background": "picture"})
    assert answer.status_code == 422
    assert "Choose a picture for the background" in answer.text
    assert 'name="look-frame" value="16:9" checked' in answer.text
    assert 'value="#0a7b93"' in answer.text
    assert Video.objects.count() == before


def test_the_page_gives_the_preview_the_person_alone_where_there_is_one(signed_in, maria, speaker, tmp_path):
    client = signed_in(maria)
    assert 'data-cutout=""' in client.get(reverse("video-new")).text
    speaker.cutout.name = "avatars/cutouts/a.webp"
    speaker.save()
    assert 'data-cutout="/media/' in client.get(reverse("video-new")).text


def test_the_look_that_somebody_used_last_is_offered_again_to_them_alone(
    signed_in, maria, tom, new_video, speaker, new_backdrop
):
    now = timezone.now()
    gone = {"background": "picture", "picture": 999}
    for minutes, look in ((1, {}), (2, gone), (3, {"frame": "9:16"}), (4, {"frame": "1:1"})):
        new_video(avatar=speaker, look=look, made_by=maria, created_at=now - timedelta(minutes=minutes))
    page = signed_in(maria).get(reverse("video-new")).text
    assert "Same as last time" in page
    assert "{&quot;frame&quot;: &quot;9:16&quot;}" in page
    assert "Same as last time" not in signed_in(tom).get(reverse("video-new")).text


@pytest.mark.parametrize("again", ["Same avatar, new voice", "Same voice, new avatar"])
def test_another_one_like_a_video_begins_with_its_look(signed_in, maria, finished, again):
    video = finished(look={"background": "colour", "colour": "#0a7b93", "frame": "16:9"})
    client = signed_in(maria)
    link = re.search(f'href="([^"]+)">{again}', page_of(client, video))[1].replace("&amp;", "&")
    page = client.get(link).text
    assert 'name="look-frame" value="16:9" checked' in page
    assert 'name="look-colour" value="#0a7b93"' in page
    odd = client.get(reverse("video-new"), {"look": "²"})
    assert 'name="look-frame" value="own" checked' in odd.text


# ---------------------------------------------------------------- a finished one


def test_a_finished_video_gets_another_look_without_being_made_again(signed_in, maria, finished):
    video = finished()
    client = signed_in(maria)
    assert change(client, video, **SEA)["Location"] == video.get_absolute_url()
    video = Video.objects.get(pk=video.pk)
    assert (video.parsed_look.frame, video.state) == ("16:9", ProviderState.READY)
    export = Export.objects.get()
    assert (export.kind, export.state, export.look_key) == ("look", LocalState.WAITING, video.parsed_look.key)
    page = page_of(client, video)
    assert "Applying your background…" in page
    assert video.video.name.rpartition("/")[2] in page  # until then the original plays


def test_while_the_look_is_put_on_the_page_follows_it_and_then_has_it(signed_in, maria, finished):
    video = finished()
    client = signed_in(maria)
    change(client, video, **SEA)
    export = Export.objects.get()
    state = reverse("video-look-state", args=[video.pk])
    assert client.get(state, {"v": export.version}).status_code == 204
    export = Export.claim(export.pk, LocalState.WAITING, to=LocalState.WORKING, seconds=60)
    export.save_fields(progress=40)
    assert "Applying your background… 40 %" in client.get(state, {"v": 0}).text
    Export.objects.update(state=LocalState.WAITING, lease=None, lease_until=None)
    tasks.work(export.pk)
    answer = client.get(state, {"v": 0}).text
    assert "data-show-look" in answer
    assert "16:9, colour background" in answer
    assert "every 2s" not in answer
    video = Video.objects.get(pk=video.pk)
    page = page_of(client, video)
    assert video.styled_video.name.rpartition("/")[2] in page
    assert 'width="228" height="128"' in page
    assert "228 × 128 pixels" in page
    assert video.styled_video.name.rpartition("/")[2] in client.get(reverse("videos")).text


def test_a_look_chosen_before_the_video_is_made_is_only_kept(signed_in, maria, new_video):
    video = new_video(made_by=maria, state=ProviderState.MAKING)
    client = signed_in(maria)
    assert client.get(reverse("video-look", args=[video.pk])).status_code == 200
    change(client, video, **SEA)
    assert Video.objects.get(pk=video.pk).parsed_look.frame == "16:9"
    assert not Export.objects.exists()


def test_the_original_is_one_press_away_without_a_script(signed_in, maria, finished):
    video = finished(look={"frame": "1:1"})
    change(signed_in(maria), video, plain="yes", **SEA)
    assert Video.objects.get(pk=video.pk).look == {}


def test_without_a_mask_nobody_can_be_cut_out_and_the_page_says_so(signed_in, maria, finished):
    video = finished()
    Video.objects.update(mask="")
    client = signed_in(maria)
    answer = change(client, video, **SEA)
    assert answer.status_code == 422
    assert "has no mask" in answer.text
    assert change(client, video, **SEA | {"look-background": "own"}).status_code == 302
    assert Video.objects.get(pk=video.pk).parsed_look == Look(frame="16:9")


def test_a_look_that_could_not_be_put_on_says_why_and_can_be_tried_again(signed_in, maria, finished):
    video = finished(look={"background": "picture", "picture": 999})
    services.apply_look(video)
    tasks.work(Export.objects.get().pk)
    client = signed_in(maria)
    page = page_of(client, video)
    assert "Your background could not be applied." in page
    assert "was deleted" in page
    client.post(reverse("video-look-again", args=[video.pk]))
    assert Export.objects.get().state == LocalState.WAITING


def test_while_a_new_look_comes_the_old_one_s_poster_does_not_stand_before_the_plain_video(
    signed_in, maria, finished
):
    video = finished(look={"frame": "1:1"}, styled_video="old.mp4", styled_key="of another look")
    assert ' poster="' not in page_of(signed_in(maria), video)


def test_a_video_that_is_deleted_while_its_look_is_put_on_leads_away_from_its_page(
    signed_in, maria, finished
):
    address = reverse("video-look-state", args=[finished().pk])
    Video.objects.all().delete()
    answer = signed_in(maria).get(address, headers=HTMX)
    assert answer.headers["HX-Redirect"] == reverse("videos")


@pytest.mark.parametrize("name", ["video-look", "video-look-again"])
def test_only_who_made_it_and_the_owner_may_change_the_look(signed_in, maria, tom, owner, finished, name):
    video = finished()
    address = reverse(name, args=[video.pk])
    assert signed_in(tom).post(address, SEA).status_code == 403
    assert "Change background" not in page_of(signed_in(tom), video)
    assert "Change background" in page_of(signed_in(owner), video)
    assert signed_in(owner).post(address, SEA).status_code == 302


def test_the_words_of_the_step_are_those_of_people(signed_in, maria, speaker):
    text = signed_in(maria).get(reverse("video-new")).text
    for words in (
        "Square feed",
        "Reels, TikTok, Shorts",
        "YouTube, slides",
        "Original",
        "Resolution",
        "Horizontal",
        "Vertical",
    ):
        assert words in text
