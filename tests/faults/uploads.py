"""A browser that sends a file in pieces and goes on whatever happens, as static/js/upload.js does."""

import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path

import requests

from tests.consent import PORTRAIT, VOICE
from tests.faults.installation import Installation

PIECES = 3
WAIT_SECONDS = 240


class PiecewiseUpload:
    """Sends the first piece at once and the others after `go_on`."""

    def __init__(self, site: Installation, kind: str, path: Path) -> None:
        self.site, self.kind = site, kind
        self.name = f"{kind.capitalize()} {uuid.uuid4().hex[:8]}"
        self._file = f"{self.name}{path.suffix}"
        self._content, self._key, self._start = path.read_bytes(), str(uuid.uuid4()), 0
        self._is_stopped = False
        self._send_piece()
        self._thread = threading.Thread(target=self._send_the_rest, daemon=True)

    def go_on(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_stopped = True
        self._thread.join(60)

    def _send_the_rest(self) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not self._is_stopped and time.monotonic() < deadline:
            with suppress(requests.RequestException):
                if self._send_piece():
                    return
            time.sleep(1)

    def _send_piece(self) -> bool:
        """Whether it was the last one and the file is there."""
        end = min(self._start + len(self._content) // PIECES + 1, len(self._content))
        headers = {"Idempotency-Key": self._key, "X-CSRFToken": self.site.fetch_token(), "HX-Request": "true"}
        headers["Content-Range"] = f"bytes {self._start}-{end - 1}/{len(self._content)}"
        address, field, consent = {
            "recording": ("/videos/voices/new/", "sound", VOICE),
            "portrait": ("/avatars/upload/", "portraits", PORTRAIT),
        }[self.kind]
        piece = {field: (self._file, self._content[self._start : end])}
        url = f"{self.site.product.url}{address}"
        answer = self.site.session.post(url, data=consent, files=piece, headers=headers, timeout=60)
        if answer.status_code in {202, 409}:
            self._start = answer.json()["received"]
        return answer.status_code == 200
