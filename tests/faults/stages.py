"""The stages of the work in which a fault comes: how they are reached, and what has to be there in the end."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.conftest import FIXTURES
from tests.faults.installation import Installation
from tests.product.running import until
from tests.product.test_crashes import UPLOAD
from tests.product.test_downloads import SEED
from tests.videos import generated_video

BATCH = """
import uuid
from dashboard.models import User
from avatars.models import Avatar
from videos.batches import services
from videos.models import Voice
voice = Voice.objects.order_by("pk").last()
requests = [(Avatar.objects.get(pk=AVATAR), voice, f"Row {number}", "") for number in (1, 2)]
print(services.create_started(uuid.uuid4(), "Batch", User.objects.get(), requests, {}).pk)
"""
READY_SECONDS = 240
PIECE = 60_000


@dataclass
class Work:
    """Work that was begun: rows of one table that have to become ready, or fail with a sentence."""

    table: str
    where: str  # a condition of SQL
    expected: int  # rows
    retry: str = ""  # the address of "Try again", with the row's key as {}
    orders: str = ""  # the table of what is made for it: so many rows more, not twice as many
    orders_before: int = 0
    background: Callable[[], None] | None = None  # goes on while the fault is there: a browser that uploads


class Stages:
    """The stages of one installation; an avatar that speaks, a voice and a film are there for all of them."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self.site = installation
        self.speech = FIXTURES / "speech.wav"
        self.card = generated_video.make(folder, 16.0, 8.0)
        self.avatar = int(str(self._ask("print(new_avatar())")))
        assert until(lambda: self._value("SELECT state FROM avatars_avatar") == "ready", 90)
        first = self._video()
        assert until(lambda: self.states(first) == ["ready"], 120), self.states(first)
        installation.files_before = installation.files()

    def names(self) -> dict[str, Callable[[], Work | None]]:
        """Each stage by its name; a call begins the work and returns it when the stage is reached."""
        return {
            "avatar being made": self.avatar_being_made,
            "video being made": self.video_being_made,
            "video being copied": self.video_being_copied,
            "export being made": self.export_being_made,
            "batch being made": self.batch_being_made,
            "upload in pieces": self.upload_in_pieces,
        }

    def avatar_being_made(self) -> Work | None:
        before = self._count("engine_rig")
        pk = self._ask("print(new_avatar())")
        work = Work("avatars_avatar", f"id = {pk}", 1, "/avatars/{}/retry/", "engine_rig", before)
        return work if self._reach(lambda: self.states(work) == ["sending"]) else None

    def _video(self) -> Work:
        before = self._count("engine_render")
        pk = self._ask(f"print(new_video({self.avatar}, {str(self.speech)!r}))")
        return Work("videos_video", f"id = {pk}", 1, "/videos/{}/retry/", "engine_render", before)

    def video_being_made(self) -> Work | None:
        work = self._video()
        query = f"SELECT progress > 0 AND state = 'making' FROM videos_video WHERE {work.where}"
        return work if self._reach(lambda: self._value(query)) else None

    def video_being_copied(self) -> Work | None:
        work = self._video()
        return work if self._reach(lambda: self.states(work) == ["copying"]) else None

    def export_being_made(self) -> Work | None:
        card = self.card
        size = f"{generated_video.WIDTH}, {generated_video.HEIGHT}"
        values = f"{str(card.video)!r}, {str(card.mask)!r}, {card.seconds}, {size}"
        pk = self.site.product.ask(SEED + f"print(request_webm({values}))")
        work = Work("videos_export", f"id = {pk}", 1)
        query = f"SELECT progress > 0 FROM videos_export WHERE {work.where}"
        return work if self._reach(lambda: self._value(query)) else None

    def batch_being_made(self) -> Work | None:
        before = self._count("engine_render")
        pk = self.site.product.ask(BATCH.replace("AVATAR", str(self.avatar)))
        where = f"id IN (SELECT video_id FROM videos_batchitem WHERE batch_id = {pk})"
        work = Work("videos_video", where, 2, "/videos/{}/retry/", "engine_render", before)
        return work if self._reach(lambda: "making" in self.states(work)) else None

    def upload_in_pieces(self) -> Work | None:
        name = f"Upload {uuid.uuid4().hex[:8]}"
        pieces = self._send_pieces(name)
        next(pieces)
        return Work("videos_voice", f"name = '{name}'", 1, background=lambda: [*pieces] and None)

    def _send_pieces(self, name: str) -> Iterator[int]:
        """Send a recording as the browser does: again from where the server has it, until it has all of it."""
        content, key, start = self.speech.read_bytes(), str(uuid.uuid4()), 0
        url = f"{self.site.product.url}/videos/voices/new/"
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with suppress(requests.RequestException, StopIteration):
                self.site.session.get(f"{self.site.product.url}/account/", timeout=10)
                token = next(
                    str(one.value) for one in self.site.session.cookies if one.name.startswith("csrf")
                )
                end = min(start + PIECE, len(content))
                headers = {"Idempotency-Key": key, "X-CSRFToken": token, "HX-Request": "true"}
                headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
                file = {"sound": (f"{name}.wav", content[start:end], "audio/wav")}
                answer = self.site.session.post(url, files=file, headers=headers, timeout=30)
                if answer.status_code == 200:
                    return
                if answer.status_code in {202, 409}:
                    start = answer.json()["received"]
                    yield start
                    continue
            time.sleep(1)

    # -- what is in the database

    def states(self, work: Work) -> list[str]:
        if work.table == "videos_voice":
            return ["ready"] * int(str(self._value(f"SELECT count(*) FROM {work.table} WHERE {work.where}")))
        found = self._value(f"SELECT coalesce(group_concat(state), '') FROM {work.table} WHERE {work.where}")
        return str(found).split(",") if found else []

    def failures(self, work: Work) -> list[tuple[int, str]]:
        """The keys of failed rows, and what they say."""
        if work.table == "videos_voice":
            return []
        rows = f"SELECT coalesce(group_concat(id || ' ' || error, '|'), '') FROM {work.table}"
        found = str(self._value(f"{rows} WHERE state IN ('failed', 'unsure', 'cancelled') AND {work.where}"))
        return [(int(one.split(" ")[0]), one.partition(" ")[2]) for one in found.split("|") if one]

    def orders(self, work: Work) -> int:
        return self._count(work.orders) - work.orders_before if work.orders else work.expected

    def _count(self, table: str) -> int:
        return int(str(self._value(f"SELECT count(*) FROM {table}")))

    def _value(self, query: str) -> object:
        return next(iter(self.site.product.row(query).values()))

    def _ask(self, code: str) -> object:
        return self.site.product.ask(UPLOAD + code)

    @staticmethod
    def _reach(condition: Callable[[], object]) -> bool:
        return bool(until(condition, 90, every=0.02))
