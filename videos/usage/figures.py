"""The figures of the page, added up by the database: videos that people of the team ordered and that are still there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber, TruncDate
from django.utils import timezone

from dashboard.jobs.provider_job import ProviderState
from dashboard.metrics.models import StorageUse
from dashboard.models import User
from videos.models import Video

RANGES = {30: "30 days", 90: "90 days", 365: "A year"}
DAYS_OF_BARS = 90  # with more days, a bar is a week
SHARES = (0.5, 0.75, 0.9, 0.95, 0.99)
CACHE_SECONDS = 60
MAX_REASONS = 12
OTHER_REASONS = "Other reasons"
FAILED = (ProviderState.FAILED, ProviderState.UNSURE)


@dataclass(frozen=True)
class Period:
    """A day or a week, by its first day."""

    start: date
    ready: int = 0
    failed: int = 0
    seconds: float = 0.0

    @property
    def minutes(self) -> float:
        return round(self.seconds / 60, 1)


@dataclass(frozen=True)
class PersonUse:
    name: str
    ready: int
    failed: int
    seconds: float

    @property
    def minutes(self) -> float:
        return round(self.seconds / 60, 1)


@dataclass(frozen=True)
class Wait:
    """Within this time of its order, so large a share of the videos was ready."""

    share: float
    seconds: float


@dataclass(frozen=True)
class Storage:
    day: date
    folders: dict[str, int]  # bytes by what they hold

    @property
    def total(self) -> int:
        return sum(self.folders.values())


@dataclass(frozen=True)
class Usage:
    days: int
    by_week: bool
    periods: list[Period]
    people: list[PersonUse]
    waits: list[Wait]
    reasons: list[tuple[str, int]]

    @property
    def ready(self) -> int:
        return sum(period.ready for period in self.periods)

    @property
    def failed(self) -> int:
        return sum(period.failed for period in self.periods)

    @property
    def minutes(self) -> float:
        return round(sum(period.seconds for period in self.periods) / 60, 1)

    def wait(self, share: float) -> float | None:
        return next((wait.seconds for wait in self.waits if wait.share == share), None)

    @property
    def median(self) -> float | None:
        return self.wait(0.5)

    @property
    def most(self) -> float | None:
        return self.wait(0.95)


def collect_usage(days: int) -> Usage:
    """The figures of the last `days` days, at most CACHE_SECONDS old."""
    today = timezone.localdate()
    key = f"usage:{days}:{today}"
    found: Usage | None = cache.get(key)
    if found is None:
        found = _collect(days, today)
        cache.set(key, found, CACHE_SECONDS)
    return found


def _collect(days: int, today: date) -> Usage:
    first = today - timedelta(days=days - 1)
    start = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    rows = Video.objects.order_by().filter(created_at__gte=start, made_by__isnull=False)
    by_week = days > DAYS_OF_BARS
    return Usage(
        days=days,
        by_week=by_week,
        periods=_fill(_count_days(rows), first, today, by_week),
        people=_count_people(rows),
        waits=_measure_waits(rows),
        reasons=_count_reasons(rows),
    )


# Failed ones have no length of their own, so these are the seconds of the ready ones.
_SUMS = {
    "ready": Count("pk", filter=Q(state=ProviderState.READY)),
    "failed": Count("pk", filter=Q(state__in=FAILED)),
    "length": Sum("seconds", filter=Q(state=ProviderState.READY), default=0.0),
}


def _count_days(rows: QuerySet[Video]) -> list[Period]:
    counted: Any = rows.annotate(day=TruncDate("created_at")).values("day").annotate(**_SUMS)
    return [Period(row["day"], row["ready"], row["failed"], row["length"]) for row in counted]


def _fill(found: Iterable[Period], first: date, last: date, by_week: bool) -> list[Period]:
    """All days or weeks from the first to the last, also those on which nothing happened."""

    def start_of(day: date) -> date:
        return day - timedelta(days=day.weekday()) if by_week else day

    step = timedelta(days=7 if by_week else 1)
    periods: dict[date, Period] = {}
    day = start_of(first)
    while day <= last:
        periods[day] = Period(day)
        day += step
    for one in found:
        day = start_of(one.start)
        before = periods.get(day, Period(day))
        periods[day] = Period(
            day, before.ready + one.ready, before.failed + one.failed, before.seconds + one.seconds
        )
    return [periods[day] for day in sorted(periods)]


def _count_people(rows: QuerySet[Video]) -> list[PersonUse]:
    counted: list[Any] = list(rows.values("made_by").annotate(**_SUMS))
    people = User.objects.in_bulk([row["made_by"] for row in counted])
    found = [
        PersonUse(str(people.get(row["made_by"], "")), row["ready"], row["failed"], row["length"])
        for row in counted
    ]
    return sorted(found, key=lambda person: (-person.ready, -person.failed, person.name.casefold()))


def _measure_waits(rows: QuerySet[Video]) -> list[Wait]:
    """From order to ready, by the nearest rank: one pass, because a difference of times is costly on SQLite."""
    rows = rows.filter(state=ProviderState.READY, finished_at__isnull=False)
    total = rows.count()
    if not total:
        return []
    ranks = {share: max(-(-total * round(share * 100) // 100), 1) for share in SHARES}
    took = ExpressionWrapper(F("finished_at") - F("created_at"), output_field=DurationField())
    numbered = rows.annotate(took=took).annotate(
        rank=Window(RowNumber(), order_by=[F("took").asc(), F("pk").asc()])
    )
    at_rank = dict(numbered.filter(rank__in=set(ranks.values())).values_list("rank", "took"))
    return [
        Wait(share, max(at_rank[rank].total_seconds(), 0.0))
        for share, rank in ranks.items()
        if rank in at_rank
    ]


def _count_reasons(rows: QuerySet[Video]) -> list[tuple[str, int]]:
    failed = rows.filter(state__in=FAILED).values_list("error")
    counted = [(error or "No reason given", count) for error, count in failed.annotate(count=Count("pk"))]
    counted.sort(key=lambda one: (-one[1], one[0]))
    rest = sum(count for _, count in counted[MAX_REASONS:])
    return counted[:MAX_REASONS] + ([(OTHER_REASONS, rest)] if rest else [])


# ---------------------------------------------------------------- storage

LABELS = {
    "videos/videos": "Videos",
    "videos/masks": "Masks",
    "videos/styled": "Videos with a background or label",
    "videos/exports": "Downloads that were prepared",
    "videos/voices": "Voices",
    "videos/posters": "Pictures of videos",
    "videos/thumbnails": "Pictures of videos",
    "videos/cutouts": "Pictures of videos",
    "avatars": "Avatars",
    "engine": "Copies of the engine",
}
OTHER_FILES = "Other files"


def find_storage() -> Storage | None:
    """How much is stored, as it was measured last."""
    newest = StorageUse.objects.order_by("-day").values_list("day", flat=True).first()
    if newest is None:
        return None
    sums: dict[str, int] = {}
    for folder, size in StorageUse.objects.filter(day=newest).values_list("folder", "size"):
        label = LABELS.get(folder) or LABELS.get(folder.partition("/")[0], OTHER_FILES)
        sums[label] = sums.get(label, 0) + size
    return Storage(newest, dict(sorted(sums.items(), key=lambda one: -one[1])))
