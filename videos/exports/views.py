"""Downloads that are made on request, and the choice of the thumbnail. Every member may download what they see."""

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
from dashboard.jobs.provider_job import ProviderState
from videos.exports import catalogue, tasks
from videos.models import Export, Video


class ThumbnailForm(forms.Form):
    seconds = forms.FloatField(min_value=0)


@require_GET
def show_export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The poll of a download that is being prepared: nothing while nothing changed."""
    video = _get_ready_video(pk, kind)
    download = catalogue.find_download(video, kind)
    if download.is_preparing and request.GET.get("v") == str(download.export.version):
        return HttpResponse(status=204)
    response = _render_progress(request, video, download)
    if download.is_preparing:
        return response
    words = "is ready" if download.address else "could not be prepared"
    text = f"{download.name} ({download.format}) {words}."
    return trigger_client_event(response, "announce", {"text": text})


@require_POST
def make_export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Have the file made; whoever asked hears of it wherever they are (see dashboard.news)."""
    video = _get_ready_video(pk, kind)
    if not tasks.why_not(video, kind):
        tasks.want(video, kind, request.user)
    if not request.htmx:
        return redirect(f"{video.get_absolute_url()}#downloads")
    download = catalogue.find_download(video, kind)
    response = _render_progress(request, video, download)
    if not download.is_preparing:
        return response
    text = f"Preparing: {download.name} ({download.format}). It downloads automatically when ready."
    return trigger_client_event(response, "announce", {"text": text})


@require_GET
def download_export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The finished file, by a link that expires; a file that is used is kept for longer."""
    video = _get_ready_video(pk, kind)
    export = tasks.find(video, kind)
    if export is None or not export.is_ready or not default_storage.exists(export.file.name):
        messages.info(request, "This file has expired. Choose it again to prepare a new one.")
        return redirect(f"{video.get_absolute_url()}#downloads")
    Export.objects.filter(pk=export.pk).update(used_at=timezone.now())
    return redirect(signed_links.link(export.file.name, download=catalogue.name_file(video, kind)))


@require_POST
def choose_thumbnail(request: HttpRequest, pk: int) -> HttpResponse:
    video = get_object_or_404(Video, pk=pk, state=ProviderState.READY)
    if not request.user.may_change(video):
        raise PermissionDenied
    form = ThumbnailForm(request.POST)
    error = ""
    if form.is_valid() and form.cleaned_data["seconds"] <= video.seconds + 0.5:
        tasks.choose_poster(video, min(form.cleaned_data["seconds"], video.seconds))
    else:
        error = f"Choose a time between 0 and {video.seconds:.1f} seconds."
    if request.htmx:
        return _render_thumbnail(request, video, tasks.find(video, Export.Kind.POSTER), error)
    if error:
        messages.error(request, error)
    return redirect(f"{video.get_absolute_url()}#thumbnail")


@require_GET
def show_thumbnail(request: HttpRequest, pk: int) -> HttpResponse:
    """The poll while the thumbnail is made: nothing while nothing changed."""
    video = get_object_or_404(Video, pk=pk, state=ProviderState.READY)
    export = tasks.find(video, Export.Kind.POSTER)
    if export and export.is_active and request.GET.get("v") == str(export.version):
        return HttpResponse(status=204)
    response = _render_thumbnail(request, video, export)
    if export and export.is_ready:
        return trigger_client_event(response, "announce", {"text": "The thumbnail was changed."})
    return response


def _render_progress(request: HttpRequest, video: Video, download: catalogue.Download) -> HttpResponse:
    """How far a download is, below the button, and its row in the menu."""
    context = {"video": video, "download": download, "is_answer": True}
    return render(request, "videos/_preparing.html", context)


def _render_thumbnail(
    request: HttpRequest, video: Video, export: Export | None, error: str = ""
) -> HttpResponse:
    context = {"video": video, "thumbnail_export": export, "error": error, "is_open": True}
    return render(request, "videos/_poster.html", context)


def _get_ready_video(pk: int, kind: str) -> Video:
    if kind not in catalogue.FORMATS:
        raise Http404("There is no such download.")
    return get_object_or_404(Video.objects.exclude(video=""), pk=pk, state=ProviderState.READY)
