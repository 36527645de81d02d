"""What the tests of the API need: callers with a token, the dashboard's own, a web server with pictures and sounds,
and a double of the animator."""

import io
import json
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from PIL import Image

from engine import animator, tasks, throttle, views
from engine.models import JobStatus, Render, Rig, Token
from tests.local_web import LocalWeb
from tests.messages import list_messages

PREFIX = "/v1/cg_avatar/"
PATHS = ["avatar.generate", "avatar.list", "video.generate", "video.get", "video.list"]
POSTS = {"avatar.generate", "video.generate"}


def method_of(path: str) -> str:
    return "POST" if path in POSTS else "GET"


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "tmp"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    settings.ENGINE_GENERATE_WAIT = 1


@dataclass
class Caller:
    """Calls the API with a token."""

    bearer: str
    token: Token | None = None
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def __call__(self, path: str, body: Any = None, *, method: str = "", **extra: Any) -> tuple[int, dict]:
        response = self.response(path, body, method=method, **extra)
        return response.status_code, response.json()

    def response(self, path: str, body: Any = None, *, method: str = "", **extra: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.bearer}", **extra.pop("headers", {})}
        method = method or ("POST" if body is not None else "GET")
        data = body if isinstance(body, bytes | str) else json.dumps(body) if body is not None else b""
        content_type = extra.pop("content_type", "application/json")
        return self.client.generic(method, PREFIX + path, data, content_type, headers=headers, **extra)

    def data(self, path: str, body: Any = None, **extra: Any) -> Any:
        """What a successful call answers."""
        status, envelope = self(path, body, **extra)
        assert (status, envelope["code"], envelope["message"]) == (200, 0, "success"), envelope
        return envelope["data"]


@pytest.fixture
def make_caller(db: None) -> Callable[[str], Caller]:
    def make(name: str) -> Caller:
        token, text = Token.make(name)
        return Caller(text, token)

    return make


@pytest.fixture
def curl(make_caller: Callable[[str], Caller], settings) -> Caller:
    settings.ENGINE_REQUESTS_PER_MINUTE = 1000
    return make_caller("curl")


@pytest.fixture
def own(db: None) -> Caller:
    return Caller(settings.CG_AVATAR_API_TOKEN)


@pytest.fixture
def web(settings) -> Iterator[LocalWeb]:
    """Pictures and sounds on a server that the engine may visit."""
    server = LocalWeb()
    settings.ENGINE_FETCH_ALLOW = ({"127.0.0.1"}, [])
    server.pages["/face.jpg"] = picture()
    server.pages["/voice.wav"] = sound(1)
    yield server
    server.close()


def picture(size: tuple[int, int] = (400, 500), kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").save(file, kind)
    return file.getvalue()


def sound(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(b"\x00\x10\x00\xf0" * int(8000 * seconds))
    return file.getvalue()


class Double:
    """Replaces the animator; `trouble` is raised, `during` is called in the middle of the work."""

    def __init__(self) -> None:
        self.trouble: BaseException | None = None
        self.during: Callable[[Callable[[float], None]], None] | None = None
        self.calls: list[str] = []
        self.gender = "male"
        self.framing = {"eyes": [0.5, 0.4], "head": [0.2, 0.1, 0.6, 0.5], "cuts": [0.9, 1.0]}
        self.faces: list[Any] = []  # the requested ones
        self.scripts: list[str | None] = []
        self.directions: list[animator.Direction | None] = []
        self.words: list[animator.Word] = []  # what the sound says

    def build_rig(
        self, portrait: Path, rig: Path, preview: Path, *, cutout: Path, face: Any = None, **_: Any
    ) -> animator.RigInfo:
        self._work("build_rig", lambda done: None)
        rig.write_bytes(b"rig of " + str(len(self.calls)).encode())
        preview.write_bytes(portrait.read_bytes())
        cutout.write_bytes(b"the person alone")
        self.faces.append(face)
        box = (0, 0, 200, 200)
        faces = [box, (200, 0, 100, 100)]
        return animator.RigInfo(
            400, 500, box, box[2:], self.gender, 0.9, ["dark"], faces, framing=self.framing
        )

    def render(
        self,
        rig: Path,
        voice: Path,
        video: Path,
        mask: Path,
        *,
        progress,
        script=None,
        direction=None,
        **_: Any,
    ) -> Any:
        self.scripts.append(script)
        self.directions.append(direction)
        assert rig.read_bytes().startswith(b"rig of")
        self._work("render", progress)
        video.write_bytes(b"a video")
        mask.write_bytes(b"its mask")
        return animator.RenderInfo(1.0, 25, 720, 900, self.words, self.framing)

    def _work(self, call: str, progress: Callable[[float], None]) -> None:
        self.calls.append(call)
        if self.during:
            self.during(progress)
        if self.trouble:
            raise self.trouble


@pytest.fixture
def double(monkeypatch) -> Double:
    double = Double()
    monkeypatch.setattr(animator, "build_rig", double.build_rig)
    monkeypatch.setattr(animator, "render", double.render)
    return double


@pytest.fixture
def clusters(monkeypatch, double: Double) -> Double:
    """While a call waits for an avatar, its task runs, in the same thread, whenever the call polls."""

    def work(seconds: float) -> None:
        for job in Rig.objects.filter(state=JobStatus.PENDING):
            Rig.objects.filter(pk=job.pk).update(try_after=job.created_at)  # as if its delay were over
            tasks.build_rig(job.pk)

    monkeypatch.setattr(views, "pause", work)
    return double


@pytest.fixture
def rig(db: None) -> Rig:
    """A finished avatar."""
    from django.core.files.base import ContentFile

    rig = Rig(image_url="https://example.com/face.jpg", state=JobStatus.FINISHED, gender="female")
    rig.rig.save("x.npz", ContentFile(b"rig of somebody"), save=False)
    rig.preview.save("x.jpg", ContentFile(picture((40, 50))), save=False)
    rig.save()
    return rig


@pytest.fixture
def pending(rig: Rig, web: LocalWeb) -> Render:
    """A video that waits for the renderer."""
    return Render.objects.create(rig=rig, audio_url=web.url + "/voice.wav")


def expire_leases() -> None:
    Render.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def enqueued(cluster: str) -> list[tuple[str, int]]:
    return [(message.task, message.args[0]) for message in list_messages(cluster)]


@pytest.fixture
def frozen_minute(monkeypatch) -> Callable[[float], None]:
    """Sets the clock of the throttle."""

    def set_to(seconds: float) -> None:
        monkeypatch.setattr(throttle.time, "time", lambda: 1_800_000_000 + seconds)

    set_to(0)
    return set_to
