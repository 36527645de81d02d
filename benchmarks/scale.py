"""What more machines bring: python benchmarks/scale.py [--renderers 1,2,4] [--videos 8] [--seconds 10] [--skip render,orders]

1. render: a whole product on this machine makes videos, with so many renderers: CPU seconds for each second of video by
   kind of process, and the share that is not rendering. On a machine with few cores more renderers share them.
2. orders: what one PostgreSQL takes. Each order is a row with all transactions of its life (created, claimed, sent,
   progress, copied, ready), by so many processes at once, with a Redis broker; the server waits for its disk.
3. waiting: how long a video waits for a renderer, by simulation: orders at random moments (Poisson), one after the other,
   to 1 to 100 render machines.

PostgreSQL and Redis are started by the benchmark (tests/services.py). Numbers of a run are in docs/scaling.md.
"""

from __future__ import annotations

import argparse
import heapq
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
KINDS = ("renderer", "rigger", "web", "worker", "generate", "download", "studio", "poller")
RENDER_SECONDS = 40.0  # of one video on one machine, for the simulation
MACHINES = (1, 2, 4, 10, 30, 100)
LOADS = (0.5, 0.8, 0.9, 0.95)
SIMULATED = 200_000  # videos


def measure_render(renderers: int, videos: int) -> None:
    """Make videos with a product of its own and print what they took."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.product.running import running, until
    from tests.product.test_crashes import FIXTURES, UPLOAD

    settings = {
        "RENDERERS": str(renderers),
        "CG_AVATAR_MAX_IN_FLIGHT": str(2 * renderers),
        "SYNC_MINUTES": "0",
    }
    with (
        tempfile.TemporaryDirectory(prefix="scale-") as folder,
        running(Path(folder) / "data", **settings) as product,
    ):
        avatar = product.ask(UPLOAD + "print(new_avatar())")
        ready = "SELECT count(*) AS number FROM {} WHERE state = 'ready'"
        assert until(lambda: product.row(ready.format("avatars_avatar"))["number"] == 1, 300)
        before, started = cpu_by_kind(product), time.perf_counter()
        sound = str(FIXTURES / "speech.wav")
        product.ask(UPLOAD + f"for _ in range({videos}): new_video({avatar}, {sound!r})\nprint(1)")
        assert until(lambda: product.row(ready.format("videos_video"))["number"] == videos, 1800)
        taken, after = time.perf_counter() - started, cpu_by_kind(product)
        made = float(str(product.row("SELECT sum(seconds) AS seconds FROM videos_video")["seconds"]))
    used = {kind: max(after[kind] - before[kind], 0.0) for kind in KINDS}
    others = 1 - used["renderer"] / sum(used.values())
    print(
        f"{renderers} renderers: {videos} videos, {made:.0f} s of video in {taken:.0f} s; CPU for each second of video: "
        f"{sum(used.values()) / made:.2f} s, of it not rendering {100 * others:.0f} %",
        flush=True,
    )
    print("  " + ", ".join(f"{kind} {seconds / made:.3f}" for kind, seconds in used.items()), flush=True)


def cpu_by_kind(product: object) -> dict[str, float]:
    """CPU seconds of all processes of each kind, with those of their children that have ended."""
    found: dict[str, float] = defaultdict(float)
    for kind in KINDS:
        for pid in product.pids(kind):  # type: ignore[attr-defined]
            try:
                times = psutil.Process(pid).cpu_times()
            except psutil.NoSuchProcess:
                continue
            found[kind] += times.user + times.system + times.children_user + times.children_system
    return found


def measure_orders(processes: int, seconds: float) -> None:
    """Have processes order at once and print how many orders the database took."""
    from tests import services

    folder = Path(tempfile.mkdtemp(prefix="avatars-scale-"))
    folder.chmod(0o755)
    try:
        settings = {
            "DATABASE_URL": services.start_postgres(folder / "postgres", durable=True),
            "REDIS_URL": services.start_redis(folder / "redis") + "/0",
            "DATA_DIR": str(folder / "data"),
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "LOG_LEVEL": "ERROR",
            "SECRET_KEY": "of a benchmark, and long enough to be one",
        }
        environment = os.environ | settings
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
        command = [sys.executable, __file__, "--order-for", str(seconds)]
        server = psutil.Process(services._processes[folder / "postgres"].pid)
        before = _server_cpu(server)
        running = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]
        orders = sum(int(one.communicate()[0]) for one in running)
        used = _server_cpu(server) - before
        print(
            f"{processes} processes: {orders / seconds:.0f} orders a second; PostgreSQL "
            f"{1000 * used / max(orders, 1):.1f} ms of CPU for each"
        )
    finally:
        for name in ("postgres", "redis"):
            if folder / name in services._processes:
                services.stop(folder / name)


def _server_cpu(server: psutil.Process) -> float:
    total = 0.0
    for process in (server, *server.children(recursive=True)):
        times = process.cpu_times()
        total += times.user + times.system
        if process is server:
            total += times.children_user + times.children_system
    return total


def order_for(seconds: float) -> None:
    """In a process of its own: order and finish videos, without making any; prints how many."""
    import django

    django.setup()
    from django.db import transaction

    from avatars.models import Avatar
    from dashboard.jobs.enqueue import enqueue_job
    from dashboard.jobs.provider_job import ProviderState
    from videos.models import Video, Voice

    avatar = Avatar.objects.create(name="Ada", state=ProviderState.READY, remote_id=f"a{os.getpid()}")
    voice = Voice.objects.create(name="Speech", seconds=5, sound="x.wav")
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        with transaction.atomic():
            video = Video.objects.create(title="Speech", avatar=avatar, voice=voice)
            enqueue_job(video)
        sent = Video.claim(video.pk, ProviderState.WAITING, to=ProviderState.SENDING, seconds=60)
        assert sent is not None
        sent.move(ProviderState.MAKING, remote_id=f"v{os.getpid()}-{count}", provider="embedded")
        for progress in (25, 50, 75):
            sent.save_fields(progress=progress)
        sent.move(ProviderState.COPYING, progress=100)
        copied = Video.claim(video.pk, ProviderState.COPYING, to=ProviderState.COPYING, seconds=60)
        assert copied is not None
        copied.move(ProviderState.READY, video="v.mp4")
        count += 1
    print(count)


def simulate(machines: int, load: float, seed: int = 1) -> list[float]:
    """The waits of videos that come at random to machines that are busy for this share of their time.

    A third of the videos is short, a third twice as long, a third three times: mean RENDER_SECONDS.
    """
    chance = random.Random(seed)
    free = [0.0] * machines  # when each machine has nothing to do
    now, waits = 0.0, []
    for _ in range(SIMULATED):
        now += chance.expovariate(machines * load / RENDER_SECONDS)
        at = heapq.heappop(free)
        waits.append(max(at - now, 0.0))
        heapq.heappush(free, max(at, now) + chance.choice((0.5, 1.0, 1.5)) * RENDER_SECONDS)
    return waits


def print_waits() -> None:
    print(
        f"waiting in seconds, mean and 95th percentile, with videos that take {RENDER_SECONDS:.0f} s on average"
    )
    print(
        "machines  videos an hour at 100 %" + "".join(f"{f'busy {100 * load:.0f} %':>16}" for load in LOADS)
    )
    for machines in MACHINES:
        cells = []
        for load in LOADS:
            waits = simulate(machines, load)
            cells.append(f"{statistics.fmean(waits):7.0f} / {statistics.quantiles(waits, n=20)[-1]:<6.0f}")
        print(
            f"{machines:8} {machines * 3600 / RENDER_SECONDS:24.0f}"
            + "".join(f"{cell:>16}" for cell in cells)
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--renderers", default="1,2,4")
    parser.add_argument("--videos", type=int, default=8)
    parser.add_argument("--processes", default="1,4,8")
    parser.add_argument("--seconds", type=float, default=10, help="of ordering")
    parser.add_argument("--skip", default="", help="render, orders, waiting")
    parser.add_argument("--order-for", type=float, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.order_for:
        order_for(wanted.order_for)
        return
    print(f"{os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} before")
    if "waiting" not in wanted.skip:
        print_waits()
    if "orders" not in wanted.skip:
        for processes in map(int, wanted.processes.split(",")):
            measure_orders(processes, wanted.seconds)
    if "render" not in wanted.skip:
        for renderers in map(int, wanted.renderers.split(",")):
            measure_render(renderers, wanted.videos)
    print(f"load {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
