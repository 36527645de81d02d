"""The processes of the product, as a configuration for supervisor.

supervisor gives each child a process group of its own, signals only its main process (a signal to the group would hang
the main process of django-q2), and restarts it when it ends.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

LOCAL_POLLER = "local-poller"
OUTPUT = "/dev/fd/1"  # of supervisor, which is that of `launch`
STOP_SECONDS = 10  # then the group is killed; a render continues from its row at the next start


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    orphan_signal: str = "SIGTERM"  # what the process gets when supervisor is gone
    heartbeat: str = ""  # the kind of its heartbeat; the web server has none


def list_programs(only: Sequence[str] = ()) -> list[Program]:
    """The processes of the product, or those of them that this machine runs."""
    found = _list_all()
    if not only:
        return found
    chosen = [program for program in found if program.name in only]
    if "poller" not in only:
        # What the poller does for its machine alone: old work folders, processes that stand still.
        chosen.append(Program(LOCAL_POLLER, [*_manage(), "poll", "--local"], heartbeat=LOCAL_POLLER))
    return chosen


def _manage() -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py")]


def _list_all() -> list[Program]:
    python = sys.executable
    bind = (
        f"[{settings.HOST}]:{settings.PORT}" if ":" in settings.HOST else f"{settings.HOST}:{settings.PORT}"
    )
    manage = _manage()
    gunicorn = [python, "-m", "gunicorn", "dashboard.wsgi", "--bind", bind]
    # A generate call may hold a thread for as long as its avatar takes: many threads, little memory each.
    gunicorn += ["--worker-class", "gthread", "--workers", "2", "--threads", "12", "--timeout", "120"]
    gunicorn += ["--graceful-timeout", "5", "--max-requests", "20000", "--max-requests-jitter", "2000"]
    # The poll of a batch's page has up to 5,000 characters in its address: what it shows of 500 rows.
    gunicorn += ["--no-control-socket", "--limit-request-line", "8190"]
    if settings.LOG_FORMAT == "JSON":
        gunicorn += ["--logger-class", "dashboard.logs.json_lines.GunicornLogger"]
    found = [
        # Its many threads share connections; the other processes have one thread each, and fork.
        Program("web", gunicorn, {"DATABASE_POOL": "yes"} if settings.DATABASE_URL else {}),
        _cluster("worker", manage),
        _cluster("generate", manage),
        _cluster("download", manage),
        _cluster("studio", manage),
        Program("poller", [*manage, "poll"], heartbeat="poller"),
    ]
    if settings.EMBEDDED:
        found += [
            _cluster("rig", manage, program="rigger"),
            _cluster("engine", manage, program="renderer"),
        ]
    return found


def _cluster(name: str, manage: list[str], program: str = "") -> Program:
    environment = {} if name == "worker" else {"Q_CLUSTER_NAME": name}
    # Killed, because SIGTERM would have it finish its tasks first, for which there may be an hour.
    return Program(program or name, [*manage, "cluster", name], environment, "SIGKILL", heartbeat=name)


def render_configuration(folder: Path, socket: Path, programs: Sequence[Program]) -> str:
    """The text of supervisord.conf; `folder` is for the pid file, logs are beside it."""
    logs = folder.parent / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    lines = [
        "[supervisord]",
        f"logfile={_escape(logs / 'supervisord.log')}",
        "logfile_maxbytes=2MB",
        "logfile_backups=2",
        f"pidfile={_escape(folder / 'supervisord.pid')}",
        f"childlogdir={_escape(logs)}",
        "nodaemon=true",
        "silent=true",
        "",
        # For `launch`, which looks whether we run, and for `supervisorctl`. Mode 0700: no password needed.
        "[unix_http_server]",
        f"file={_escape(socket)}",
        "chmod=0700",
        "",
        "[supervisorctl]",
        f"serverurl=unix://{_escape(socket)}",
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        "",
        # Groups are stopped one after the other, the programs of one group together.
        "[group:product]",
        "programs=" + ",".join(program.name for program in programs),
    ]
    start = [sys.executable, "-m", "dashboard.processes.start_child", str(folder)]
    for program in programs:
        environment = {"PYTHONUNBUFFERED": "1"} | program.environment
        lines += [
            "",
            f"[program:{program.name}]",
            "command=" + " ".join(_quote(part) for part in [*start, program.orphan_signal, *program.command]),
            f"directory={_escape(settings.BASE_DIR)}",
            "environment=" + ",".join(f'{key}="{_escape(value)}"' for key, value in environment.items()),
            "autorestart=true",
            "startsecs=2",
            "startretries=1000",
            f"stopwaitsecs={STOP_SECONDS}",
            "killasgroup=true",
            "redirect_stderr=true",
            *_render_log(logs / f"{program.name}.log"),
        ]
    return "\n".join(lines) + "\n"


def _render_log(path: Path) -> list[str]:
    """Where the lines of a program go."""
    if settings.LOG_TO == "CONSOLE":
        return [f"stdout_logfile={OUTPUT}", "stdout_logfile_maxbytes=0"]
    return [
        f"stdout_logfile={_escape(_escape(path))}",  # supervisor expands this one value twice
        "stdout_logfile_maxbytes=5MB",
        "stdout_logfile_backups=3",
    ]


def _escape(value: object) -> str:
    """supervisor expands % in every value."""
    return str(value).replace("%", "%%")


def _quote(part: str) -> str:
    return '"' + _escape(part).replace('"', '\\"') + '"' if " " in part else _escape(part)
