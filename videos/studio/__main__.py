"""One request, progress, one answer (see this package's docstring). The limits are set before anything is decoded."""

import contextlib
import errno
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from dashboard.uploads.decoder.limits import restrict

TELL_SECONDS = 0.5
TOO_LARGE = "The file would be too large. Use a shorter video."


class Wire:
    """Lines of JSON to whoever asked, progress not more often than they can be of use."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(descriptor, "w", buffering=1)
        self._told = (0.0, -1)

    def tell(self, part: float) -> None:
        now, percent = time.monotonic(), min(max(int(part * 100), 0), 99)
        if percent > self._told[1] and now - self._told[0] >= TELL_SECONDS:
            self._told = (now, percent)
            self.answer({"progress": percent})

    def answer(self, said: dict[str, Any]) -> None:
        self._file.write(json.dumps(said) + "\n")


def end_with_parent() -> None:
    """Whoever asked keeps our stdin open. When it closes they are gone, and nobody wants the rest."""
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    os._exit(1)


def main() -> None:
    # Libraries print where they like: what they say to stdout goes to stderr.
    wire = Wire(os.dup(1))
    os.dup2(2, 1)
    request: dict[str, Any] = json.loads(_line())
    threading.Thread(target=end_with_parent, daemon=True).start()
    restrict(request["limits"])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing fails then, which can be told
    # Only now, within the limits, the libraries that decode.
    from videos.studio import Refused
    from videos.studio.dispatch import make

    try:
        make(request, wire.tell)
        answer: dict[str, Any] = {"ok": {"size": Path(request["target"]).stat().st_size}}
    except Refused as error:
        answer = {"refused": str(error)}
    except OSError as error:  # FFmpeg's own errors are of this kind too
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        answer = {"refused": TOO_LARGE} if error.errno == errno.EFBIG else {"full": True}
    wire.answer(answer)
    # Nothing to tidy up, and some libraries crash while they try.
    sys.stderr.flush()
    os._exit(0)


def _line() -> bytes:
    """The request, byte by byte: nothing may be read ahead of what `end_with_parent` waits for."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(0, 1)):
        line += byte
    return line


if __name__ == "__main__":
    main()
