"""What `make run` starts: prepares the data folder, then starts all processes and runs until Ctrl-C."""

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any

import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from dashboard.config import env
from dashboard.health import start_checks
from dashboard.metrics.requests_seen import delete_counts
from dashboard.models import User
from dashboard.processes import data_lock, machine, supervisor
from dashboard.processes.heartbeat import have_begun
from dashboard.provenance import certificates

READY_SECONDS = 60


class Command(BaseCommand):
    help = "Prepares everything and runs the product; Ctrl-C stops it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--only",
            default=env.text("ONLY"),
            metavar="web,worker,...",
            help="the processes that this machine runs, where several share the work (see docs/scaling.md)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.only = machine.read_only(options["only"])
            machine.check_shared_settings(self.only)
        except machine.SettingsMissing as error:
            raise CommandError(str(error)) from None
        self.programs = supervisor.list_programs(self.only)
        self.has_web = any(program.name == "web" for program in self.programs)
        folder = settings.DATA_DIR / "run"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        control = control_socket(folder)
        if is_answering(control):
            running = data_lock.read(folder)  # its address may be another than what is set now
            where = running.address if running else address()
            self.stdout.write(f"Already running at {where}. {how_to_stop(folder)}")
            return
        with lock_data_folder(folder) as lock:
            if self.has_web:
                self.check_port()
            check_output()
            self.prepare()
            config = folder / "supervisord.conf"
            config.write_text(supervisor.render_configuration(folder, control, self.programs))
            self.run(config, lock)

    def check_port(self) -> None:
        family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.HOST, settings.PORT))
            except socket.gaierror:
                raise CommandError(f"HOST={settings.HOST} is not an address of this machine.") from None
            except OSError as error:
                raise CommandError(
                    f"{settings.HOST}:{settings.PORT} cannot be used ({error.strerror}). Another program may be "
                    f"there; choose another port, for example: PORT={settings.PORT + 1} make run"
                ) from None

    def prepare(self) -> None:
        self.stdout.write("Preparing the database and the files...")
        try:
            start_checks.check_services()
            with machine.one_at_a_time(self.stdout.write):
                check_history()
                call_command("migrate", verbosity=0, interactive=False)
                call_command("createcachetable", verbosity=0)
        except start_checks.ServiceUnusable as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            where = "at DATABASE_URL" if settings.DATABASE_URL else f"in {settings.DATA_DIR}"
            raise CommandError(f"The database {where} cannot be used: {error}.") from error
        delete_counts(settings.DATA_DIR / "run" / "metrics")
        if self.has_web:
            call_command("collectstatic", verbosity=0, interactive=False, clear=False)
        try:
            certificates.check_settings()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error

    def run(self, config: Path, lock: IO[str]) -> None:
        stopped = False

        def stop(*_: object) -> None:
            nonlocal stopped
            if not stopped:
                stopped = True
                self.stdout.write("\nStopping... (unfinished work continues at the next start)")
                process.send_signal(signal.SIGTERM)

        process = subprocess.Popen(  # noqa: S603 - our own supervisor, no shell
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)],
            cwd=settings.BASE_DIR,
            env=child_environment(),
            pass_fds=[
                lock.fileno()
            ],  # while supervisor runs, also without this process, the folder is in use
            # A session of its own: only this process gets Ctrl-C, and stops the others in order.
            start_new_session=True,
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
        if self.wait_until_ready(process):
            self.welcome()
        code = process.wait()
        if not stopped and code:
            raise CommandError(f"The app stopped unexpectedly. {where_logs_are()}")
        self.stdout.write("Stopped.")

    def wait_until_ready(self, process: subprocess.Popen) -> bool:
        deadline = time.monotonic() + READY_SECONDS
        kinds = {program.heartbeat for program in self.programs if program.heartbeat}
        while process.poll() is None and time.monotonic() < deadline:
            if is_web_answering() if self.has_web else have_begun(kinds):
                return True
            time.sleep(0.2 if self.has_web else 1)
        if process.poll() is None:
            what = "The web server is not responding" if self.has_web else "Not everything has started"
            self.stderr.write(f"{what} yet. {where_logs_are()}")
        return False

    def welcome(self) -> None:
        if self.only:
            self.stdout.write(f"This machine runs: {', '.join(program.name for program in self.programs)}.")
        if not self.has_web:
            self.stdout.write("Ready. Press Ctrl-C to stop.")
            self.stdout.flush()
            return
        self.stdout.write(f"Ready: open {address()} in a browser. Press Ctrl-C to stop.")
        if not User.objects.exists():
            link = f"{settings.BROWSER_URL}/setup/?code={settings.SETUP_CODE}"
            self.stdout.write(f"To create the first account, use this set-up code: {settings.SETUP_CODE}")
            self.stdout.write(f"Or open this link, with the code already filled in: {link}")
        self.stdout.flush()


