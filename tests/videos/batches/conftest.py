"""People who can speak, sounds to say, and sheets."""

import io
import uuid

import openpyxl
import pytest
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from dashboard.jobs.provider_job import ProviderState, current_provider
from tests import sample_media
from tests.conftest import FIXTURES
from tests.consent import VOICE
from tests.local_web import LocalWeb
from videos.batches import tasks
from videos.models import Batch, BatchItem, ItemState, Voice


@pytest.fixture
def speaker(new_avatar, maria):
    def make(name="Ada", **fields):
        ready = {
            "state": ProviderState.READY,
            "remote_id": uuid.uuid4().hex,
            "provider": current_provider(),
            "made_by": maria,
        }
        return new_avatar(**{"name": name, "portrait": "x.jpg"} | ready | fields)

    return make


@pytest.fixture
def voice(db, tmp_path, maria):
    def make(name="Hello", **fields):
        voice = Voice(**{"name": name, "seconds": 1.0, "made_by": maria} | fields)
        with sample_media.sound(tmp_path / "hello.wav").open("rb") as file:
            voice.sound.save("hello.wav", File(file), save=False)
        voice.save()
        return voice

    return make


def sound(name="hello.mp3"):
    return SimpleUploadedFile(name, (FIXTURES / "hello.mp3").read_bytes(), "audio/mpeg")


def csv(*rows, name="spring videos.csv"):
    lines = ["avatar,sound,title,script", *rows]
    return SimpleUploadedFile(name, "\r\n".join(lines).encode("utf-8-sig"), "text/csv")


def xlsx(*rows, name="spring.xlsx"):
    book = openpyxl.Workbook()
    for row in [("avatar", "sound", "title", "script"), *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile(name, out.getvalue())


def send(client, way, **data):
    """The page "Make several videos", filled in; the batch that came of it, or the answer."""
    answer = client.post(reverse("batch-new", args=[way]), VOICE | {"ref": str(uuid.uuid4())} | data)
    if answer.status_code != 302:
        return answer
    return Batch.objects.get(pk=int(answer["Location"].rstrip("/").rsplit("/", 1)[1]))


def checks(batch):
    """What stands beside each row, by its number."""
    return {item.number: item.error for item in batch.items.all()}


@pytest.fixture
def client(signed_in, maria):
    return signed_in(maria)


@pytest.fixture
def web(settings):
    web = LocalWeb()
    web.pages["/hello.mp3"] = (FIXTURES / "hello.mp3").read_bytes()
    settings.ENGINE_FETCH_ALLOW = ({"127.0.0.1"}, [])
    yield web
    web.close()


@pytest.fixture
def batch(maria):
    return Batch.objects.create(name="Spring", made_by=maria, started_at=timezone.now())


def begun(client, *rows) -> Batch:
    batch = send(client, "sheet", sheet=csv(*rows))
    client.post(reverse("batch-start", args=[batch.pk]))
    batch.refresh_from_db()
    assert not batch.is_draft
    return batch


def run(batch: Batch) -> list[BatchItem]:
    """What the workers do, as far as the rows go."""
    for _ in range(3):
        BatchItem.objects.filter(state=ItemState.WAITING).update(try_after=timezone.now())
        for pk in batch.items.values_list("pk", flat=True):
            tasks.work(pk)
    return list(batch.items.all())


def made_of(new_video, batch, maria, *states, **fields):
    """A batch with a video in each state."""
    for number, state in enumerate(states, 1):
        video = new_video(
            batch=batch, state=state, batch_position=number, title=f"Number {number}", made_by=maria, **fields
        )
        BatchItem.objects.create(
            batch=batch,
            number=number,
            state=ItemState.READY,
            video=video,
            avatar=video.avatar,
            voice=video.voice,
        )
    return batch
