"""How long pages and polls take with a full database: python benchmarks/pages.py [--avatars 10000] [--videos 100000]

Everything runs in one process over Django's whole stack (middleware, session, templates), without a network: beside
each other stand an empty page of the same server, signed in, and every page and poll of the product. The goal is
a 95th percentile of at most twice the empty page; what misses it is marked.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

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
GOAL = 2.0


def fill(avatars: int, videos: int) -> Any:
    """Rows alone, no files: pages show links and never open what they link to (but for the sizes of downloads)."""
    from django.utils import timezone

    from avatars.models import Avatar
    from dashboard.jobs import State
    from dashboard.models import User
    from videos.models import Video, Voice

    chance = random.Random(1)
    people = [
        User.objects.create_user(f"p{k}@example.com", name=f"Person {k}", is_owner=not k) for k in range(8)
    ]
    now = timezone.now()

    def title(number: int) -> str:
        return f"{' '.join(chance.sample(WORDS, 3)).capitalize()} {number}"

    Avatar.objects.bulk_create(
        (
            Avatar(
                name=title(k),
                made_by=chance.choice(people),
                state=State.READY if k % 50 else State.FAILED,
                remote_id=f"a{k}",
                portrait="a.jpg",
                thumbnail="a.webp",
                portrait_width=800,
                portrait_height=1000,
                created_at=now - timedelta(minutes=5 * k),
                state_since=now - timedelta(minutes=5 * k),
            )
            for k in range(avatars)
        ),
        batch_size=2000,
    )
    keys = list(Avatar.objects.values_list("pk", flat=True))
    voices = [
        Voice.objects.create(name=title(k), seconds=20, sound="x.wav", peaks=[0.5] * 200) for k in range(40)
    ]
    Video.objects.bulk_create(
        (
            Video(
                title=title(k),
                avatar_id=chance.choice(keys),
                voice=chance.choice(voices),
                made_by=chance.choice(people),
                state=State.MAKING
                if k < 2
                else State.WAITING
                if k < 10
                else State.READY
                if k % 40
                else State.FAILED,
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
            for k in range(videos)
        ),
        batch_size=2000,
    )
    return people[0]


def addresses() -> dict[str, tuple[str, bool]]:
    """Name, address, and whether htmx asks."""
    from urllib.parse import quote

    from avatars.models import Avatar
    from videos.models import Video

    video = Video.objects.filter(state="ready").first()
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
        "videos, one hit": (f"/videos/?q={quote(video.title)}", True),
        "videos, no hit": ("/videos/?q=zzzz", True),
        "videos, no hit, with an accent": ("/videos/?q=z%C3%A9", True),
        "a video": (video.get_absolute_url(), False),
        "make a video": ("/videos/new/", False),
        "people": ("/people/", False),
        "account": ("/account/", False),
        "poll: card, nothing new": (f"/videos/{making.pk}/card/?v=0.9", True),
        "poll: card, changed": (f"/videos/{making.pk}/card/?v=x", True),
        "poll: video's page": (f"/videos/{making.pk}/status/?v=x", True),
        "poll: avatar's card": (f"/avatars/{avatar.pk}/card/?v=0", True),
        "poll: news": ("/news/", True),
    }


def measure(client: Any, address: str, htmx: bool, seconds: float) -> tuple[list[float], int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    headers = {"HX-Request": "true", "HX-Target": "results"} if htmx else {}
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address, headers=headers)
    count = len(queries)
    assert answer.status_code in (200, 204), (address, answer.status_code)
    client.get(address, headers=headers)
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 20 or (time.perf_counter() < end and len(times) < 200):
        start = time.perf_counter()
        client.get(address, headers=headers)
        times.append((time.perf_counter() - start) * 1000)
    return times, count


def row(name: str, times: list[float], queries: int, goal: float = 0) -> float:
    p95 = statistics.quantiles(times, n=20)[-1]
    times_goal = f"{p95 / goal * GOAL:5.1f} ×{'' if p95 <= goal else '  over'}" if goal else ""
    print(
        f"{name:34} {statistics.median(times):8.1f} ms {p95:8.1f} ms {queries:8}   {times_goal}", flush=True
    )
    return p95


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--avatars", type=int, default=10_000)
    parser.add_argument("--videos", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=1.5, help="for each page")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pages-") as folder:
        os.environ.update(DATA_DIR=folder, DJANGO_SETTINGS_MODULE="dashboard.settings", LOG_LEVEL="ERROR")
        import django

        django.setup()
        run(wanted)


def run(wanted: argparse.Namespace) -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.http import HttpRequest, HttpResponse
    from django.shortcuts import render
    from django.test import Client
    from django.urls import path

    from dashboard import urls

    def empty(request: HttpRequest) -> HttpResponse:
        """The frame and nothing in it."""
        return render(request, "base.html")

    def bare(request: HttpRequest) -> HttpResponse:
        """What a poll is compared with: signed in, and not a byte of a page."""
        return HttpResponse(str(request.user), content_type="text/plain")

    urls.urlpatterns += [path("empty/", empty), path("bare/", bare)]
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("migrate", verbosity=0)
    call_command("createcachetable")
    call_command("collectstatic", verbosity=0, interactive=False)
    start = time.perf_counter()
    user = fill(wanted.avatars, wanted.videos)
    print(
        f"{wanted.avatars} avatars, {wanted.videos} videos, filled in {time.perf_counter() - start:.0f} s\n"
    )
    client = Client()
    client.force_login(user)
    print(f"{'':34} {'median':>11} {'p95':>11} {'queries':>8}   p95 / p95 of the empty page")
    empty_page = row("empty page (the frame)", *measure(client, "/empty/", False, wanted.seconds))
    row("not even a frame", *measure(client, "/bare/", True, wanted.seconds))
    for name, (address, htmx) in addresses().items():
        row(name, *measure(client, address, htmx, wanted.seconds), goal=empty_page * GOAL)


if __name__ == "__main__":
    main()
