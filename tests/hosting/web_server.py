"""The web process alone, with two gunicorn workers, on a free port and with a data folder of its own."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.services import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90


@dataclass
class WebServer:
    url: str
    data: Path
    log: Path
    environment: dict[str, str]

    def run(self, code: str) -> str:
        """What a piece of code prints in the product's shell."""
        return _run([sys.executable, "manage.py", "shell", "-v0", "-c", code], self.environment)


@contextlib.contextmanager
def run_web_server(folder: Path, **settings: str) -> Iterator[WebServer]:
    """Start it with these settings; it answers when the block begins."""
    port = free_port()
    data, log = folder / "data", folder / "web.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    environment = kept | {"DATA_DIR": str(data), "PORT": str(port)} | settings
    for command in (["migrate", "-v0"], ["createcachetable"], ["collectstatic", "-v0", "--noinput"]):
        _run([sys.executable, "manage.py", *command], environment)
    gunicorn = [sys.executable, "-m", "gunicorn", "dashboard.wsgi", "--bind", f"127.0.0.1:{port}"]
    gunicorn += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket"]
    if settings.get("LOG_FORMAT") == "json":
        gunicorn += ["--logger-class", "dashboard.logs.json_lines.GunicornLogger"]
    with log.open("wb") as output:
        process = subprocess.Popen(gunicorn, cwd=ROOT, env=environment, stdout=output, stderr=output)
    server = WebServer(f"http://127.0.0.1:{port}", data, log, environment)
    try:
        wait_until_it_answers(f"{server.url}/health/live", process, log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(requests.RequestException):
            requests.get(url, timeout=10, verify=False, allow_redirects=False)
            return
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
