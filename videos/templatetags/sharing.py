"""Template filters of shared videos: {% load sharing %}."""

from collections.abc import Iterable

from django import template

from videos.models import ShareComment

register = template.Library()


@register.filter
def seconds(moment: float) -> str:
    """A moment for scripts and addresses, whatever the language: 7.25."""
    return f"{moment:.2f}"


@register.filter
def has_new(comments: Iterable[ShareComment]) -> bool:
    """Whether the team has not seen one of them."""
    return any(comment.seen_at is None for comment in comments)
