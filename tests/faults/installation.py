"""An installation of the product whose processes are harmed, and started again where somebody would do that."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

import psutil
import requests

from tests.product.running import Product, free_port, running, until

PREPARE = """
from django.core.files.base import ContentFile
from django.test import Client
from dashboard.models import User
user = User.objects.create_user("olga@example.com", "correct horse battery", name="Olga", role="owner")
client = Client()
client.force_login(user)
print(json.dumps({name: morsel.value for name, morsel in client.cookies.items()}))
"""
# Stored files that no row names, and rows whose file is gone.
FILES = """
from django.apps import apps
from django.conf import settings
from django.db.models import FileField
named = set()
for model in apps.get_models():
    for field in model._meta.get_fields():
        if isinstance(field, FileField) or (model.__name__ == "Export" and field.name == "file"):
            named |= {str(name) for name in model._base_manager.values_list(field.name, flat=True) if name}
root = settings.MEDIA_ROOT
stored = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
print(json.dumps([sorted(stored - named), sorted(named - stored)]))
"""


class Installation:
    """`with Installation(folder) as installation:` runs the product until the end of the block."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.port = free_port()
        self.product: Product
        self.session = requests.Session()
        self.session.trust_env = False

    def __enter__(self) -> "Installation":
        self.start()
        self.session.cookies.update(self.product.ask(PREPARE))  # type: ignore[arg-type]
        self.files_before = self.files()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._running = running(self.data, self.port)
        self.product = self._running.__enter__()

    def stop(self) -> None:
        """End everything of it, also what its launcher has left."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._running.__exit__(None, None, None)
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def start_again_if_it_ended(self) -> bool:
        """What a person or the system would do when `make run` has ended. Returns whether it had."""
        if self.is_launched():
            return False
        for _ in range(40):  # it may be about to end in good order
            if not self.processes():
                break
            time.sleep(0.5)
        self.stop()
        self.start()
        return True

    def is_launched(self) -> bool:
        supervisor = self.data / "run" / "supervisord.pid"
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            return psutil.Process(int(supervisor.read_text())).status() != psutil.STATUS_ZOMBIE
        return False

    def processes(self) -> list[psutil.Process]:
        """All processes of it; those of the studio and the decoder, which know no settings, end by themselves."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("DATA_DIR") == str(self.data):
                    found.append(process)
        return [one for one in found if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]

    def pids(self, target: str) -> list[int]:
        """The processes that a fault means by "worker guard", "web", "everything"."""
        program, _, part = target.partition(" ")
        if program == "everything":
            return [process.pid for process in self.processes()]
        if program == "launcher":
            return [self.product.process.pid]
        if program == "supervisor":
            return [int((self.data / "run" / "supervisord.pid").read_text())]
        main, *others = self.product.pids(program)
        if program in {"web", "poller"}:
            return {"": [main], "children": others}[part]
        guard, *children = others
        return {"": [main], "guard": [guard], "child": children[-1:], "children": children}[part]

    def post(self, path: str) -> requests.Response:
        """A click on a button."""
        self.session.get(f"{self.product.url}/account/", timeout=30)
        token = next(cookie.value for cookie in self.session.cookies if cookie.name.startswith("csrf"))
        return self.session.post(
            f"{self.product.url}{path}", headers={"X-CSRFToken": token or ""}, timeout=30
        )

    def files(self) -> tuple[set[str], set[str]]:
        """Stored files without a row, and rows without their file."""
        without_row, without_file = self.product.ask(FILES)  # type: ignore[misc]
        return set(without_row), set(without_file)

    def new_wrong_files(self) -> list[str]:
        """What is wrong with the files since the start. A file is written a moment before its row names it."""

        def look() -> bool:
            wrong = self.files()
            self.wrong = sorted((wrong[0] - self.files_before[0]) | (wrong[1] - self.files_before[1]))
            return not self.wrong

        until(look, 15, every=3)
        self.files_before = self.files()
        return self.wrong


def send(pids: list[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def hold(pids: list[int], seconds: float) -> None:
    """Stop processes for so long; those that are killed meanwhile need no going on."""
    started = {pid: psutil.Process(pid).create_time() for pid in pids if psutil.pid_exists(pid)}
    send(pids, signal.SIGSTOP)
    time.sleep(seconds)
    for pid, moment in started.items():
        with contextlib.suppress(psutil.Error):
            if psutil.Process(pid).create_time() == moment:
                os.kill(pid, signal.SIGCONT)
