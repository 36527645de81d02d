"""Template filters for all pages (a built-in library: no {% load %} needed)."""

from django import template
from django.db.models.fields.files import FieldFile

from dashboard.files import signed_links

register = template.Library()


@register.filter
def link(file: FieldFile | None) -> str:
    """A signed link to show a stored file in a page: {{ avatar.preview|link }}."""
    return signed_links.link(file.name) if file and file.name else ""


@register.filter
def clock(seconds: float) -> str:
    """A duration as 0:07, 12:30 or 1:02:03."""
    whole = round(seconds or 0)
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
