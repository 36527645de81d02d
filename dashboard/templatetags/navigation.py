"""Where one is, for the navigation: {% load navigation %}<a href="{% url 'videos' %}"{% current "videos" %}>."""

import functools

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# Each entry of the navigation, and the pages that it stands for: theirs and all below.
SECTIONS = {
    "avatars": ("avatars",),
    "video-new": ("video-new",),
    "videos": ("videos",),
    "voices": ("voices",),
    "batches": ("batches",),
    "people": ("people",),
    "account": ("account", "account_change_password"),
}
PAGE, WITHIN = mark_safe(' aria-current="page"'), mark_safe(' aria-current="true"')


@register.simple_tag(takes_context=True)
def current(context: Context, *names: str) -> SafeString:
    """The attribute of the entry that one is at ("page") or below ("true"), nothing for any other."""
    path = context["request"].path
    if section_of(path) not in names:
        return SafeString("")
    return PAGE if len(names) == 1 and path == reverse(names[0]) else WITHIN


def section_of(path: str) -> str:
    """The entry of the navigation that a page belongs to; nothing for a page that belongs to none."""
    if path == reverse("home"):
        return "home"
    return next((name for root, name in _roots() if path.startswith(root)), "")


@functools.cache
def _roots() -> list[tuple[str, str]]:
    """Addresses and their entries, the longest first: voices are below the videos."""
    found = [(reverse(page), name) for name, pages in SECTIONS.items() for page in pages]
    return sorted(found, key=lambda pair: -len(pair[0]))