def is_web_answering() -> bool:
    with contextlib.suppress(requests.RequestException), requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{settings.LOCAL_URL}/health/", timeout=2)
        # It answers: something else that does not work is said on the pages.
        return answer.ok or answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    return False


def where_logs_are() -> str:
    if settings.LOG_TO == "CONSOLE":
        return "The lines above may say why."
    return f"See the logs in {settings.DATA_DIR / 'logs'}."


def check_output() -> None:
    """Refuse LOG_TO=console where the output cannot be opened a second time: nothing would start."""
    if settings.LOG_TO != "CONSOLE":
        return
    try:
        with open(supervisor.OUTPUT, "ab"):
            pass
    except OSError as error:
        raise CommandError(
            f"LOG_TO=console does not work with this output ({error.strerror}). Unset it: then the logs are in "
            f"{settings.DATA_DIR / 'logs'}."
        ) from None


def check_history() -> None:
    """Refuse a database that another version of the product has made: migrating it would do damage."""
    loader = MigrationLoader(connection)
    ours = {"dashboard", "avatars", "videos", "engine"}
    unknown = [
        name for name in loader.applied_migrations if name[0] in ours and name not in loader.disk_migrations
    ]
    if unknown:
        raise CommandError(
            f"The data in {settings.DATA_DIR} was made by another version of this product. Start that version, or "
            "choose another folder, for example: DATA_DIR=data-new make run"
        )


def lock_data_folder(folder: Path) -> IO[str]:
    """The lock of the data folder, which no other start has; what an earlier one has left over is ended."""
    try:
        return data_lock.acquire(folder, address(), wait_seconds=supervisor.STOP_SECONDS + 5)
    except data_lock.DataFolderInUse as error:
        raise CommandError(
            f"The data in {settings.DATA_DIR} is in use by another start of this product. {error}"
        ) from None


def address() -> str:
    if settings.EVERYWHERE and not settings.PUBLIC_URL:
        return f"http://{socket.gethostname()}:{settings.PORT} (on this machine: {settings.BROWSER_URL})"
    return settings.BROWSER_URL


def child_environment() -> dict[str, str]:
    # The children must use the settings that were checked here, also from another working directory.
    return os.environ | {"DATA_DIR": str(settings.DATA_DIR), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}


def how_to_stop(folder: Path) -> str:
    """Also for a terminal that was closed, which leaves the processes running."""
    try:
        pid = int((folder / "supervisord.pid").read_text())
    except (OSError, ValueError):
        return "Press Ctrl-C in its terminal to stop it."
    return f"Press Ctrl-C in its terminal to stop it, or run: kill {pid}"


def control_socket(folder: Path) -> Path:
    """supervisor's socket; in the temporary folder where the path would exceed the 100 characters of a socket's name."""
    path = folder / "supervisor.sock"
    if len(str(path)) < 90:
        return path
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"avatars-{digest}.sock"


def is_answering(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
