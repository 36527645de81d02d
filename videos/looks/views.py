"""Changing the look of a video, at any time and without having it made again."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from videos.looks.forms import LookForm
from videos.looks.look import Look
from videos.looks.picker import Step
from videos.looks.services import lay_on, laying
from videos.models import Video


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """The page with the video's look, and what it sends."""
    video = _to_change(request, pk)
    if request.method != "POST":
        return _page(request, video, LookForm.showing(video.parsed_look))
    if "plain" in request.POST:
        return _changed(video, Look())
    form = LookForm(request.POST, request.FILES, user=request.user)
    if form.is_valid() and form.look.needs_mask and video.is_ready and not video.mask:
        form.add_error("background", f"{video.why_no_mask} Choose Original.")
    if not form.is_valid():
        return _page(request, video, form, status=422)
    return _changed(video, form.look)


def _changed(video: Video, look: Look) -> HttpResponse:
    with transaction.atomic():
        Video.objects.filter(pk=video.pk).update(look=look.values(), version=F("version") + 1)
        lay_on(Video.objects.get(pk=video.pk))
    return redirect(video)


def _page(request: HttpRequest, video: Video, form: LookForm, status: int = 200) -> HttpResponse:
    context = {"video": video, "look": Step(form, request.user)}
    return render(request, "videos/look.html", context, status=status)


@require_GET
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """The poll of a video's page while its look is laid on: nothing while nothing changed."""
    video = Video.objects.filter(pk=pk).first()
    if video is None:
        return HttpResponseClientRedirect("/videos/")
    laid = laying(video)
    if laid and laid.is_active and request.GET.get("v") == str(laid.version):
        return HttpResponse(status=204)
    context: dict[str, Any] = {"video": video, "laid": laid, "polled": True}
    return render(request, "videos/_look_state.html", context)


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Laying the look on has failed, and a person wants it tried once more."""
    video = _to_change(request, pk)
    with transaction.atomic():
        lay_on(video)
    return redirect(video)


def _to_change(request: HttpRequest, pk: int) -> Video:
    video = get_object_or_404(Video.objects.select_related("avatar"), pk=pk)
    if not request.user.may_change(video):
        raise PermissionDenied
    return video
