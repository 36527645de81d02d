"""What pages answer when something was moved to the trash, or is there."""

import functools
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import models
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django_htmx.http import trigger_client_event

from dashboard.request import Request
from dashboard.trash.kinds import kind_of
from dashboard.trash.services import move_to_trash

UNDO_TAG = "undo="


def trash_and_announce(request: Request, rows: Iterable[Any], sentence: str) -> None:
    """Move rows to the trash; the next page says so and offers "Undo"."""
    moment = move_to_trash(rows, request.user, request)
    messages.success(request, sentence, extra_tags=f"{UNDO_TAG}{moment.isoformat()}")


def trash_card(request: Request, row: Any) -> HttpResponse:
    """Move the row of a card to the trash: the card goes, and a toast offers "Undo"."""
    moment = move_to_trash([row], request.user, request)
    event = {"text": in_trash(row), "undo": moment.isoformat()}
    return trigger_client_event(HttpResponse(), "toast", event)


def in_trash(row: Any) -> str:
    return f"{row} was moved to the trash."


def parse_undo(tags: str) -> datetime | None:
    """The moment of a message's "Undo"; None for other messages."""
    tag = next((tag for tag in tags.split() if tag.startswith(UNDO_TAG)), "")
    try:
        return datetime.fromisoformat(tag.removeprefix(UNDO_TAG)) if tag else None
    except ValueError:
        return None


View = Callable[..., HttpResponseBase]


def explains_trash(model: type[models.Model]) -> Callable[[View], View]:
    """Decorator for the page of one row: where the row is in the trash, a page says so and offers to restore it."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: Request, pk: int, **arguments: object) -> HttpResponseBase:
            try:
                return view(request, pk=pk, **arguments)
            except Http404:
                rows = model.all_objects.exclude(trashed_at=None)  # type: ignore[attr-defined]
                row = rows.select_related("trashed_by").filter(pk=pk).first()
                if row is None:
                    raise
                context = {"row": row, "kind": kind_of(row)}
                return render(request, "trash/in_trash.html", context, status=404)

        return guarded

    return wrap
