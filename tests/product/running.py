"""The product as `make run` starts it, on a free port and with a data folder of its own."""

import contextlib
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Product:
    process: subprocess.Popen
    data: Path
    url: str
    output: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.data, int(self.url.rsplit(":", 1)[1])) | self.settings

    def manage(self, *arguments: str) -> str:
        """What a `manage.py` command prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, code: str) -> object:
        """The value that a piece of code in the product's own shell prints as JSON in its last line."""
        return json.loads(self.manage("shell", "-v0", "-c", "import json\n" + code).strip().splitlines()[-1])

    def row(self, query: str, *values: object) -> dict[str, object]:
        """One row of the product's database, read beside it: a look costs no second process."""
        with contextlib.closing(sqlite3.connect(self.data / "db.sqlite3", timeout=20)) as database:
            database.row_factory = sqlite3.Row
            return dict(database.execute(query, values).fetchone())

    def pids(self, program: str) -> list[int]:
        """The main process of a program first, then its children."""
        marks = {
            "worker": "cluster worker",
            "generate": "cluster generate",
            "download": "cluster download",
            "studio": "cluster studio",
            "poller": "manage.py poll",
            "web": "gunicorn dashboard.wsgi",
            "renderer": "cluster engine",
            "rigger": "cluster rig",
        }
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environ = (entry / "environ").read_bytes()
                if marks.get(program, program) in command and f"DATA_DIR={self.data}\0".encode() in environ:
                    pid = int(entry.name)
                    found.append((pid != os.getpgid(pid), pid))
        return [pid for _, pid in sorted(found)]

    def log(self, program: str) -> str:
        return (self.data / "logs" / f"{program}.log").read_text()

    def setup_code(self) -> str:
        found = re.search(r"set-up code: (\S+)", self.output.read_text())
        assert found, self.output.read_text()
        return found[1]


def environment(data: Path, port: int) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "CG_AVATAR_"))}
    own = {"DATA_DIR": str(data), "HOST": "127.0.0.1", "PORT": str(port)}
    # Tests hand out their files from a port of this machine.
    allowed = {"ENGINE_FETCH_ALLOW": "127.0.0.1/32", "ENGINE_REQUESTS_PER_MINUTE": "1000"}
    return kept | own | allowed | {"DJANGO_SETTINGS_MODULE": "dashboard.settings"}


def free_port() -> int:
    """Of those that no system hands out by itself: nobody else gets it before the product has it."""
    for port in random.sample(range(15_000, 30_000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


@contextlib.contextmanager
def running(data: Path, port: int | None = None, **settings: str) -> Iterator[Product]:
    """`settings`: more of the README's, for example another provider."""
    port = port or free_port()
    output = data.with_suffix(".out")
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", "launch"],
            cwd=ROOT,
            env=environment(data, port) | settings,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    product = Product(process, data, f"http://127.0.0.1:{port}", output, settings)
    try:
        deadline = time.monotonic() + 240  # the cores may be busy with other things
        while "Ready" not in output.read_text():
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.2)
        yield product
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def until(true: object, seconds: float, every: float = 0.3) -> object:
    """The first true value that a call returns within the time, else its last."""
    deadline = time.monotonic() + seconds
    while not (value := true()) and time.monotonic() < deadline:
        time.sleep(every)
    return value
