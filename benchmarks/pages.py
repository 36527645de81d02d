"""How much work pages and polls are with a full database: python benchmarks/pages.py [--avatars 10000] [--videos 100000]

Everything runs in one process over Django's whole stack (middleware, session, templates), without a network. Beside
each page and poll, request by request in turn, an empty page of the same server is asked for: a template of one line, for
somebody who is signed in. What counts is the CPU time of this process, because other programs disturb it least: the
median of a page against the median of the empty page of the same moments. Times by the clock are printed as well.

The goals: the frame alone (base.html with nothing in it) at most 1.5 times the empty page, polls at most 2 times,
everything else at most 5 times; on SQLite nothing takes more than 50 ms by the clock, of which the fastest counts. What
misses one is marked.

Galleries remember the cards they drew (dashboard/gallery/card_cache.py): "cold" forgets them before each request.

The database is an SQLite file in a temporary folder, or the empty PostgreSQL database at DATABASE_URL; with --folder the
rows are kept there, and used again by the next run. Numbers of a run are in docs/architecture.md.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
WORDS = [
    "welcome",
    "course",
    "safety",
    "newsletter",
    "spring",
    "museum",
    "workshop",
    "intro",
    "part",
    "team",
    "update",
    "launch",
    "story",
]
FRAME_GOAL, POLL_GOAL, GOAL = 1.5, 2.0, 5.0  # times the CPU time of the empty page
CLOCK_GOAL = 50.0  # milliseconds, on SQLite


def fill(avatars: int, videos: int) -> Any:
    """Rows alone, no files: pages show links and never open what they link to (but for the sizes of downloads)."""
    from django.utils import timezone

    from dashboard.models import User

    chance, now = random.Random(1), timezone.now()
    people = [
        User.objects.create_user(f"p{k}@example.com", name=f"Person {k}", role="creator" if k else "owner")
        for k in range(8)
    ]
    fill_avatars(avatars, people, chance, now)
    fill_videos(videos, people, chance, now)
    fill_studio(people[0], now)
    return people[0]


def title(number: int, chance: random.Random) -> str:
    return f"{' '.join(chance.sample(WORDS, 3)).capitalize()} {number}"


def fill_avatars(count: int, people: list[Any], chance: random.Random, now: datetime) -> None:
    from avatars.models import Avatar
    from dashboard.jobs.provider_job import ProviderState

    Avatar.objects.bulk_create(
        (
            Avatar(
                name=title(k, chance),
                made_by=chance.choice(people),
                state=ProviderState.READY if k % 50 else ProviderState.FAILED,
                remote_id=f"a{k}",
                portrait="a.jpg",
                thumbnail="a.webp",
                portrait_width=800,
                portrait_height=1000,
                created_at=now - timedelta(minutes=5 * k),
                state_since=now - timedelta(minutes=5 * k),
            )
            for k in range(count)
        ),
        batch_size=2000,
    )


def fill_videos(count: int, people: list[Any], chance: random.Random, now: datetime) -> None:
    from avatars.models import Avatar
    from dashboard.jobs.provider_job import ProviderState
    from videos.models import Video, Voice

    def state(number: int) -> ProviderState:
        if number < 10:
            return ProviderState.MAKING if number < 2 else ProviderState.WAITING
        return ProviderState.READY if number % 40 else ProviderState.FAILED

    keys = list(Avatar.objects.values_list("pk", flat=True))
    sound = {"seconds": 20, "sound": "x.wav", "peaks": [0.5] * 200}
    voices = [Voice.objects.create(name=title(k, chance), **sound) for k in range(40)]
    Video.objects.bulk_create(
        (
            Video(
                title=title(k, chance),
                avatar_id=chance.choice(keys),
                voice=chance.choice(voices),
                made_by=chance.choice(people),
                state=state(k),
                remote_id=f"v{k}",
                video="v.mp4",
                mask="m.mp4",
                poster="p.jpg",
                thumbnail="p.webp",
                width=720,
                height=900,
                seconds=chance.randint(3, 600),
                created_at=now - timedelta(minutes=k),
                state_since=now - timedelta(minutes=k),
            )
            for k in range(count)
        ),
        batch_size=2000,
    )


def fill_studio(person: Any, now: Any) -> None:
    """Thirty batches, one of two hundred videos; a download that is being made."""
    from dashboard.jobs.local_job import LocalState
    from dashboard.jobs.provider_job import ProviderState
    from videos.models import Batch, BatchItem, Export, ItemState, Video

    videos = list(Video.objects.filter(state=ProviderState.READY).order_by("pk")[:200])
    for k in range(30):
        batch = Batch.objects.create(name=f"Batch {k}", made_by=person, started_at=now, done_at=now)
        part = videos if k == 29 else videos[k : k + 1]
        Video.objects.filter(pk__in=[video.pk for video in part]).update(batch=batch)
        BatchItem.objects.filter(video__in=part).delete()
        BatchItem.objects.bulk_create(
            BatchItem(
                batch=batch,
                number=number,
                title=video.title,
                avatar_id=video.avatar_id,
                voice_id=video.voice_id,
                video=video,
                state=ItemState.READY,
            )
            for number, video in enumerate(part, 1)
        )
    Export.objects.create(video=videos[0], kind=Export.Kind.GIF, state=LocalState.WORKING, progress=40)


def addresses() -> dict[str, tuple[str, bool]]:
    """Name, address, and whether htmx asks."""
    from urllib.parse import quote

    from avatars.models import Avatar
    from videos.models import Batch, Export, Video, Voice

    video = Video.objects.filter(state="ready").first()
    rare = Video.objects.filter(state="ready").last()
    batch = Batch.objects.first()
    export = Export.objects.first()
    making = Video.objects.filter(state="waiting").last()
    avatar = Avatar.objects.filter(state="ready").first()
    return {
        "home": ("/", False),
        "avatars": ("/avatars/", False),
        "avatars, page 90": ("/avatars/?page=90", False),
        "avatars, a search": ("/avatars/?q=museum", True),
        "avatars, one hit": (f"/avatars/?q={quote(avatar.name)}", True),
        "an avatar": (avatar.get_absolute_url(), False),
        "videos": ("/videos/", False),
        "videos, page 90": ("/videos/?page=90", False),
        "videos, page 4000": ("/videos/?page=4000", False),
        "videos, not made": ("/videos/?state=failed", False),
        "videos, by title": ("/videos/?sort=name", False),
        "videos, longest, one person": (f"/videos/?sort=longest&person={video.made_by_id}", False),
        "videos, of an avatar": (f"/videos/?avatar={video.avatar_id}", False),
        "videos, a search": ("/videos/?q=museum", True),
        "videos, a title of common words": (f"/videos/?q={quote(video.title)}", True),
        "videos, one hit": (f"/videos/?q={quote(rare.title)}", True),
        "videos, no hit": ("/videos/?q=zzzz", True),
        "videos, no hit, with an accent": ("/videos/?q=zz%C3%A9", True),
        "videos, no hit, two letters": ("/videos/?q=zq", True),
        "a video": (video.get_absolute_url(), False),
        "make a video": ("/videos/new/", False),
        "a video's look": (f"/videos/looks/{video.pk}/", False),
        "voices": ("/videos/voices/", False),
        "a voice": (Voice.objects.first().get_absolute_url(), False),
        "batches": ("/videos/batches/", False),
        "a batch of 200": (batch.get_absolute_url(), False),
        "people": ("/people/", False),
        "account": ("/account/", False),
        "poll: card, nothing new": (f"/videos/{making.pk}/card/?v=0.9", True),
        "poll: card, changed": (f"/videos/{making.pk}/card/?v=x", True),
        "poll: video's page": (f"/videos/{making.pk}/status/?v=x", True),
        "poll: avatar's card": (f"/avatars/{avatar.pk}/card/?v=0", True),
        "poll: a batch": (f"{batch.get_absolute_url()}status/?v=x", True),
        "poll: a download": (f"/videos/{export.video_id}/exports/{export.kind}/?v=x", True),
        "poll: news": ("/news/", True),
    }


class Times(NamedTuple):
    """Of a page, and of the empty page that was asked for in turn with it. Medians in milliseconds."""

    cpu: float
    empty_cpu: float
    clock: float
    fastest: float  # by the clock: on a busy machine the only one that says something about the page
    queries: int


def measure(client: Any, address: str, htmx: bool, seconds: float, cold: bool = False) -> Times:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from dashboard.gallery import card_cache

    headers = {"HX-Request": "true", "HX-Target": "results"} if htmx else {}

    def once(where: str, headers: dict[str, str]) -> tuple[float, float]:
        clock, cpu = time.perf_counter(), time.process_time()
        client.get(where, headers=headers)
        return (time.perf_counter() - clock) * 1000, (time.process_time() - cpu) * 1000

    once(address, headers)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address, headers=headers)
        asked = len(queries)
    assert answer.status_code in (200, 204), (address, answer.status_code)
    pages, empties = [], []
    end = time.perf_counter() + seconds
    while len(pages) < 20 or (time.perf_counter() < end and len(pages) < 200):
        if cold:
            card_cache.render_card.cache_clear()
        pages.append(once(address, headers))
        empties.append(once("/empty/", {})[1])
    clock, cpu = zip(*pages, strict=True)
    medians = [statistics.median(times) for times in (cpu, empties, clock)]
    return Times(*medians, min(clock), asked)


def row(name: str, times: Times, goal: float = 0.0) -> bool:
    """Print a line of the table; whether the goals are met."""
    from django.db import connection

    ratio = times.cpu / times.empty_cpu
    is_slow = connection.vendor == "sqlite" and times.fastest > CLOCK_GOAL
    missed = [*(["over"] if goal and ratio > goal else []), *(["slow"] if is_slow else [])]
    print(
        f"{name:34} {times.cpu:8.2f} ms {ratio:6.1f} × {f'{goal:g} ×' if goal else '':>6} "
        f"{times.clock:8.1f} ms {times.fastest:8.1f} ms {times.queries:8}  {' '.join(missed)}",
        flush=True,
    )
    return not missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--avatars", type=int, default=10_000)
    parser.add_argument("--videos", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=1.5, help="for each page")
    parser.add_argument("--only", default="", help="pages whose name has this in it")
    parser.add_argument("--folder", type=Path, help="where the rows are kept for the next run")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pages-") as temporary:
        folder = (wanted.folder or Path(temporary)).absolute()
        os.environ.update(
            DATA_DIR=str(folder), DJANGO_SETTINGS_MODULE="dashboard.settings", LOG_LEVEL="ERROR"
        )
        import django

        django.setup()
        run(wanted)


def add_pages() -> None:
    """The empty page and the frame, which the product does not have."""
    from django.http import HttpRequest, HttpResponse
    from django.shortcuts import render
    from django.template import engines
    from django.urls import path

    from dashboard import urls

    words = engines["django"].from_string("<!doctype html><title>Empty</title><p>{{ user }}</p>")

    def empty(request: HttpRequest) -> HttpResponse:
        """What everything is compared with."""
        return HttpResponse(words.render({}, request))

    def frame(request: HttpRequest) -> HttpResponse:
        return render(request, "base.html")

    urls.urlpatterns += [path("empty/", empty), path("frame/", frame)]


def prepare(wanted: argparse.Namespace) -> Any:
    """The tables and their rows, unless they are there already; returns the person who looks at the pages."""
    from django.core.management import call_command
    from django.db import connection

    from avatars.models import Avatar
    from dashboard.models import User
    from videos.models import Video

    call_command("migrate", verbosity=0)
    call_command("createcachetable")
    call_command("collectstatic", verbosity=0, interactive=False)
    start = time.perf_counter()
    user = User.objects.order_by("pk").first()
    if user is None:
        user = fill(wanted.avatars, wanted.videos)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
    elif not wanted.folder or user.email != "p0@example.com":
        sys.exit("This database is in use: name an empty one, or the one of the last run with its --folder.")
    print(
        f"{connection.vendor}: {Avatar.objects.count()} avatars, {Video.objects.count()} videos, "
        f"ready after {time.perf_counter() - start:.0f} s\n"
    )
    return user


def run(wanted: argparse.Namespace) -> None:
    from django.conf import settings
    from django.test import Client

    add_pages()
    settings.ALLOWED_HOSTS.append("testserver")
    user = prepare(wanted)
    client = Client()
    client.force_login(user)
    print(f"{'':34} {'CPU':>11} {'of empty':>8} {'goal':>6} {'clock':>11} {'fastest':>11} {'queries':>8}")
    met = []

    def show(name: str, address: str, htmx: bool, goal: float, cold: bool = False) -> None:
        if wanted.only in name:
            met.append(row(name, measure(client, address, htmx, wanted.seconds, cold), goal))

    show("an empty page", "/empty/", False, 0)
    show("the frame alone (base.html)", "/frame/", False, FRAME_GOAL)
    for name, (address, htmx) in addresses().items():
        show(name, address, htmx, POLL_GOAL if name.startswith("poll") else GOAL)
    for name, address in (("videos, cold", "/videos/?page=90"), ("avatars, cold", "/avatars/?page=90")):
        show(name, address, False, GOAL, cold=True)
    print(f"\n{sum(met)} of {len(met)} meet their goals")


if __name__ == "__main__":
    main()
