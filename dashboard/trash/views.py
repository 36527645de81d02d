"""The page of the trash. Everybody sees it; who may change a row may restore it and delete it for good."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Value
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.request import Request
from dashboard.trash import services
from dashboard.trash.kinds import TrashKind, explain_use, find_kind, list_kinds
from dashboard.trash.responses import UNDO_TAG, parse_undo

PER_PAGE = 30
SAME_AGAIN = "The same exists again, so it stays in the trash."


@dataclass(frozen=True)
class Entry:
    """A row of the page."""

    kind: TrashKind
    row: Any
    may_change: bool

    @property
    def picture(self) -> FieldFile | None:
        return self.kind.get_picture(self.row)


@require_GET
def index(request: Request) -> HttpResponse:
    chosen = find_kind(request.GET.get("kind", ""))
    shown = [chosen] if chosen else list_kinds()
    keys = [
        kind.rows.filter(trashed_at__gt=services.due_before())
        .order_by()
        .values_list("trashed_at", "pk", Value(kind.one))
        for kind in shown
    ]
    found = keys[0].union(*keys[1:]) if len(keys) > 1 else keys[0]
    page = Paginator(found.order_by("-trashed_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    entries = _load(page.object_list, request)
    context = {
        "page": page,
        "entries": entries,
        "kinds": sorted(list_kinds(), key=lambda kind: kind.many),
        "chosen": chosen,
        "trash_days": settings.TRASH_DAYS,
        "can_empty": any(entry.may_change for entry in entries),
    }
    return render(request, "trash/index.html", context)


def _load(keys: Any, request: Request) -> list[Entry]:
    """The rows of these keys, with one query for each kind."""
    by_key: dict[tuple[str, int], Entry] = {}
    for kind in list_kinds():
        pks = [pk for _, pk, name in keys if name == kind.one]
        for row in kind.rows.select_related("trashed_by").filter(pk__in=pks) if pks else ():
            by_key[kind.one, row.pk] = Entry(kind, row, request.user.may_change(row))
    return [by_key[name, pk] for _, pk, name in keys if (name, pk) in by_key]


@require_POST
def undo(request: Request) -> HttpResponse:
    """The button "Undo" of a toast: takes back what this person has just moved to the trash."""
    moment: datetime | None = parse_undo(f"{UNDO_TAG}{request.POST.get('at', '')}")
    rows = services.undo(moment, request.user, request) if moment else []
    if len(rows) == 1:
        messages.success(request, f"{rows[0]} is back.")
    elif rows:
        messages.success(request, f"{services.describe_rows(rows)} are back.")
    else:
        messages.info(request, "There was nothing to take back: it was restored or deleted already.")
    return redirect(_find_way_back(request))


def _find_way_back(request: Request) -> str:
    back = request.headers.get("Referer", "")
    return back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "trash"


@require_POST
def restore(request: Request, kind: str, pk: int) -> HttpResponse:
    _, row = _get(request, kind, pk)
    if services.restore(row, request.user, request):
        messages.success(request, f"{row} is back.")
        return redirect(row)
    messages.error(request, SAME_AGAIN)
    return redirect("trash")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request, kind: str, pk: int) -> HttpResponse:
    """The confirmation, and deleting one row for good."""
    found, row = _get(request, kind, pk)
    if request.method == "POST":
        try:
            services.delete_for_good(row, request.user, request)
        except services.InUse as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{row} was deleted for good.")
        return redirect("trash")
    context = {"row": row, "kind": found, "use": explain_use(row)}
    return render(request, "trash/delete.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def empty(request: Request) -> HttpResponse:
    """The confirmation, and emptying the trash of all that this person may delete."""
    if request.method == "POST":
        gone, kept = services.empty(request.user, request)
        words = services.describe_counts(gone)
        sentence = f"{words}: being deleted for good." if words else "Nothing was deleted."
        if kept:
            sentence += f" {kept} {'is' if kept == 1 else 'are'} still used by videos in the making."
        messages.success(request, sentence)
        return redirect("trash")
    due = services.due_before()
    counts = [
        kind.count(number)
        for kind in list_kinds()
        if (number := kind.rows_of(request.user).filter(trashed_at__gt=due).count())
    ]
    return render(request, "trash/empty.html", {"counts": counts})


def _get(request: Request, name: str, pk: int) -> tuple[TrashKind, Any]:
    """A row in the trash that this person may change. Raises Http404, PermissionDenied."""
    kind = find_kind(name)
    row = kind.rows.filter(pk=pk, trashed_at__gt=services.due_before()).first() if kind else None
    if kind is None or row is None:
        raise Http404
    if not request.user.may_change(row):
        raise PermissionDenied
    return kind, row
