"""An installation of the product whose processes are harmed, and started again where somebody would do that."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import psutil
import requests

from tests.faults.console import MARK, Console
from tests.product.running import ROOT, Product, free_port, running, until

PARTS = ("", " guard", " worker", " monitor", " pusher", " children")  # of a cluster; "": its main process


class Installation:
    """`with Installation(folder) as installation:` runs the product until the end of the block.

    `settings`: more of the README's, for example another provider.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.data = folder / "data"
        self.settings = settings
        self.port = free_port()
        self.product: Product
        self.session = requests.Session()
        self.session.trust_env = False

    def __enter__(self) -> "Installation":
        self.start()
        self.console = Console(str(ROOT), self.product.environment)
        self.session.cookies.update(self.console.call("sign_in"))
        self.files_before = self.find_wrong_files()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.console.close()
        self.stop()

    def start(self) -> None:
        self._running = running(self.data, self.port, **self.settings)
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
                environ = process.environ()
                if environ.get("DATA_DIR") == str(self.data) and MARK not in environ:
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
        until(lambda: len(self.product.pids(program)) > (0 if program == "poller" else 2), 40)
        main, *others = self.product.pids(program)
        if program in {"web", "poller"}:
            return {"": [main], "children": others}[part]
        guard, *children = others
        # In the order in which django-q2 forks them; a worker that is at work rather than one that is not.
        *workers, monitor, pusher = children
        at_work = (
            [pid for pid in workers if pid in self.console.call("list_holders")] if part == "worker" else []
        )
        found = {
            "": main,
            "guard": guard,
            "worker": (at_work or workers)[0],
            "monitor": monitor,
            "pusher": pusher,
        }
        return children if part == "children" else [found[part]]

    def post(self, path: str) -> requests.Response:
        """A click on a button."""
        return self.session.post(
            f"{self.product.url}{path}", headers={"X-CSRFToken": self.fetch_token()}, timeout=30
        )

    def fetch_token(self) -> str:
        """Django's token for forms, of a page that is opened for it."""
        self.session.get(f"{self.product.url}/account/", timeout=30)
        return next((str(one.value) for one in self.session.cookies if one.name.startswith("csrf")), "")

    def value(self, query: str) -> object:
        """The first column of a row of the database."""
        return next(iter(self.product.row(query).values()))

    def is_healthy(self) -> bool:
        """Whether /health/ says that everything works."""
        with contextlib.suppress(requests.RequestException):
            return self.session.get(f"{self.product.url}/health/", timeout=30).ok
        return False

    def find_new_wrong_files(self) -> list[str]:
        """What is wrong with the files since the last look. A file is written a moment before its row names it."""

        def look() -> bool:
            self.wrong = sorted(self.find_wrong_files() - self.files_before)
            return not self.wrong

        until(look, 15, every=3)
        self.files_before = self.find_wrong_files()
        return self.wrong

    def find_wrong_files(self) -> set[str]:
        without_row, without_file = self.console.call("find_wrong_files")
        return {f"no row: {name}" for name in without_row} | {f"no file: {name}" for name in without_file}


def send(pids: Sequence[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def hold(site: Installation, pids: Sequence[int], seconds: float, *, expire: bool = True) -> None:
    """Stop processes for so long; those that are killed meanwhile need no going on.

    `expire`: what they hold runs out after a moment, as if they stood still for longer than any lease.
    """
    started = {pid: psutil.Process(pid).create_time() for pid in pids if psutil.pid_exists(pid)}
    send(pids, signal.SIGSTOP)
    time.sleep(3)
    if expire:
        with contextlib.suppress(RuntimeError):  # one of them stands in the middle of a transaction
            site.console.call("expire_leases", list(pids))
    time.sleep(max(seconds - 3, 0))
    for pid, moment in started.items():
        with contextlib.suppress(psutil.Error):
            if psutil.Process(pid).create_time() == moment:
                os.kill(pid, signal.SIGCONT)
