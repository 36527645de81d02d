"""For previews of looks: {% load looks %}."""

import json

from django import template

from avatars.models import Avatar
from videos.models import Video

register = template.Library()


@register.filter
def framing(shown: Avatar | Video | None) -> str:
    """Where the head is, as JSON; empty if that is not known. An old video without it uses that of its avatar."""
    values = shown.framing if shown else None
    if isinstance(shown, Video) and not values and shown.avatar:
        values = shown.avatar.framing
    return json.dumps(values) if values else ""
