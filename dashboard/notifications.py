"""What became of the things a person started, for whatever page they are on."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from django.apps import apps
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET

from dashboard.models import User

# A row says when it changed a moment before others can see it; who asks remembers what it has shown.
OVERLAP = timedelta(seconds=10)
# Whoever comes back after lunch sees it on the page and needs no heap of toasts.
OLDEST = timedelta(minutes=10)
MOST = 5


class Newsworthy(Protocol):
    """A model whose rows somebody waits for: avatars, videos, batches."""

    done_at: datetime | None
    outcome: str  # a sentence
    is_ready: bool

    @classmethod
    def being_made(cls) -> QuerySet: ...

    @classmethod
    def done_since(cls, user: User, moment: datetime) -> QuerySet: ...

    def get_absolute_url(self) -> str: ...


def kinds() -> list[type[Newsworthy]]:
    return [model for model in apps.get_models() if hasattr(model, "done_since")]


def is_busy(user: User) -> bool:
    """Whether anything that the person started is still being made.

    Asked the other way round, who has anything being made: that is few rows, a person's own may be thousands.
    """
    active = [kind.being_made().order_by().values_list("made_by_id") for kind in kinds()]
    return (user.pk,) in set(active[0].union(*active[1:]))


def for_page(request: HttpRequest) -> Any:
    """Only the frame of a signed-in page asks, so only there anything is looked up."""
    return SimpleLazyObject(lambda: {"since": _stamp(timezone.now()), "is_busy": is_busy(request.user)})


@require_GET
def news(request: HttpRequest) -> HttpResponse:
    """What became ready or failed since then, and whether to ask again; nothing at all while nothing happened."""
    now = timezone.now()
    since = _moment(request.GET.get("since", "")) or now
    since = max(since - OVERLAP, now - OLDEST)
    found = []
    for kind in kinds():
        found += kind.done_since(request.user, since)[:MOST]
    busy = is_busy(request.user)
    found = sorted(found, key=lambda row: row.done_at)[-MOST:]
    shown = request.GET.get("shown", "").split(",")
    items = [_item(row) for row in found if _key(row) not in shown]
    if not items and busy:
        return HttpResponse(status=204)
    return JsonResponse({"since": _stamp(now), "busy": busy, "items": items})


def _item(row: Newsworthy) -> dict[str, Any]:
    return {
        "key": _key(row),
        "card": f"{row._meta.model_name}-{row.pk}",
        "text": row.outcome,
        "url": row.get_absolute_url(),
        "bad": not row.is_ready,
    }


def _key(row: Newsworthy) -> str:
    return f"{row._meta.model_name}-{row.pk}-{int(row.done_at.timestamp())}"


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and timezone.is_aware(moment) else None
