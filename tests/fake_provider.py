"""A provider of the Talking CG Avatar API that behaves as the original one is documented.

It answers real HTTP on a local port, and by default does not know `client_ref`. Tests set its `behaviour`.
"""

import contextlib
import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "the-right-token"
PRIVATE = {"mask", "asked_at"}  # of a video; the mask is in no list


@dataclass(frozen=True)
class RawAnswer:
    """The bytes of an answer, status line and headers included; a function for those without end."""

    wire: bytes | Callable[[], Iterable[bytes]]
    is_carried_out: bool = True


@dataclass
class Behaviour:
    """How the provider fails, and in which variant it answers."""

    lose_answers: list[str] = field(
        default_factory=list
    )  # methods whose next call is carried out, but not answered
    refuse: dict[str, tuple[int, Any]] = field(default_factory=dict)  # method -> HTTP status, body
    # Methods, and files as "files/NAME", that are answered when the event is set: before they are carried out,
    hang: dict[str, threading.Event] = field(default_factory=dict)
    # or after it.
    hang_answers: dict[str, threading.Event] = field(default_factory=dict)
    # method and arguments -> how the call is answered instead; None: as usual
    answer_raw: "Callable[[str, dict[str, Any]], RawAnswer | None]" = lambda method, arguments: None
    busy_until: float = 0  # until then every call exceeds the rate limit
    requests_per_minute: int = 0  # more than that in any 60 seconds exceed the rate limit; 0: no limit
    token: str = TOKEN  # the key that it accepts
    seconds_to_make: float | None = None  # a video is finished after that; None: when a test says so
    supports_refs: bool = False
    numbers_as_strings: bool = False
    bare_objects: bool = False


