"""What the previews of looks need: {% load looks %}."""

import json

from django import template

from avatars.models import Avatar
from videos.models import Video

register = template.Library()


@register.filter
def framing(shown: Avatar | Video | None) -> str:
    """Where the head is in it, as JSON; empty where nobody knows. A video from before it was kept asks its avatar."""
    values = shown.framing if shown else None
    if isinstance(shown, Video) and not values and shown.avatar:
        values = shown.avatar.framing
    return json.dumps(values) if values else ""
