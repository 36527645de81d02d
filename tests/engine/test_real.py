"""The whole way with the real animator, in the words of the original API's documentation."""

import io
import re
import subprocess
import sys

import av
import pytest
from PIL import Image

from dashboard.provenance import reading
from dashboard.provenance.reading import Verdict
from dashboard.provenance.source_types import COMPOSITE_SYNTHETIC
from engine import tasks, views
from engine.models import JobStatus, Render, Rig
from engine.responses import Code
from tests.conftest import FIXTURES


@pytest.fixture
def rigger(monkeypatch):
    def work(seconds: float) -> None:
        for job in Rig.objects.filter(state=JobStatus.PENDING):
            tasks.build_rig(job.pk)

    monkeypatch.setattr(views, "pause", work)


@pytest.mark.slow
def test_from_a_portrait_and_a_voice_to_a_talking_video(curl, web, rigger, settings, tmp_path):
    settings.ENGINE_VIDEO_SIZE = 256
    settings.ENGINE_GENERATE_WAIT = 60
    web.pages["/head_portrait"] = (FIXTURES / "astronaut.jpg").read_bytes()
    web.pages["/audio"] = (FIXTURES / "hello.mp3").read_bytes()

    (avatar,) = curl.data("avatar.generate", {"image_url": web.url + "/head_portrait"})
    assert avatar["gender"] in {"female", "male"}
    preview, person = (_picture(curl, avatar[link]) for link in ("preview_url", "cutout_url"))
    assert person.mode == "RGBA"
    assert person.width / person.height == pytest.approx(preview.width / preview.height, rel=0.01)
    assert person.getpixel((3, 3))[3] < 10  # the wall behind her
    assert person.getpixel((person.width // 2, person.height // 2))[3] > 245
    video = curl.data("video.generate", {"avatar_id": avatar["avatar_id"], "audio_url": web.url + "/audio"})
    assert video["status"] == "pending"
    tasks.render(Render.objects.get().pk)
    video = curl.data(f"video.get?video_id={video['video_id']}")

    assert video["status"] == "finished", video
    seconds = [_length(curl, video[link], tmp_path / link) for link in ("video_url", "mask_video_url")]
    assert seconds[0] == pytest.approx(video["duration"], abs=0.05)
    assert seconds[0] == pytest.approx(seconds[1], abs=0.05)
    for link in ("video_url", "mask_video_url"):
        found = reading.read(tmp_path / link, max_bytes=2**24)
        assert (found.verdict, found.source_type) == (Verdict.MADE_HERE, COMPOSITE_SYNTHETIC), link


def _picture(caller, link):
    return Image.open(io.BytesIO(b"".join(caller.client.get(link))))


def _length(caller, link, path):
    path.write_bytes(b"".join(caller.client.get(link)))
    with av.open(str(path)) as film:
        return film.streams.video[0].frames / 25


@pytest.mark.slow
def test_a_picture_without_a_face_is_told_as_such(curl, web, rigger, settings):
    settings.ENGINE_GENERATE_WAIT = 60
    status, envelope = curl("avatar.generate", {"image_url": web.url + "/face.jpg"})  # a grey disc
    assert (status, envelope["code"]) == (400, Code.NO_FACE)


@pytest.mark.slow
def test_a_small_face_becomes_an_avatar_and_the_warning_names_its_size(curl, web, rigger, settings):
    settings.ENGINE_GENERATE_WAIT = 60
    room = Image.new("RGB", (1200, 900), (200, 205, 210))
    person = Image.open(FIXTURES / "astronaut.jpg")
    room.paste(person.resize((210, 210), Image.Resampling.LANCZOS), (600, 500))
    file = io.BytesIO()
    room.save(file, "JPEG", quality=75)
    web.pages["/room"] = file.getvalue()
    (avatar,) = curl.data("avatar.generate", {"image_url": web.url + "/room"})
    (warning,) = avatar["warnings"]
    assert re.search(r"small in this picture \((8|9)\d pixels\): the video will be a little soft", warning)
    ((x, y, w, h),) = avatar["faces"]  # in shares of the picture that was sent, not of the preview
    assert 600 < x * 1200 < (x + w) * 1200 < 810
    assert 500 < y * 900 < (y + h) * 900 < 710


@pytest.mark.slow
def test_of_two_people_in_a_large_picture_either_can_be_had(curl, web, rigger, settings):
    settings.ENGINE_GENERATE_WAIT = 60
    settings.MAX_PORTRAIT_SIDE = 1000  # so that it is made smaller on its way
    one = Image.open(FIXTURES / "astronaut.jpg")
    both = Image.new("RGB", (2 * one.width, one.height))
    both.paste(one.resize((one.width * 19 // 20, one.height * 19 // 20)))
    both.paste(one, (one.width, 0))
    file = io.BytesIO()
    both.save(file, "JPEG", quality=92)
    web.pages["/two"] = file.getvalue()
    (first,) = curl.data("avatar.generate", {"image_url": web.url + "/two"})
    assert first["face"] == 0
    assert [x > 0.5 for x, *_ in first["faces"]] == [True, False]
    box = first["faces"][1]
    (second,) = curl.data("avatar.generate", {"image_url": web.url + "/two", "face": box})
    assert second["face"] == 1
    assert second["faces"] == first["faces"]
    status, envelope = curl("avatar.generate", {"image_url": web.url + "/two", "face": 2})
    assert (status, envelope["code"]) == (400, Code.NO_FACE)
    assert "no such face" in envelope["message"]


def test_the_web_process_loads_none_of_the_heavy_libraries():
    code = (
        "import django, sys; django.setup(); import dashboard.urls, engine.views, engine.poller\n"
        "print([name for name in ('cv2', 'numpy', 'mediapipe', 'av', 'engine.animator.performance') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_the_numbers_of_failures_keep_their_meaning():
    """They are part of the contract and stand in the README: add, never change."""
    assert {code.name: (int(code), code.status) for code in Code} == {
        "BROKEN_BODY": (1001, 400),
        "BROKEN_FIELD": (1002, 400),
        "NO_TOKEN": (1003, 401),
        "UNKNOWN_PATH": (1004, 404),
        "WRONG_METHOD": (1005, 405),
        "BODY_TOO_LARGE": (1006, 413),
        "BUSY": (1007, 503),
        "AVATAR_NOT_READY": (1008, 409),
        "TOO_MANY_REQUESTS": (1009, 429),
        "STILL_WORKING": (1010, 504),
        "INTERNAL": (1011, 500),
        "READ_ONLY": (1012, 403),
        "DISK_FULL": (1013, 507),
        "IMAGE_LINK": (2001, 400),
        "NOT_AN_IMAGE": (2002, 400),
        "NO_FACE": (2003, 400),
        "FACE_TOO_SMALL": (2004, 400),
        "UNUSABLE_FACE": (2005, 400),
        "AUDIO_LINK": (3001, 400),
        "UNUSABLE_AUDIO": (3002, 400),
        "UNKNOWN_ID": (10001, 404),
    }
