"""Two web servers, two of each worker, two renderers, two pollers, with separate data folders: whatever is killed, everything
that was ordered is made, and made once. CLUSTER_VIDEOS and CLUSTER_EXPORTS say how much is ordered.
"""

import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.cluster.installation import Services, kill, kill_machine, running_machines, running_services
from tests.conftest import FIXTURES
from tests.product.running import ROOT, Product, until
from tests.product.test_crashes import UPLOAD

VIDEOS = int(os.environ.get("CLUSTER_VIDEOS", "8"))
EXPORTS = int(os.environ.get("CLUSTER_EXPORTS", "3"))
SECONDS = 300 + 40 * VIDEOS  # until all are ready: on two cores they wait for each other
pytestmark = [
    pytest.mark.slow,
    pytest.mark.services,
    pytest.mark.timeout(2 * SECONDS + 900),
    # Some eighty processes: alone, and when it is asked for.
    pytest.mark.skipif("CLUSTER_VIDEOS" not in os.environ, reason="make test-cluster runs it"),
]
LEASE_SECONDS = 60  # 45 for a render, and what a busy machine needs to notice
KINDS = ["gif", "webp", "sound"]
LEASED = """
    SELECT 'render' AS what, id, state, holder, extract(epoch FROM clock_timestamp() - lease_until) AS late
    FROM engine_render WHERE lease IS NOT NULL AND state = 'in_progressing'
    UNION ALL SELECT 'video', id, state, holder, extract(epoch FROM clock_timestamp() - lease_until)
    FROM videos_video WHERE lease IS NOT NULL AND state IN ('sending', 'copying')
    UNION ALL SELECT 'export', id, state, holder, extract(epoch FROM clock_timestamp() - lease_until)
    FROM videos_export WHERE lease IS NOT NULL AND state = 'working'
"""
NAMED = """
from django.apps import apps
from django.db.models import FileField
named = set()
for model in apps.get_models():
    for field in model._meta.get_fields():
        if isinstance(field, FileField):
            named |= {str(name) for name in model._base_manager.values_list(field.name, flat=True) if name}
print(json.dumps(sorted(named)))
"""


class Waits:
    """Watches how long anything waits for a process that does not go on with it."""

    def __init__(self, services: Services) -> None:
        self.services, self.longest, self.what = services, 0.0, ""
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self) -> None:
        while not self.ended.wait(1):
            for row in self.services.rows(LEASED):
                if row["late"] > self.longest:
                    self.longest, self.what = float(row["late"]), str(row)

    def __enter__(self) -> "Waits":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with running_services() as found:
        yield found


@pytest.fixture(scope="module")
def machines(services, tmp_path_factory) -> Iterator[list[Product]]:
    folder = tmp_path_factory.mktemp("machines")
    settings = {
        "SECRET_KEY": "the same on all machines, and long enough to be one",
        "ENGINE_TOKEN": "the same token on all machines",
        "SETUP_CODE": "the same code",
        "ENGINE_FETCH_ALLOW": "",  # the web and the bucket are known by their settings
        "ENGINE_VIDEO_SIZE": "128",
        "CG_AVATAR_MAX_IN_FLIGHT": "4",
        "WORKERS": "1",
        "GENERATE_WORKERS": "2",
        "DOWNLOAD_WORKERS": "2",
        "SYNC_MINUTES": "0",
    } | certificate(folder)
    with running_machines(folder, services, settings) as found:
        yield found


