"""Processes are killed in the middle of a job; without anybody's help the job still ends, in one video."""

import os
import signal
import time
import wave
from pathlib import Path

import pytest

from tests.conftest import FIXTURES
from tests.product.running import Product, until

pytestmark = pytest.mark.slow

UPLOAD = f"""
from pathlib import Path
from django.core.files import File
from django.db import transaction
from avatars.models import Avatar
from videos.models import Video, Voice
from dashboard.jobs.enqueue import enqueue_job
import videos.tasks
def saved(field, path, name):
    with Path(path).open("rb") as file:
        field.save(name, File(file), save=False)
def new_avatar():
    avatar = Avatar(name="Eileen")
    saved(avatar.portrait, {str(FIXTURES / "astronaut.jpg")!r}, "astronaut.jpg")
    with transaction.atomic():
        avatar.save()
        enqueue_job(avatar)
    return avatar.pk
def new_video(avatar, sound):
    voice = Voice(name="Speech", seconds=5)
    saved(voice.sound, sound, "sound.wav")
    voice.save()
    with transaction.atomic():
        video = Video.objects.create(title="Speech", avatar_id=avatar, voice=voice)
        videos.tasks.start(video)
    return video.pk
"""


def avatar_state(product: Product, pk: int) -> str:
    return product.row("SELECT state FROM avatars_avatar WHERE id = ?", pk)["state"]


def video(product: Product, pk: int) -> dict[str, object]:
    return product.row("SELECT * FROM videos_video WHERE id = ?", pk)


@pytest.fixture(scope="module")
def speech(tmp_path_factory) -> Path:
    """Long enough to be killed in the middle of it."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    with wave.open(str(FIXTURES / "speech.wav")) as short, wave.open(str(path), "wb") as long:
        long.setparams(short.getparams())
        long.writeframes(short.readframes(short.getnframes()) * 4)
    return path


@pytest.fixture(scope="module")
def avatar(product) -> int:
    pk = product.ask(UPLOAD + "print(new_avatar())")
    assert until(lambda: avatar_state(product, pk) == "ready", 60), avatar_state(product, pk)
    return pk


def ends_in_one_video(product: Product, pk: int, renders_before: int) -> None:
    until(lambda: video(product, pk)["state"] in {"ready", "failed"}, 120, every=1)
    assert video(product, pk)["state"] == "ready", video(product, pk)
    assert renders(product) == renders_before + 1


def renders(product: Product) -> int:
    return product.row("SELECT count(*) AS number FROM engine_render")["number"]


def rendering(product: Product, pk: int) -> bool:
    seen = video(product, pk)
    return seen["remote_state"] == "in_progressing" and seen["progress"] > 0


@pytest.mark.parametrize("whom", ["the task's process", "the main process"])
def test_a_killed_renderer_costs_time_and_nothing_else(product, avatar, speech, whom):
    before = renders(product)
    pk = product.ask(UPLOAD + f"print(new_video({avatar}, {str(speech)!r}))")
    assert until(lambda: rendering(product, pk), 60, every=0.1)
    if whom == "the main process":
        os.kill(product.pids("renderer")[0], signal.SIGKILL)
    else:
        newest = product.row("SELECT holder FROM engine_render ORDER BY id DESC LIMIT 1")
        os.kill(int(str(newest["holder"]).split()[-1]), signal.SIGKILL)
    ends_in_one_video(product, pk, before)
    assert until(lambda: len(product.pids("renderer")) == 5, 20), product.pids("renderer")


def test_a_killed_worker_costs_time_and_nothing_else(product, avatar, speech):
    before = renders(product)
    pk = product.ask(UPLOAD + f"print(new_video({avatar}, {str(speech)!r}))")
    # Wherever it is at this moment: asking, waiting, or bringing the video home.
    for _ in range(3):
        mains = product.pids("worker")
        os.kill(mains[0], signal.SIGKILL)
        time.sleep(2)
    ends_in_one_video(product, pk, before)


def test_an_idle_worker_that_is_killed_does_not_leave_the_queue_mute(product, avatar):
    """django-q2's own cluster would take tasks and never run them again."""
    sentinel_and_children = product.pids("rigger")
    for pid in sentinel_and_children[2:]:
        os.kill(pid, signal.SIGKILL)
    pk = product.ask(UPLOAD + "print(new_avatar())")
    assert until(lambda: avatar_state(product, pk) == "ready", 60), avatar_state(product, pk)


def test_everything_killed_at_once_goes_on_after_the_next_start(product, avatar, speech):
    before = renders(product)
    pk = product.ask(UPLOAD + f"print(new_video({avatar}, {str(speech)!r}))")
    assert until(lambda: rendering(product, pk), 60, every=0.1)
    for program in ("web", "gunicorn dashboard.wsgi", "worker", "renderer", "rigger", "manage.py poll"):
        for pid in product.pids(program):
            os.kill(pid, signal.SIGKILL)
    ends_in_one_video(product, pk, before)
