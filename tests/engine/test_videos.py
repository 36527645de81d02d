"""video.generate, video.get and video.list, from an avatar and a sound to a talking video."""

import pytest

from engine import animator, tasks
from engine.models import JobStatus, Render, Rig
from tests.engine.conftest import enqueued, sound
from tests.local_web import respond_status


def start(caller, rig, link="https://example.com/voice.wav", **fields):
    return caller.data("video.generate", {"avatar_id": rig.public_id, "audio_url": link, **fields})


def fetched(caller, link):
    return b"".join(caller.client.get(f"{link}?here").streaming_content)


def test_a_voice_becomes_a_video_with_its_mask(curl, rig, web, double):
    video = start(curl, rig, web.url + "/voice.wav")
    assert video["status"] == "pending"
    render = Render.objects.get(public_id=video["video_id"])
    assert enqueued("engine") == [("engine.tasks.render", render.pk)]
    double.during = lambda progress: seen.append(curl.data(f"video.get?video_id={render}")["status"])
    seen = []
    tasks.render(render.pk)
    assert seen == ["in_progressing"]
    video = curl.data(f"video.get?video_id={render}")
    assert (video["status"], video["progress"], video["duration"]) == ("finished", 100, 1.0)
    assert video["avatar_id"] == rig.public_id
    assert fetched(curl, video["video_url"]) == b"a video"
    assert fetched(curl, video["mask_video_url"]) == b"its mask"
    # As in the original, the mask's link comes from video.get alone.
    del video["mask_video_url"]
    assert curl.data("video.list") == [video]


def test_the_answer_comes_before_the_sound_is_even_looked_at(curl, rig, web):
    start(curl, rig, web.url + "/gone.wav")
    assert web.requested == []


def test_an_unknown_avatar_is_told_at_once(curl, db):
    for unknown in ("nobody", "0" * 32):
        body = {"avatar_id": unknown, "audio_url": "https://example.com/a.wav"}
        status, envelope = curl("video.generate", body)
        assert (status, envelope["code"], envelope["data"]) == (404, 10001, None)


def test_an_avatar_that_is_not_finished_cannot_speak_yet(curl, db):
    body = {"avatar_id": "soon", "audio_url": "https://example.com/a.wav"}
    avatar = Rig.objects.create(public_id="soon", image_url="https://e.com/x")
    status, envelope = curl("video.generate", body)
    assert (status, envelope["code"]) == (409, 1008)
    avatar.move(JobStatus.ERROR, error="No face.")
    assert curl("video.generate", body)[0] == 404


@pytest.mark.parametrize("avatar_id", [None, "", 7, ["x"], "x" * 300])
def test_an_avatar_must_be_named_by_a_string(curl, rig, avatar_id):
    body = {"avatar_id": avatar_id, "audio_url": "https://example.com/a.wav"}
    status, envelope = curl("video.generate", body)
    assert (status, envelope["code"]) == (400, 1002)
    assert "avatar_id" in envelope["message"]


def test_an_unknown_video_has_the_documented_code(curl, db):
    for unknown in ("nothing", "0" * 32, "%27", "é"):
        status, envelope = curl(f"video.get?video_id={unknown}")
        assert (status, envelope["code"]) == (404, 10001)
    for missing in ("video.get", "video.get?video_id=", "video.get?video_id=%00"):
        assert curl(missing)[1]["code"] == 1002


@pytest.mark.parametrize("content", [b"", b"<html>not a sound</html>", sound(1)[:20], sound(0.01)])
def test_what_is_no_sound_shows_as_an_error_with_its_sentence(curl, pending, web, double, content):
    web.pages["/voice.wav"] = content
    tasks.render(pending.pk)
    video = curl.data(f"video.get?video_id={pending}")
    assert (video["status"], video["error_code"]) == ("error", 3002)
    assert video["error"].endswith(".")
    assert "video_url" not in video
    assert double.calls == []


