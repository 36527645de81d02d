"""The toasts on every page: what became ready or failed of the things a person started."""

import functools
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol, cast

from django.apps import apps
from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.options import Options
from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET

from dashboard.models import User
from dashboard.request import Request

# A row has its time before it is committed: polls overlap, and the page remembers what it has shown.
OVERLAP = timedelta(seconds=10)
# Older news are not worth a toast: they can be seen on the page.
MAX_AGE = timedelta(minutes=10)
MAX_NEWS = 50  # in one answer; the page makes one toast of several of a kind


class Notifying(Protocol):
    """A model whose rows a person waits for: avatars, videos, batches."""

    _meta: "ClassVar[Options[Any]]"
    # What several together are said to be: "avatars are ready", "portraits could not be used"; None: each by itself.
    NEWS_WORDS: ClassVar[tuple[str, str] | None]
    pk: Any

    @property
    def done_at(self) -> datetime | None: ...

    @property
    def outcome(self) -> str: ...  # a sentence

    @property
    def is_ready(self) -> bool: ...

    @classmethod
    def being_made(cls) -> QuerySet[Any]: ...

    @classmethod
    def done_since(cls, user: User, moment: datetime) -> QuerySet[Any]: ...

    def get_absolute_url(self) -> str: ...


def list_models() -> list[type[Notifying]]:
    return [cast(type[Notifying], model) for model in apps.get_models() if hasattr(model, "done_since")]


def is_busy(user: User) -> bool:
    """Whether anything that the person started is still being made.

    The query lists everybody who has something being made: those are few rows, a person's own may be thousands.
    """
    with connection.cursor() as cursor:
        cursor.execute(*_busy_query(connection.vendor))
        return (user.pk,) in cursor.fetchall()


@functools.cache
def _busy_query(vendor: str) -> tuple[str, tuple[Any, ...]]:
    """The query of is_busy: the same for everybody, and on every page, so Django composes it only once."""
    active = [model.being_made().order_by().values_list("made_by_id") for model in list_models()]
    sql, parameters = active[0].union(*active[1:]).query.sql_with_params()
    return sql, tuple(parameters)


def lazy_news(request: Request) -> Any:
    """The variable `news` of templates; lazy, because only pages of signed-in people use it."""
    return SimpleLazyObject(lambda: {"since": _format_time(timezone.now()), "is_busy": is_busy(request.user)})


@require_GET
def news(request: Request) -> HttpResponse:
    """The poll: what became ready or failed since the last one, and whether to ask again. 204 without news."""
    now = timezone.now()
    since = _parse_time(request.GET.get("since", "")) or now
    since = max(since - OVERLAP, now - MAX_AGE)
    found: list[Notifying] = []
    for model in _find_models_with_news(request.user, since):
        found += model.done_since(request.user, since)[:MAX_NEWS]
    busy = is_busy(request.user)
    found = sorted(found, key=_time_of)[-MAX_NEWS:]
    shown = request.GET.get("shown", "").split(",")
    items = [_to_json(row, request.user) for row in found if _key(row) not in shown]
    if not items and busy:
        return HttpResponse(status=204)
    return JsonResponse({"since": _format_time(now), "busy": busy, "items": items})


def _find_models_with_news(user: User, since: datetime) -> list[type[Notifying]]:
    """With one query: most polls find nothing, and reading whole rows is most of their work."""
    models = list_models()
    numbered = [
        model.done_since(user, since).select_related(None).order_by().values_list(Value(number))
        for number, model in enumerate(models)
    ]
    return [models[number] for (number,) in numbered[0].union(*numbered[1:]).order_by()]


def _to_json(row: Notifying, user: User) -> dict[str, Any]:
    return {
        "key": _key(row),
        "card": f"{row._meta.model_name}-{row.pk}",
        "text": row.outcome,
        "url": row.get_absolute_url(),
        "bad": not row.is_ready,
        "several": row.NEWS_WORDS and dict(zip(("ready", "failed"), row.NEWS_WORDS, strict=True)),
        "list": row.NEWS_WORDS and _list_address(row, user),
    }


def _list_address(row: Notifying, user: User) -> str:
    """The gallery with what this person made lately and came to the same end."""
    state = "ready" if row.is_ready else "failed"
    return f"{reverse(str(row._meta.verbose_name_plural))}?state={state}&person={user.pk}&made=week"


def _key(row: Notifying) -> str:
    return f"{row._meta.model_name}-{row.pk}-{int(_time_of(row).timestamp())}"


def _time_of(row: Notifying) -> datetime:
    if row.done_at is None:
        raise ValueError(f"{row} is not done")
    return row.done_at


def _format_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _parse_time(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and timezone.is_aware(moment) else None
