"""The current entry of the navigation: {% load navigation %}<a href="{% url 'videos' %}"{% current "videos" %}>."""

import contextlib
import functools

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# Each entry of the navigation and its pages; all addresses below them belong to it too.
SECTIONS = {
    "avatars": ("avatars",),
    "video-new": ("video-new",),
    "videos": ("videos",),
    "voices": ("voices",),
    "batches": ("batches",),
    "projects": ("projects",),
    "trash": ("trash",),
    "people": ("people",),
    "audit": ("audit",),
    "usage": ("usage",),
    "connection": ("connection",),
    "shares": ("shares",),
    "api": ("api", "tokens"),  # not with another provider
    "video-label": ("video-label",),
    "account": ("account", "account_change_password", "mfa_index"),
}
PAGE, WITHIN = mark_safe(' aria-current="page"'), mark_safe(' aria-current="true"')


@register.simple_tag(takes_context=True)
def current(context: Context, *names: str) -> SafeString:
    """aria-current="page" for the entry of this very page, "true" for the entry that it is below, else nothing."""
    path = context["request"].path
    if section_of(path) not in names:
        return SafeString("")
    return PAGE if len(names) == 1 and path == reverse(names[0]) else WITHIN


@register.simple_tag(takes_context=True)
def place(context: Context) -> str:
    """All that `current` looks at: the entry that the page belongs to, and whether it is this entry's own page."""
    path = context["request"].path
    section = section_of(path)
    return f"{section}{'' if section and path == reverse(section) else '/'}"


def section_of(path: str) -> str:
    """The entry of the navigation that a page belongs to, or an empty string."""
    if path == reverse("home"):
        return "home"
    return next((name for root, name in _roots() if path.startswith(root)), "")


@functools.cache
def _roots() -> list[tuple[str, str]]:
    """Addresses and their entries, the longest first: voices are below videos."""
    roots = []
    for name, pages in SECTIONS.items():
        with contextlib.suppress(NoReverseMatch):
            roots += [(reverse(page), name) for page in pages]
    return sorted(roots, key=lambda pair: -len(pair[0]))
