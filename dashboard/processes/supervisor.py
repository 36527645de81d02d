"""Which processes make up the product, as a configuration for supervisor.

supervisor gives each child a process group of its own, signals its main process alone (a group signal would hang
django-q2's main process) and restarts what died.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

STOP_SECONDS = 10  # then the whole group is killed; a render goes on from its row at the next start


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def programs() -> list[Program]:
    python = sys.executable
    bind = (
        f"[{settings.HOST}]:{settings.PORT}" if ":" in settings.HOST else f"{settings.HOST}:{settings.PORT}"
    )
    manage = [python, str(settings.BASE_DIR / "manage.py")]
    gunicorn = [python, "-m", "gunicorn", "dashboard.wsgi", "--bind", bind]
    # A generate call may hold a thread for as long as its avatar takes: many threads, little memory each.
    gunicorn += ["--worker-class", "gthread", "--workers", "2", "--threads", "12", "--timeout", "120"]
    gunicorn += ["--graceful-timeout", "5", "--max-requests", "20000", "--max-requests-jitter", "2000"]
    # The poll of a batch's page says in its address what it shows of each row: 500 rows are up to 5,000 letters.
    gunicorn += ["--no-control-socket", "--limit-request-line", "8190"]
    found = [
        Program("web", gunicorn),
        Program("worker", [*manage, "cluster", "worker"]),
        Program("generate", [*manage, "cluster", "generate"], {"Q_CLUSTER_NAME": "generate"}),
        Program("studio", [*manage, "cluster", "studio"], {"Q_CLUSTER_NAME": "studio"}),
        Program("poller", [*manage, "poll"]),
    ]
    if settings.EMBEDDED:
        found += [
            Program("rigger", [*manage, "cluster", "rig"], {"Q_CLUSTER_NAME": "rig"}),
            Program("renderer", [*manage, "cluster", "engine"], {"Q_CLUSTER_NAME": "engine"}),
        ]
    return found


def configuration(folder: Path, socket: Path) -> str:
    """The text of supervisord.conf; `folder` takes the pid file, logs go beside it."""
    logs = folder.parent / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    lines = [
        "[supervisord]",
        f"logfile={_escaped(logs / 'supervisord.log')}",
        "logfile_maxbytes=2MB",
        "logfile_backups=2",
        f"pidfile={_escaped(folder / 'supervisord.pid')}",
        f"childlogdir={_escaped(logs)}",
        "nodaemon=true",
        "silent=true",
        "",
        # The socket says that we run and lets `supervisorctl` look inside; mode 0700, no password needed.
        "[unix_http_server]",
        f"file={_escaped(socket)}",
        "chmod=0700",
        "",
        "[supervisorctl]",
        f"serverurl=unix://{_escaped(socket)}",
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        "",
        # Groups are stopped one after the other, the programs of one group together.
        "[group:product]",
        "programs=" + ",".join(program.name for program in programs()),
    ]
    for program in programs():
        environment = {"PYTHONUNBUFFERED": "1"} | program.environment
        lines += [
            "",
            f"[program:{program.name}]",
            "command=" + " ".join(_quoted(part) for part in program.command),
            f"directory={_escaped(settings.BASE_DIR)}",
            "environment=" + ",".join(f'{key}="{_escaped(value)}"' for key, value in environment.items()),
            "autorestart=true",
            "startsecs=2",
            "startretries=1000",
            f"stopwaitsecs={STOP_SECONDS}",
            "killasgroup=true",
            "redirect_stderr=true",
            # This one value supervisor expands twice.
            f"stdout_logfile={_escaped(_escaped(logs / (program.name + '.log')))}",
            "stdout_logfile_maxbytes=5MB",
            "stdout_logfile_backups=3",
        ]
    return "\n".join(lines) + "\n"


def _escaped(value: object) -> str:
    """supervisor expands % in every value."""
    return str(value).replace("%", "%%")


def _quoted(part: str) -> str:
    return '"' + _escaped(part).replace('"', '\\"') + '"' if " " in part else _escaped(part)
