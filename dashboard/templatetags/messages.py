"""Template filters for Django's messages: {% load messages %}."""

from django import template
from django.contrib.messages.storage.base import Message

from dashboard.trash.responses import parse_undo

register = template.Library()


@register.filter
def undo_moment(message: Message) -> str:
    """What the button "Undo" of a message sends; an empty string for a message without one."""
    moment = parse_undo(message.extra_tags or "")
    return moment.isoformat() if moment else ""
