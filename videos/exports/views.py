"""Downloads that are made on a click, and the choice of the poster. Every member may take away what he can see."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from dashboard.files import signed_links
from dashboard.jobs.base import State
from videos.exports import catalogue, tasks
from videos.models import Export, Video


class PosterForm(forms.Form):
    seconds = forms.FloatField(min_value=0)


@require_GET
def row(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The poll of a download that is being made: nothing while nothing changed."""
    video = _ready(pk, kind)
    download = catalogue.one(video, kind)
    if download.is_active and request.GET.get("v") == str(download.export.version):
        return HttpResponse(status=204)
    response = render(request, "videos/_download.html", {"video": video, "download": download})
    if download.is_active:
        return response
    words = "is ready" if download.links else "could not be made"
    return trigger_client_event(
        response, "announce", {"text": f"{download.name} ({download.format}) {words}."}
    )


@require_POST
def make(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    video = _ready(pk, kind)
    if not tasks.why_not(video, kind):
        tasks.want(video, kind, request.user)
    if request.htmx:
        download = catalogue.one(video, kind)
        return render(request, "videos/_download.html", {"video": video, "download": download})
    return redirect(f"{video.get_absolute_url()}#downloads")


@require_GET
def file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The made file, by a link that expires; that somebody took it keeps it for longer."""
    video = _ready(pk, kind)
    export = tasks.find(video, kind)
    if export is None or not export.is_ready or not default_storage.exists(export.file.name):
        messages.info(request, "This file is not kept any more. Make it once more.")
        return redirect(f"{video.get_absolute_url()}#downloads")
    Export.objects.filter(pk=export.pk).update(used_at=timezone.now())
    return redirect(signed_links.link(export.file.name, download=catalogue.filename(video, kind)))


@require_POST
def choose_poster(request: HttpRequest, pk: int) -> HttpResponse:
    video = get_object_or_404(Video, pk=pk, state=State.READY)
    if not request.user.may_change(video):
        raise PermissionDenied
    form = PosterForm(request.POST)
    if form.is_valid() and form.cleaned_data["seconds"] <= video.seconds + 0.5:
        tasks.choose_poster(video, min(form.cleaned_data["seconds"], video.seconds))
        error = ""
    else:
        error = f"Choose a moment between 0 and {video.seconds:.1f} seconds."
    if request.htmx:
        return _poster(request, video, error)
    if error:
        messages.error(request, error)
    return redirect(f"{video.get_absolute_url()}#poster")


@require_GET
def poster(request: HttpRequest, pk: int) -> HttpResponse:
    """The poll while the poster is made: nothing while nothing changed."""
    video = get_object_or_404(Video, pk=pk, state=State.READY)
    export = tasks.find(video, Export.Kind.POSTER)
    if export and export.is_active and request.GET.get("v") == str(export.version):
        return HttpResponse(status=204)
    response = _poster(request, video)
    if export and export.is_ready:
        return trigger_client_event(response, "announce", {"text": "The poster was changed."})
    return response


def _poster(request: HttpRequest, video: Video, error: str = "") -> HttpResponse:
    video.painting = tasks.find(video, Export.Kind.POSTER)
    return render(request, "videos/_poster.html", {"video": video, "error": error, "is_open": True})


def _ready(pk: int, kind: str) -> Video:
    if kind not in catalogue.FORMS:
        raise Http404("There is no such download.")
    return get_object_or_404(Video.objects.exclude(video=""), pk=pk, state=State.READY)
