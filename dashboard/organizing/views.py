"""Projects and tags of rows, favourites and saved filters. Who may change a row may organize it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.gallery.selection import parse_selection, split_by_permission
from dashboard.models import User
from dashboard.organizing import services
from dashboard.organizing.counts import list_with_counts
from dashboard.organizing.models import MAX_NAME, MAX_QUERY, Project, SavedFilter, Tag
from dashboard.organizing.organized_model import find_model
from dashboard.permissions import Permission, requires
from dashboard.request import Request, parse_id
from dashboard.shortcuts import NOT_YOURS, get_changeable_or_403

NEW = "new"
KEEP = "keep"
GALLERIES = ("videos", "avatars", "voices")


# ---------------------------------------------------------------- one row, and several


@require_POST
def organize(request: Request, kind: str, pk: int) -> HttpResponse:
    """Save project and tags of one row."""
    row = get_changeable_or_403(_get_model(kind), pk, request.user)
    services.move([row], _read_project(request))
    services.set_tags(row, services.parse_tags(request.POST.get("tags", "")))
    messages.success(request, "Saved.")
    return redirect(row)


@require_POST
def organize_selected(request: Request, kind: str) -> HttpResponse:
    """Move and tag the selected rows of a gallery, and make them favourites."""
    model = _get_model(kind)
    rows = list(model.objects.filter(pk__in=parse_selection(request.POST)))
    changeable, others = split_by_permission(rows, request.user)
    if request.POST.get("project", KEEP) != KEEP:
        services.move(changeable, _read_project(request))
    services.add_tags(changeable, services.parse_tags(request.POST.get("tags", "")))
    services.remove_tags(changeable, services.parse_tags(request.POST.get("remove_tags", "")))
    changes_rows = request.POST.get("project", KEEP) != KEEP or any(
        request.POST.get(name, "").strip() for name in ("tags", "remove_tags")
    )
    if favourite := request.POST.get("favourite"):
        for row in rows:  # also those of others: they are one's own favourites
            _mark(row, request, favourite == "yes")
    number = len(changeable) if changes_rows else len(rows)
    words = f"{number} {'item was' if number == 1 else 'items were'} organized."
    if changes_rows and others:
        words += f" {others} {'was' if others == 1 else 'were'} left alone: only their creator, an admin or an owner can change them."
    messages.success(request, words)
    return redirect(_find_way_back(request))


@requires(Permission.SEE)
@require_POST
def favourite(request: Request, kind: str, pk: int) -> HttpResponse:
    """Make a row a favourite of this person, or no longer."""
    row = get_object_or_404(_get_model(kind), pk=pk)
    is_favourite = request.POST.get("favourite") == "yes"
    _mark(row, request, is_favourite)
    if not request.htmx:
        return redirect(row)
    context = {"kind": kind, "pk": row.pk, "name": str(row), "is_favourite": is_favourite}
    return render(request, "organizing/_star.html", context)


def _mark(row: Any, request: Request, is_favourite: bool) -> None:
    if is_favourite:
        row.favourite_of.add(request.user)
    else:
        row.favourite_of.remove(request.user)


def _read_project(request: Request) -> Project | None:
    """The project that the form names, a new one if it says so. Raises Http404 for one that was deleted."""
    chosen = request.POST.get("project", "")
    if new := request.POST.get("new_project", "").strip():
        return services.get_or_create_project(new, request.user)
    return get_object_or_404(Project, pk=parse_id(chosen) or 0) if chosen not in ("", NEW, KEEP) else None


def _get_model(kind: str) -> Any:
    if (model := find_model(kind)) is None:
        raise Http404
    return model


# ---------------------------------------------------------------- projects


@require_http_methods(["GET", "HEAD", "POST"])
def projects(request: Request) -> HttpResponse:
    """The list, and a new one."""
    if request.method == "POST":
        if services.get_or_create_project(request.POST.get("name", ""), request.user) is None:
            messages.error(request, f"A name must have 1 to {MAX_NAME} characters.")
        return redirect("projects")
    found = list_with_counts(Project)
    for project in found:
        project.may_change = _may_change(project, request.user)
    return render(request, "organizing/projects.html", {"projects": found, "tags": list_with_counts(Tag)})


@require_POST
def rename_project(request: Request, pk: int) -> HttpResponse:
    project = _get_project(request, pk)
    name = " ".join(request.POST.get("name", "").split())
    if not 0 < len(name) <= MAX_NAME:
        messages.error(request, f"A name must have 1 to {MAX_NAME} characters.")
        return redirect("projects")
    try:
        with transaction.atomic():
            Project.objects.filter(pk=project.pk).update(name=name)
    except IntegrityError:
        messages.error(request, f"There is a project “{name}” already.")
    return redirect("projects")


@require_POST
def delete_project(request: Request, pk: int) -> HttpResponse:
    """Delete the folder; what is in it stays."""
    project = _get_project(request, pk)
    project.delete()
    messages.success(request, f"{project} was deleted. What was in it stays.")
    return redirect("projects")


def _get_project(request: Request, pk: int) -> Project:
    project = get_object_or_404(Project, pk=pk)
    if not _may_change(project, request.user):
        raise PermissionDenied(NOT_YOURS)
    return project


def _may_change(project: Project, user: User) -> bool:
    is_own = project.made_by_id == user.pk and user.may(Permission.MAKE)
    return is_own or user.may(Permission.CHANGE_ALL)


# ---------------------------------------------------------------- saved filters


@requires(Permission.SEE)
@require_POST
def save_filter(request: Request) -> HttpResponse:
    """Keep the filters of a gallery under a name; the same name again has the new ones."""
    gallery = request.POST.get("gallery", "")
    if gallery not in GALLERIES:
        raise Http404
    name = " ".join(request.POST.get("name", "").split())[:MAX_NAME]
    query = QueryDict(request.POST.get("query", "")[:MAX_QUERY].removeprefix("?"), mutable=True)
    query.pop("page", None)
    if not name:
        messages.error(request, "Give the filter a name.")
    else:
        rows = SavedFilter.objects.filter(user=request.user, gallery=gallery, name__iexact=name)
        if not rows.update(query=query.urlencode()):
            SavedFilter.objects.create(
                user=request.user, gallery=gallery, name=name, query=query.urlencode()[:MAX_QUERY]
            )
    return redirect(f"{reverse(gallery)}?{query.urlencode()}")


@requires(Permission.SEE)
@require_POST
def delete_filter(request: Request, pk: int) -> HttpResponse:
    saved = SavedFilter.objects.filter(pk=pk, user=request.user).first()
    if saved is None:
        raise Http404
    saved.delete()
    return redirect(_find_way_back(request, saved.gallery))


def _find_way_back(request: Request, otherwise: str = "videos") -> str:
    back = request.headers.get("Referer", "")
    return back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else otherwise


@require_GET
def dialog(request: Request, kind: str) -> HttpResponse:
    """What can be done with selected rows: fetched by the gallery when it is asked for."""
    _get_model(kind)
    context = {"kind": kind, "projects": Project.objects.all(), "tags": Tag.objects.all()}
    return render(request, "organizing/_dialog.html", context)
