"""The page "Usage", and each of its tables as a sheet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.files import disk
from dashboard.files.sheet_writer import Row, Sheet, attach
from dashboard.permissions import Permission, requires
from dashboard.request import Request
from dashboard.templatetags.dashboard import clock
from videos.usage import charts
from videos.usage.figures import RANGES, Storage, Usage, collect_usage, find_storage

MAX_BARS = 10  # the table has all rows


@dataclass(frozen=True)
class Bar:
    """A row of a list, with a bar behind its words."""

    label: str
    words: str
    share: float  # of the longest


@dataclass(frozen=True)
class Table:
    """A table of the page, which is a sheet too, with its chart."""

    key: str
    title: str
    header: tuple[str, ...]
    rows: list[Row]
    chart: SafeString | str = ""
    bars: Sequence["Bar"] = ()
    note: str = ""


@require_safe
@never_cache
@requires(Permission.SEE_ACTIVITY)
def show(request: Request) -> HttpResponse:
    usage, storage = collect_usage(_read_days(request)), find_storage()
    tables = [table for table in _build_tables(usage, storage) if table.rows]
    context = {
        "usage": usage,
        "storage": storage,
        "free": disk.free_bytes(),
        "ranges": RANGES,
        "tables": tables,
        "is_empty": not usage.ready and not usage.failed,
    }
    return render(request, "videos/usage/page.html", context)


@require_safe
@never_cache
@requires(Permission.SEE_ACTIVITY)
def download(request: Request, key: str) -> HttpResponse:
    usage = collect_usage(_read_days(request))
    table = next((each for each in _build_tables(usage, find_storage()) if each.key == key), None)
    if table is None:
        raise Http404("There is no such table.")
    name = f"{table.title}, {RANGES[usage.days].lower()} to {timezone.localdate():%Y-%m-%d}"
    return attach("csv", name, Sheet(table.title, [table.header, *table.rows]))


def _read_days(request: Request) -> int:
    days = request.GET.get("days", "")
    return int(days) if days in {str(each) for each in RANGES} else next(iter(RANGES))


def _build_tables(usage: Usage, storage: Storage | None) -> list[Table]:
    is_used = bool(usage.ready or usage.failed)
    return [
        *(_build_periods(usage) if is_used else []),
        _build_waits(usage),
        _build_people(usage),
        _build_reasons(usage),
        _build_storage(storage),
    ]


def _draw_bars(rows: Iterable[tuple[str, float, str]]) -> list[Bar]:
    listed = list(rows)[:MAX_BARS]
    longest = max((value for _, value, _ in listed), default=0) or 1
    return [Bar(label, words, round(value / longest, 4)) for label, value, words in listed]


def _build_periods(usage: Usage) -> list[Table]:
    periods, per = usage.periods, "week" if usage.by_week else "day"
    videos = {"Ready": [one.ready for one in periods], "Failed": [one.failed for one in periods]}
    minutes = {"Minutes": [one.minutes for one in periods]}
    return [
        Table(
            "videos",
            f"Videos a {per}",
            (per.capitalize(), "Ready", "Failed", "Minutes"),
            [(f"{one.start:%Y-%m-%d}", one.ready, one.failed, one.minutes) for one in periods],
            charts.draw_periods(periods, videos),
        ),
        Table(
            "minutes",
            f"Minutes of video a {per}",
            (per.capitalize(), "Minutes"),
            [(f"{one.start:%Y-%m-%d}", one.minutes) for one in periods],
            charts.draw_periods(periods, minutes),
        ),
    ]


def _build_waits(usage: Usage) -> Table:
    rows = [(f"{wait.share:.0%} of the videos", wait.seconds) for wait in usage.waits]
    return Table(
        "waits",
        "From order to ready",
        ("Share", "Ready within seconds"),
        [(label, round(seconds, 1)) for label, seconds in rows],
        bars=_draw_bars((label, seconds, clock(seconds)) for label, seconds in rows),
        note="Waiting for other videos counts.",
    )


def _build_people(usage: Usage) -> Table:
    people = usage.people
    return Table(
        "people",
        "By person",
        ("Person", "Ready", "Failed", "Minutes"),
        [(one.name, one.ready, one.failed, one.minutes) for one in people],
        bars=_draw_bars(
            (one.name, one.ready, f"{one.ready:,} video{'' if one.ready == 1 else 's'}, {one.minutes:,} min")
            for one in people
        ),
    )


def _build_reasons(usage: Usage) -> Table:
    reasons = usage.reasons
    return Table(
        "failures",
        "Why videos failed",
        ("Reason", "Videos"),
        [*reasons],
        bars=_draw_bars((reason, count, f"{count:,}") for reason, count in reasons),
        note="Those that were tried again and became ready are not counted.",
    )


def _build_storage(storage: Storage | None) -> Table:
    if storage is None:
        return Table("storage", "Storage", (), [])
    rows = [(label, round(size / 2**20, 1)) for label, size in storage.folders.items()]
    return Table(
        "storage",
        "Storage",
        ("What", "MB"),
        [*rows],
        bars=_draw_bars((label, size, filesizeformat(size)) for label, size in storage.folders.items()),
        note=f"Measured a few times a day, last on {date_format(storage.day, 'j F')}.",
    )
