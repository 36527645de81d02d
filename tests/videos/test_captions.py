"""The words of a recording: typed, sent, and back as captions."""

import uuid

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from dashboard.jobs.provider_job import ProviderState, current_provider
from tests.videos.test_tasks import look, run
from videos import captions, tasks
from videos.models import Video

pytestmark = pytest.mark.slow

VTT = "WEBVTT\n\n00:00:00.100 --> 00:00:01.100\nTom &amp; Ada,\nhello.\n\n01:02.000 --> 01:03.500\n<i>Bye.</i>\n"
SRT = "1\n00:00:00,100 --> 00:00:01,100\nTom & Ada,\nhello.\n\n2\n00:01:02,000 --> 00:01:03,500\nBye.\n"


@pytest.fixture
def video(provider, new_avatar, new_video) -> Video:
    remote = provider.add_avatar()
    avatar = new_avatar(state=ProviderState.READY, remote_id=remote["avatar_id"], provider=provider.url)
    return new_video(avatar=avatar, script="Tom & Ada, hello. Bye.")


@pytest.fixture
def finished(provider, video, tmp_path):
    """What the provider sends as captions -> the video as it is at home then."""

    def bring(sent: bytes | None) -> Video:
        run(video)
        provider.finish(video.remote_id)
        provider.videos[video.remote_id]["captions_url"] = provider.link("captions")
        if sent is not None:
            provider.files["captions"] = tmp_path / "captions.vtt"
            provider.files["captions"].write_bytes(sent)
        look(video)
        return run(video)

    return bring


def test_the_words_are_sent_and_the_captions_come_home(provider, finished):
    video = finished(VTT.encode())
    assert dict(provider.calls)["video.generate"]["script"] == "Tom & Ada, hello. Bye."
    assert video.state == ProviderState.READY
    assert default_storage.open(video.captions.name).read().decode() == VTT
    assert video.captions in video.files  # so it goes with the video


@pytest.mark.parametrize(
    "sent",
    [None, b"", b"<html>sign in</html>", b"WEBVTT\n\nnothing", b"WEBVTT\xff\xfe", b"WEBVTT\n" + b" " * 2**20],
)
def test_what_is_no_captions_file_is_left_out(finished, sent):
    video = finished(sent)
    assert video.state == ProviderState.READY
    assert not video.captions


@pytest.mark.parametrize(
    ("answered", "fact", "words"),
    [
        ({"captions_url": None}, False, "the script does not match the audio"),
        ({}, None, "this avatar service does not provide them"),
    ],
)
def test_the_page_says_why_there_are_no_captions(provider, video, signed_in, maria, answered, fact, words):
    run(video)
    provider.finish(video.remote_id)
    provider.videos[video.remote_id] |= answered
    look(video)
    video = run(video)
    assert video.script_matches is fact
    page = signed_in(maria).get(video.get_absolute_url()).text
    assert page.count("No captions: ") == page.count(words) == 1


def test_without_words_nothing_is_sent(provider, video):
    Video.objects.update(script="")
    run(video)
    assert "script" not in dict(provider.calls)["video.generate"]


def test_trying_again_keeps_the_words(provider, video):
    run(video)
    provider.videos[video.remote_id] |= {"status": "error"}
    look(video)
    assert tasks.retry(video)
    provider.calls.clear()
    run(video)
    assert dict(provider.calls)["video.generate"]["script"] == "Tom & Ada, hello. Bye."


def test_the_page_shows_the_captions_and_gives_them_out_in_two_formats(signed_in, maria, new_video):
    video = new_video(state=ProviderState.READY, made_by=maria, title="Hi", video="x.mp4")
    client = signed_in(maria)
    page = client.get(video.get_absolute_url()).text
    assert "<track" not in page
    assert ".srt" not in page
    video.captions.save("c.vtt", ContentFile(VTT.encode()))
    page = client.get(video.get_absolute_url()).text
    assert '<track kind="captions" srclang="en" label="Captions" src="/media/' in page
    assert client.get(page.split('label="Captions" src="')[1].split('"')[0])["Content-Type"] == "text/vtt"
    menu = page.split('class="formats-menu"')[1]
    assert menu.index("WebVTT") < menu.index("SRT")
    assert f'href="{reverse("video-srt", args=[video.pk])}"' in menu
    address = reverse("video-srt", args=[video.pk])
    answer = client.get(address)
    assert answer.content.decode() == SRT
    assert answer["Content-Disposition"] == 'attachment; filename="Hi.srt"'
    default_storage.delete(video.captions.name)
    assert client.get(address).status_code == 404


def test_words_are_typed_with_a_new_video_and_offered_again_for_the_same_voice(
    signed_in, maria, new_avatar, new_video
):
    avatar = new_avatar(state=ProviderState.READY, remote_id="a1", provider=current_provider(), made_by=maria)
    voice = new_video(avatar=avatar).voice
    client, address = signed_in(maria), reverse("video-new")
    data = {"ref": str(uuid.uuid4()), "avatar": avatar.pk, "voice": voice.pk}
    client.post(address, data | {"script": " Good morning, <b>all</b>. "})
    made = Video.objects.get(client_ref=data["ref"])
    assert made.script == "Good morning, <b>all</b>."
    assert "Good morning, &lt;b&gt;all&lt;/b&gt;." in client.get(address, {"voice": voice.pk}).text
    assert "Good morning" not in client.get(address).text
    refused = client.post(address, data | {"ref": str(uuid.uuid4()), "script": "x" * 20_001})
    assert refused.status_code == 422
    assert "at most 20,000 characters" in refused.text


def test_captions_without_hours_become_srt_with_hours():
    assert captions.convert_to_srt(VTT.replace("\n", "\r\n")) == SRT
