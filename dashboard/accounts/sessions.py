"""Where people are signed in: listed, and ended.

The list is allauth's (allauth.usersessions); the sessions themselves are Django's rows, where ending one deletes it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from ua_parser import parse

from dashboard.models import User

# Often enough for "last seen", seldom enough that reading pages does not write.
SEEN_EVERY = timedelta(minutes=5)
# By session: who was noted in this process and when, so that most pages ask the database nothing.
_noted: dict[str, tuple[int, datetime]] = {}
MAX_NOTED = 2000
MAX_LISTED = 500
CLEANUP_SECONDS = 3600.0
_PLAIN_NAMES = {
    "Mobile Safari": "Safari",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "HeadlessChrome": "Chrome",
    "Mac OS X": "macOS",
}


@dataclass(frozen=True)
class SignedIn:
    """One session, as a page shows it."""

    row: UserSession
    device: str
    is_here: bool


def describe_device(user_agent: str) -> str:
    """Browser and device in words, of the header that a browser sends."""
    found = parse(user_agent)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    device = found.device.family if found.device else ""
    where = device if device in {"iPhone", "iPad"} else system
    words = [_PLAIN_NAMES.get(name, name) for name in (browser, where) if name and name != "Other"]
    return " on ".join(words) or "Unknown device"


def note_activity(request: HttpRequest) -> None:
    """Keep the list up to date: a session that is new, or was last seen some minutes ago."""
    key = request.session.session_key
    if not request.user.is_authenticated or not key:
        return
    now = timezone.now()
    noted = _noted.get(key)
    if noted and noted[0] == request.user.pk and now - noted[1] < SEEN_EVERY:
        return
    if len(_noted) >= MAX_NOTED:
        _noted.clear()
    _noted[key] = (request.user.pk, now)
    UserSession.objects.create_from_request(request)


def list_sessions(user: User, current_key: str | None) -> list[SignedIn]:
    """This device first, then the last seen. What has ended otherwise is taken off the list."""
    rows = UserSession.objects.filter(user=user)
    # Not allauth's purge_and_list, which asks for each session by itself.
    rows.exclude(session_key__in=Session.objects.values("session_key")).delete()
    listed = [SignedIn(row, describe_device(row.user_agent), row.session_key == current_key) for row in rows]
    return sorted(listed, key=lambda one: (one.is_here, one.row.last_seen_at), reverse=True)


def list_all_sessions(current_key: str | None) -> list[SignedIn]:
    """The sessions of everybody, the last seen first."""
    rows = UserSession.objects.select_related("user").order_by("-last_seen_at", "-pk")
    rows.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return [
        SignedIn(row, describe_device(row.user_agent), row.session_key == current_key)
        for row in rows[:MAX_LISTED]
    ]


def end_session(user: User, pk: int, current_key: str | None) -> bool:
    """End one of this person's other sessions. False if there is none of this number."""
    row = UserSession.objects.filter(user=user, pk=pk).exclude(session_key=current_key).first()
    if row is None:
        return False
    row.end()
    return True


def end_sessions(user: User, except_key: str | None = None) -> int:
    """Sign this person out everywhere, or everywhere else; how many sessions that were."""
    ended = 0
    # Every row is read, because those that were never listed must end, too.
    for session in Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key=except_key):
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()
            ended += 1
    UserSession.objects.filter(user=user).exclude(session_key=except_key).delete()
    return ended


def delete_expired() -> float:
    """A step of the poller: what has expired is deleted; the seconds until the next step."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return CLEANUP_SECONDS
