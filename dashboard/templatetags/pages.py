"""Template tags of the pages: {% load pages %}."""

import functools
from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.models import OwnedModel, User

register = template.Library()

BARS = 64


@register.filter
def may_change(user: User, row: OwnedModel) -> bool:
    return user.is_authenticated and user.may_change(row)


@register.filter
def is_wide(width: int, height: int) -> bool:
    """Whether a picture is too wide to fill an upright card without being cropped at the sides."""
    return bool(width and height) and width > 1.2 * height


@register.simple_tag
def ago(moment: datetime) -> SafeString:
    """A time in words, exact on hover."""
    local = timezone.localtime(moment)
    exact = date_format(local, "j F Y, H:i")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(), exact, words_ago(moment)
    )


def words_ago(moment: datetime) -> str:
    """ "just now", "3 minutes ago", "yesterday", "4 Mar"."""
    now = timezone.localtime()
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return _count(int(seconds // 60), "minute")
    day = timezone.localtime(moment).date()
    days = (now.date() - day).days
    if days == 0:
        return _count(int(seconds // 3600), "hour")
    if days == 1:
        return "yesterday"
    if days < 7:
        return _count(days, "day")
    return _day(day, day.year == now.year)


@functools.lru_cache(maxsize=1000)
def _day(day: date, is_this_year: bool) -> str:
    return date_format(day, "j M" if is_this_year else "j M Y")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'} ago"


@register.filter
def took(seconds: float) -> str:
    """A duration in words: "8 seconds", "3 minutes", "1 h 20 min"."""
    whole = max(round(seconds), 1)
    if whole < 100:
        return f"{whole} second{'' if whole == 1 else 's'}"
    if whole < 5400:
        return f"{round(whole / 60)} minutes"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


@register.filter
def waveform(peaks: list[float]) -> str:
    """The path of an SVG 64 bars wide and 32 high: <path d="{{ voice.peaks|waveform }}">."""
    return _waveform(tuple(peaks or [0.0]))


@functools.lru_cache(maxsize=500)
def _waveform(peaks: tuple[float, ...]) -> str:
    bars = []
    for bar in range(BARS):
        start, end = bar * len(peaks) // BARS, (bar + 1) * len(peaks) // BARS
        half = max(0.75, min(max(peaks[start : max(end, start + 1)]), 1.0) * 15)
        bars.append(f"M{bar + 0.5:g} {16 - half:.1f}v{2 * half:.1f}")
    return "".join(bars)