def test_a_sound_that_is_too_long_shows_as_an_error(curl, pending, web, double, settings):
    settings.ENGINE_MAX_AUDIO_SECONDS = 2
    web.pages["/voice.wav"] = sound(3)
    tasks.render(pending.pk)
    video = curl.data(f"video.get?video_id={pending}")
    assert (video["status"], video["error_code"]) == ("error", 3002)
    assert double.calls == []


def test_a_sound_that_the_animator_refuses_shows_as_an_error(curl, pending, double):
    double.trouble = animator.SoundError("no_sound")
    tasks.render(pending.pk)
    video = curl.data(f"video.get?video_id={pending}")
    assert video["error"] == str(double.trouble)


def test_a_dead_link_shows_as_an_error_at_once(curl, pending, web, double):
    del web.pages["/voice.wav"]
    tasks.render(pending.pk)
    video = curl.data(f"video.get?video_id={pending}")
    assert (video["status"], video["error_code"]) == ("error", 3001)
    assert "404" in video["error"]


def test_a_link_that_fails_for_a_moment_is_tried_again_later(curl, pending, web, double):
    page, web.pages["/voice.wav"] = web.pages["/voice.wav"], respond_status(502)
    tasks.render(pending.pk)
    assert curl.data(f"video.get?video_id={pending}")["status"] == "pending"
    tasks.render(pending.pk)  # too early: nothing happens
    assert len(web.requested) == 1
    web.pages["/voice.wav"] = page
    Render.objects.update(try_after=pending.created_at)
    tasks.render(pending.pk)
    assert curl.data(f"video.get?video_id={pending}")["status"] == "finished"


def test_a_link_that_keeps_failing_ends_in_an_error(curl, pending, web, double):
    web.pages["/voice.wav"] = respond_status(502)
    for _ in range(5):
        Render.objects.update(try_after=pending.created_at)
        tasks.render(pending.pk)
    assert len(web.requested) == tasks.RENDER_PHASE.max_attempts
    assert curl.data(f"video.get?video_id={pending}")["error_code"] == 3001


def test_the_same_reference_is_the_same_video(curl, own, rig):
    first = start(curl, rig, client_ref="1")
    assert start(curl, rig, client_ref="1") == first
    assert start(own, rig, client_ref="1") != first
    assert start(curl, rig) != start(curl, rig)
    assert len(enqueued("engine")) == 4
    assert curl.data(f"video.get?video_id={first['video_id']}")["client_ref"] == "1"
    assert "client_ref" not in own.data(f"video.get?video_id={first['video_id']}")


def test_a_finished_video_is_the_answer_to_its_reference(curl, rig, web, double):
    video = start(curl, rig, web.url + "/voice.wav", client_ref="1")
    tasks.render(Render.objects.get().pk)
    again = start(curl, rig, web.url + "/another.wav", client_ref="1")
    assert again == {"video_id": video["video_id"], "status": "finished"}


def test_what_failed_is_tried_again_under_the_same_reference(curl, rig, web, double):
    video = start(curl, rig, web.url + "/gone.wav", client_ref="1")
    tasks.render(Render.objects.get().pk)
    assert start(curl, rig, web.url + "/voice.wav", client_ref="1") == video
    assert curl.data(f"video.get?video_id={video['video_id']}")["progress"] == 0
    assert len(enqueued("engine")) == 2
    tasks.render(Render.objects.get().pk)
    assert curl.data(f"video.get?video_id={video['video_id']}")["status"] == "finished"


def test_the_list_asks_the_database_a_fixed_number_of_times(own, rig, django_assert_num_queries):
    Render.objects.bulk_create(Render(rig=rig, audio_url="https://e.com/a") for _ in range(50))
    with django_assert_num_queries(1):
        assert len(own.data("video.list")) == 50
    newest = [str(render) for render in Render.objects.order_by("-created_at")]
    assert [video["video_id"] for video in own.data("video.list?limit=3")] == newest[:3]
