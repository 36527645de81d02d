"""Downloads that are made on request, and the choice of the thumbnail. Every member may download every video."""

from django import forms
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from dashboard.files import signed_links
from dashboard.files.disk import needs_room
from dashboard.jobs.provider_job import ProviderState
from dashboard.permissions import Permission, requires
from dashboard.request import Request
from dashboard.shortcuts import get_changeable_or_403
from videos.exports import catalogue, services
from videos.models import Export, Video


class ThumbnailForm(forms.Form):
    seconds = forms.FloatField(min_value=0)


@require_GET
def show_export(request: Request, pk: int, kind: str) -> HttpResponse:
    """Polled while a download is being prepared; 204 while nothing has changed."""
    video = _get_ready_video(pk, kind)
    download = catalogue.find_download(video, kind)
    if is_unchanged(request, download.export):
        return HttpResponse(status=204)
    response = _render_progress(request, video, download)
    if download.is_preparing:
        return response
    outcome = "is ready" if download.address else "could not be prepared"
    text = f"{download.name} ({download.format}) {outcome}."
    return trigger_client_event(response, "announce", {"text": text})


@needs_room
@require_POST
@requires(Permission.SEE)
def make_export(request: Request, pk: int, kind: str) -> HttpResponse:
    """Request the file; a notification follows when it is ready (see dashboard.notifications)."""
    video = _get_ready_video(pk, kind)
    if not services.explain_unavailable(video, kind):
        services.request_export(video, kind, request.user)
    if not request.htmx:
        return redirect(f"{video.get_absolute_url()}#downloads")
    download = catalogue.find_download(video, kind)
    response = _render_progress(request, video, download)
    if not download.is_preparing:
        return response
    text = f"Preparing: {download.name} ({download.format}). It downloads automatically when ready."
    return trigger_client_event(response, "announce", {"text": text})


@require_GET
def download_export(request: Request, pk: int, kind: str) -> HttpResponse:
    """Redirect to the finished file by a link that expires."""
    video = _get_ready_video(pk, kind)
    export = services.find_export(video, kind)
    if export is None or not export.is_ready or not default_storage.exists(export.file.name or ""):
        if not services.explain_unavailable(video, kind):
            services.request_export(video, kind, request.user)
            messages.info(
                request, "This file had been removed. It is being prepared again, and then downloads."
            )
        return redirect(f"{video.get_absolute_url()}#downloads")
    Export.objects.filter(pk=export.pk).update(used_at=timezone.now())
    return redirect(signed_links.link(export.file.name or "", download=catalogue.name_file(video, kind)))


@needs_room
@require_POST
def choose_thumbnail(request: Request, pk: int) -> HttpResponse:
    video = get_changeable_or_403(Video.objects.filter(state=ProviderState.READY), pk, request.user)
    form = ThumbnailForm(request.POST)
    error = ""
    if form.is_valid() and form.cleaned_data["seconds"] <= video.seconds + 0.5:
        services.set_poster(video, min(form.cleaned_data["seconds"], video.seconds))
    else:
        error = f"Choose a time between 0 and {video.seconds:.1f} seconds."
    if request.htmx:
        return _render_thumbnail(request, video, services.find_export(video, Export.Kind.POSTER), error)
    if error:
        messages.error(request, error)
    return redirect(f"{video.get_absolute_url()}#thumbnail")


@require_GET
def show_thumbnail(request: Request, pk: int) -> HttpResponse:
    """Polled while the thumbnail is being made; 204 while nothing has changed."""
    video = get_object_or_404(Video, pk=pk, state=ProviderState.READY)
    export = services.find_export(video, Export.Kind.POSTER)
    if is_unchanged(request, export):
        return HttpResponse(status=204)
    response = _render_thumbnail(request, video, export)
    if export and export.is_ready:
        return trigger_client_event(response, "announce", {"text": "The thumbnail was changed."})
    return response


def is_unchanged(request: Request, export: Export | None) -> bool:
    """Whether a page that polls an active export has its latest version."""
    return export is not None and export.is_active and request.GET.get("v") == str(export.version)


def _render_progress(request: Request, video: Video, download: catalogue.Download) -> HttpResponse:
    """The progress of a download below its button, and its row in the menu."""
    context = {"video": video, "download": download, "is_answer": True}
    return render(request, "videos/_preparing.html", context)


def _render_thumbnail(request: Request, video: Video, export: Export | None, error: str = "") -> HttpResponse:
    context = {"video": video, "thumbnail_export": export, "error": error, "is_open": True}
    return render(request, "videos/_poster.html", context)


def _get_ready_video(pk: int, kind: str) -> Video:
    if kind not in catalogue.FORMATS:
        raise Http404("There is no such download.")
    return get_object_or_404(Video.objects.exclude(video=""), pk=pk, state=ProviderState.READY)
