"""Template filters for all pages (a built-in library: no {% load %} needed)."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser
from django.db.models.fields.files import FieldFile

from dashboard.files import signed_links
from dashboard.models import User
from dashboard.permissions import Permission

register = template.Library()


@register.filter
def link(file: FieldFile | None) -> str:
    """A signed link to show a stored file in a page: {{ avatar.preview|link }}."""
    return signed_links.link(file.name) if file and file.name else ""


@register.filter
def may(user: User | AnonymousUser, permission: str) -> bool:
    """Whether a role allows something: {% if user|may:"make" %}, with a word of dashboard.permissions."""
    return isinstance(user, User) and user.may(Permission(permission))


@register.inclusion_tag("accounts/_picture.html")
def person_picture(person: User | None, size: int = 40) -> dict[str, Any]:
    """The picture of a person, or initials: {% person_picture video.made_by %}. Their name stands beside it."""
    return {"person": person, "size": size, "initials": _initials(str(person or "")), "hue": _hue(person)}


def _initials(name: str) -> str:
    words = [word for word in name.partition("@")[0].split() if word[0].isalnum()]
    return "".join(word[0] for word in (words if len(words) < 2 else [words[0], words[-1]])).upper()


def _hue(person: User | None) -> int:
    """A colour of the person's own, as an angle."""
    return (person.pk or 0) * 137 % 360 if person else 0


@register.filter
def grouped(value: object) -> object:
    """A number with its thousands apart: 12,345 or 12.5; anything else as it is."""
    if isinstance(value, float):
        return f"{value:,.1f}".removesuffix(".0")
    return f"{value:,}" if isinstance(value, int) else value


@register.filter
def item(mapping: Mapping[Any, Any], key: object) -> Any:
    """What a mapping has under a key that is a variable: {{ people|item:entry.actor_id }}."""
    return mapping.get(key)


@register.filter
def clock(seconds: float) -> str:
    """A duration as 0:07, 12:30 or 1:02:03."""
    whole = round(seconds or 0)
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
