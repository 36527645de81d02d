"""What the palette finds: pages and actions by their words, things of the team by their names."""

from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from dashboard.gallery.filters import MAX_WORDS, contains
from dashboard.gallery.search_index import SearchIndex
from dashboard.models import Project, User
from dashboard.permissions import Permission

MAX_FOUND = 5  # of each kind


@dataclass(frozen=True)
class Entry:
    """A line of the palette."""

    label: str
    address: str
    icon: str
    more: str = ""  # beside the label


@dataclass(frozen=True)
class Group:
    title: str
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """A page or an action that is always there."""

    label: str
    url_name: str
    icon: str
    words: str = ""  # more by which it is found
    permission: Permission = Permission.SEE
    arguments: tuple[str, ...] = ()


ACTIONS = (
    Page("Make a video", "video-new", "plus", "new create generate", Permission.MAKE),
    Page(
        "Make several videos",
        "batch-new",
        "square-3-stack-3d",
        "batch sheet new",
        Permission.MAKE,
        ("sounds",),
    ),
    Page("Upload portraits", "avatars", "photo", "new avatar picture add", Permission.MAKE),
    Page("Create a project", "projects", "folder-plus", "new folder", Permission.MAKE),
    Page("Invite people", "people", "user-plus", "team invitation", Permission.MANAGE_PEOPLE),
)
PAGES = (
    Page("Home", "home", "home"),
    Page("Avatars", "avatars", "user-circle", "portraits faces"),
    Page("Videos", "videos", "film"),
    Page("Voices", "voices", "microphone", "recordings audio sounds"),
    Page("Batches", "batches", "square-3-stack-3d", "several sheets"),
    Page("Projects and tags", "projects", "folder", "folders"),
    Page("Shared links", "shares", "link", "videos comments", Permission.CHANGE_SETTINGS),
    Page("Trash", "trash", "trash", "deleted restore"),
    Page("People", "people", "users", "team members roles"),
    Page("Activity", "audit", "clipboard-document-list", "audit log", Permission.SEE_ACTIVITY),
    Page("Usage", "usage", "chart-bar", "statistics storage", Permission.SEE_ACTIVITY),
    Page("Connection", "connection", "signal", "provider health status", Permission.SEE_CONNECTION),
    Page("Label in videos", "video-label", "tag", "brand settings", Permission.CHANGE_SETTINGS),
    Page("API", "api", "code-bracket", "tokens developers"),
    Page("Your account", "account", "user-circle", "password profile sign-in settings"),
    Page("Check a file", "check-file", "shield-check", "content credentials authentic"),
)


@dataclass(frozen=True)
class Source:
    """A model whose rows are found by their names."""

    model: type[models.Model]
    title: str
    icon: str
    column: str
    index: SearchIndex | None = None


_sources: list[Source] = []


def register(source: Source) -> None:
    """Called by the apps when the program starts."""
    _sources.append(source)


def find(text: str, user: User) -> list[Group]:
    """What matches all words of the text; without any, the actions and pages."""
    words = text.split()[:MAX_WORDS]
    groups = [Group("Actions", _match(ACTIONS, words, user)), Group("Pages", _match(PAGES, words, user))]
    if words:
        groups.append(Group("Projects", _find_projects(words)))
        groups += [Group(source.title, _find_rows(source, words)) for source in _sources]
    return [group for group in groups if group.entries]


def _match(pages: tuple[Page, ...], words: list[str], user: User) -> list[Entry]:
    found = []
    for page in pages:
        text = f"{page.label} {page.words}".casefold()
        if user.may(page.permission) and all(word.casefold() in text for word in words):
            try:
                address = reverse(page.url_name, args=page.arguments)
            except NoReverseMatch:  # not with another provider
                continue
            found.append(Entry(page.label, address, page.icon))
    return found


def _find_projects(words: list[str]) -> list[Entry]:
    rows = Project.objects.filter(_name_has("name", words))[:MAX_FOUND]
    return [Entry(str(row), f"{reverse('videos')}?project={row.pk}", "folder") for row in rows]


def _find_rows(source: Source, words: list[str]) -> list[Entry]:
    rows: Any = source.model._default_manager.only(source.column).order_by("-created_at", "-pk")
    if source.index and (match := source.index.match_all(words)) is not None:
        rows = rows.filter(match)  # narrows it without reading the table
    rows = rows.filter(_name_has(source.column, words))[:MAX_FOUND]
    return [Entry(str(row), row.get_absolute_url(), source.icon) for row in rows]


def _name_has(column: str, words: list[str]) -> Q:
    matching = Q()
    for word in words:
        matching &= contains(column, word)
    return matching
