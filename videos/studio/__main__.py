"""The child process: one request, progress, one answer (see the docstring of the package)."""

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

from dashboard.uploads.decoder.confinement import confine
from dashboard.uploads.decoder.full_disk import comes_from_full_disk
from dashboard.uploads.decoder.limits import restrict

MIN_PROGRESS_SECONDS = 0.5  # between two messages
TOO_LARGE = "The file would be too large. Use a shorter video."


class MessageWriter:
    """Writes lines of JSON for the parent process, and limits how often it reports progress."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(descriptor, "w", buffering=1)
        self._last = (0.0, -1)  # when progress was reported, and which percentage

    def report_progress(self, part: float) -> None:
        """Report how much is done, 0 to 1."""
        now, percent = time.monotonic(), min(max(int(part * 100), 0), 99)
        if percent > self._last[1] and now - self._last[0] >= MIN_PROGRESS_SECONDS:
            self._last = (now, percent)
            self.send({"progress": percent})

    def send(self, message: dict[str, Any]) -> None:
        """Write one message."""
        self._file.write(json.dumps(message) + "\n")


def end_with_parent() -> None:
    """Exit when stdin is closed: then the parent process has ended."""
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    os._exit(1)


def main() -> None:
    """Read a request, make the file, write the answer."""
    # Anything that libraries print to stdout is redirected to stderr.
    writer = MessageWriter(os.dup(1))
    os.dup2(2, 1)
    request: dict[str, Any] = json.loads(_read_line())
    inputs = [Path(request[name]) for name in ("video", "mask", "picture") if request.get(name)]
    confine([path for path in inputs if path.exists()], [Path(request["target"]).parent])
    threading.Thread(target=end_with_parent, daemon=True).start()
    restrict(request["limits"])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that writing raises OSError (EFBIG) instead
    # Imported after the limits are set, because these load the decoders.
    from videos.studio import StudioError
    from videos.studio.make_file import make_file

    try:
        make_file(request, writer.report_progress)
        answer: dict[str, Any] = {"ok": {"size": Path(request["target"]).stat().st_size}}
    except StudioError as error:
        answer = {"full": True} if comes_from_full_disk(error) else {"refused": str(error)}
    except OSError as error:  # FFmpeg's errors are of this kind too
        if error.errno == errno.EFBIG:
            answer = {"refused": TOO_LARGE}
        elif comes_from_full_disk(error):
            answer = {"full": True}
        else:
            raise
    writer.send(answer)
    # There is nothing to clean up, and some libraries crash when they are unloaded.
    sys.stderr.flush()
    os._exit(0)


def _read_line() -> bytes:
    """The request, read byte by byte, because `end_with_parent` reads what follows."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(0, 1)):
        line += byte
    return line


if __name__ == "__main__":
    main()