class FakeProvider(ThreadingHTTPServer):
    """The provider, its avatars and videos, and the calls that it got."""

    daemon_threads = True

    def __init__(self, files: dict[str, Path]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files  # the content of /files/NAME
        self.behaviour = Behaviour()
        self.extra: dict[str, Any] = {}  # more fields of new avatars
        self.avatars: dict[str, dict[str, Any]] = {}
        self.videos: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.called_at: list[float] = []  # their times
        self.carried_out: list[tuple[str, str]] = []  # generate calls, each with the reference of the caller
        self.next_ids: list[str] = []  # of the next videos; otherwise random
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, *args: Any) -> None:
        """Whoever was killed while it waited for an answer has closed its connection: no traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*args)

    def count(self, method: str) -> int:
        return sum(1 for name, _ in self.calls if name == method)

    @property
    def most_calls_in_a_minute(self) -> int:
        """In any 60 seconds, whenever they begin."""
        times = sorted(self.called_at)
        return max((sum(start <= at < start + 60 for at in times) for start in times), default=0)

    def link(self, name: str) -> str:
        return f"{self.url}/files/{name}?Expires={int(time.time()) + 3600}"

    def add_avatar(self, **fields: Any) -> dict[str, Any]:
        key = uuid.uuid4().hex[:12]
        preview = {"preview_url": self.link("preview"), "avatar_url": self.link("model.glb")}
        self.avatars[key] = {"avatar_id": key, "gender": "female"} | preview | self.extra | fields
        return self.avatars[key]

    def add_video(self, **fields: Any) -> dict[str, Any]:
        key = self.next_ids.pop(0) if self.next_ids else uuid.uuid4().hex[:12]
        self.videos[key] = {"video_id": key, "status": "pending", "asked_at": time.time()} | fields
        return self.videos[key]

    def finish(self, video_id: str) -> None:
        self.videos[video_id] |= {
            "status": "finished",
            "video_url": self.link("video"),
            "mask": self.link("mask"),
        }

    def finish_due(self) -> None:
        if (seconds := self.behaviour.seconds_to_make) is not None:
            for key, video in list(self.videos.items()):
                if video["status"] == "pending" and video["asked_at"] + seconds <= time.time():
                    self.finish(key)


class _Handler(BaseHTTPRequestHandler):
    server: FakeProvider
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith("/files/"):
            self._file(parts.path.removeprefix("/files/"))
        else:
            self._api(parts.path, {key: values[0] for key, values in parse_qs(parts.query).items()})

    def do_POST(self) -> None:
        self._api(self.path, json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0)))))

    def _api(self, path: str, arguments: dict[str, Any]) -> None:
        method = path.removeprefix("/v1/cg_avatar/")
        behaviour = self.server.behaviour
        now = time.time()
        self.server.calls.append((method, arguments))
        self.server.called_at.append(now)
        self.server.finish_due()
        if self.headers.get("Authorization") != f"Bearer {behaviour.token}":
            return self._answer(401, {"code": 1001, "data": None, "message": "Unauthorized"})
        busy_until = behaviour.busy_until
        if behaviour.requests_per_minute:
            recent = sum(at > now - 60 for at in self.server.called_at)
            if recent > behaviour.requests_per_minute:
                busy_until = now + 60
        if now < busy_until:
            body = {"code": 1009, "message": "Too Many Request", "data": None}
            return self._answer(429, body, {"X-Ratelimit-Reset": str(int(busy_until))})
        if method in behaviour.hang:
            behaviour.hang[method].wait(120)
        if method in behaviour.refuse:
            return self._answer(*behaviour.refuse[method])
        raw = behaviour.answer_raw(method, arguments)
        if raw and not raw.is_carried_out:
            return self._send_raw(raw)
        status, body = self._handle_call(method, arguments)
        if method.endswith(".generate") and status == 200:
            self.server.carried_out.append((method, str(arguments.get("client_ref"))))
        if method in behaviour.hang_answers:
            behaviour.hang_answers[method].wait(120)
        if method in behaviour.lose_answers:
            behaviour.lose_answers.remove(method)
            self.close_connection = True
            self.connection.close()
            return None
        if raw:
            return self._send_raw(raw)
        return self._answer(status, body)

    def _send_raw(self, raw: RawAnswer) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):  # the other side has heard enough
            for part in [raw.wire] if isinstance(raw.wire, bytes) else raw.wire():
                self.wfile.write(part)

    def _handle_call(self, method: str, arguments: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        server, behaviour = self.server, self.server.behaviour
        ref = (
            {"client_ref": arguments["client_ref"]}
            if behaviour.supports_refs and "client_ref" in arguments
            else {}
        )
        unknown = {"code": "10001", "data": None, "message": "File Not Found"}
        if method == "avatar.generate":
            known = [a for a in server.avatars.values() if ref and a.get("client_ref") == ref["client_ref"]]
            item = known[0] if known else server.add_avatar(**ref)
            return 200, self._success(item if behaviour.bare_objects else [item])
        if method == "avatar.list":
            return 200, self._success(list(server.avatars.values()))
        if method == "video.generate":
            if arguments.get("avatar_id") not in server.avatars:
                return 400, unknown
            known = [v for v in server.videos.values() if ref and v.get("client_ref") == ref["client_ref"]]
            item = known[0] if known else server.add_video(**ref)
            return 200, self._success({"video_id": item["video_id"], "status": "pending"})
        if method == "video.get":
            item = server.videos.get(arguments.get("video_id", ""))
            if item is None:
                return 200, unknown  # as documented for jobs: the failure comes with HTTP 200
            shown = {key: value for key, value in item.items() if key not in PRIVATE}
            return 200, self._success(shown | ({"mask_video_url": item["mask"]} if "mask" in item else {}))
        if method == "video.list":
            return 200, self._success(
                [{k: v for k, v in i.items() if k not in PRIVATE} for i in server.videos.values()]
            )
        return 404, unknown

    def _success(self, data: Any) -> dict[str, Any]:
        return {
            "code": "0" if self.server.behaviour.numbers_as_strings else 0,
            "data": data,
            "message": "success",
        }

    def _file(self, name: str) -> None:
        path = self.server.files.get(name)
        if event := self.server.behaviour.hang.get(f"files/{name}"):
            event.wait(120)
        if path is None:
            return self._raw(404, b"gone", "text/plain")
        return self._raw(200, path.read_bytes(), "application/octet-stream")

    def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._raw(status, content, "application/json", headers)

    def _raw(self, status: int, content: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            **(headers or {}),
        }.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)