def certificate(folder: Path) -> dict[str, str]:
    """As the first machine writes it for the others."""
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("S3_", "DATABASE_", "REDIS_"))
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "export_certificate", str(folder / "certificate")],
        cwd=ROOT,
        env=plain | {"DATA_DIR": str(folder / "first"), "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith("C2PA_"))


def states(services: Services, table: str) -> list[str]:
    return [row["state"] for row in services.rows(f"SELECT state FROM {table} ORDER BY id")]


def order_videos(machine: Product, avatar: object) -> None:
    sound = str(FIXTURES / "speech.wav")
    machine.ask(UPLOAD + f"for _ in range({VIDEOS}): new_video({avatar}, {sound!r})\nprint(1)")


def order_exports(machine: Product) -> int:
    """Of the videos that are ready. Returns how many."""
    order = (
        "import itertools\nfrom videos.exports.services import request_export\n"
        "ready = Video.objects.filter(state='ready').order_by('pk')\n"
        f"pairs = list(itertools.product(ready, {KINDS!r}))[:{EXPORTS}]\n"
        "print(json.dumps(len([request_export(video, kind).pk for video, kind in pairs])))"
    )
    return int(str(machine.ask(UPLOAD + order)))


def harm_one_of_each(services: Services, machines: list[Product]) -> None:
    """Kill one process of each kind but the studio, while others work; empty Redis; restart PostgreSQL."""
    front, other_front, back, other_back = machines
    kill(back.pids("renderer")[:1])
    kill(front.pids("web")[:1])
    services.flush_redis()
    kill(front.pids("poller"))
    kill(other_front.pids("generate")[:1])
    time.sleep(3)
    kill(back.pids("worker")[:1])
    kill(other_back.pids("download")[:1])
    kill(back.pids("rigger")[:1])
    services.restart_postgres()


def test_whatever_is_killed_all_is_made_once(services, machines, capsys):
    front, other_front, back, other_back = machines
    avatar = front.ask(UPLOAD + "print(new_avatar())")
    assert until(lambda: states(services, "avatars_avatar") == ["ready"], 120, every=1)
    started = time.monotonic()
    with Waits(services) as waits:
        order_videos(front, avatar)
        assert until(lambda: "in_progressing" in states(services, "engine_render"), 120, every=0.2)
        harm_one_of_each(services, machines)

        enough = max(2, math.ceil(EXPORTS / len(KINDS)))
        assert until(lambda: states(services, "videos_video").count("ready") >= enough, SECONDS, every=1)
        exports = order_exports(other_front)
        until(lambda: "working" in states(services, "videos_export"), 60, every=0.2)
        kill(back.pids("studio")[:1])
        services.flush_redis()
        # A whole machine, for good: only its leases say that it had work.
        kill_machine(other_back)
        until(lambda: have_all_ended(services), SECONDS, every=1)

    with capsys.disabled():
        print(f"\n{VIDEOS} videos and {exports} exports in {time.monotonic() - started:.0f} s;", end=" ")
        print(f"the longest wait for a dead process was {waits.longest:.0f} s {waits.what}")
        print(front.manage("work_log"))
    check_made_once(services, front)
    assert waits.longest < LEASE_SECONDS, waits.what
    # Both web servers answer, also the one that was killed.
    for one in (front, other_front):
        assert requests.get(f"{one.url}/health/", timeout=20).json()["status"] in {
            "ok",
            "degraded",
            "failing",
        }


def have_all_ended(services: Services) -> bool:
    found = {*states(services, "videos_video"), *states(services, "videos_export")}
    return found <= {"ready", "failed", "unsure", "cancelled"}


def check_made_once(services: Services, machine: Product) -> None:
    """One render for each video, each with files of its own, and no file that nobody names."""
    assert states(services, "videos_video") == ["ready"] * VIDEOS
    assert set(states(services, "videos_export")) == {"ready"}
    renders = services.rows("SELECT state, video FROM engine_render")
    assert [row["state"] for row in renders] == ["finished"] * VIDEOS
    assert len({row["video"] for row in renders}) == VIDEOS
    videos = services.rows("SELECT remote_id, video FROM videos_video")
    assert len({row["remote_id"] for row in videos}) == len({row["video"] for row in videos}) == VIDEOS
    named = set(machine.ask(NAMED))  # type: ignore[call-overload]
    assert until(lambda: services.stored_files() == named, 30, every=3), services.stored_files() ^ named
