"""Changing the look of a video, which needs no new generation, and the background pictures for looks."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from dashboard.audit.models import Action
from dashboard.audit.recording import recorded
from dashboard.files.disk import needs_room
from dashboard.request import Request
from dashboard.shortcuts import get_changeable_or_403, respond_sentence
from dashboard.uploads import UploadError
from dashboard.uploads.resumable import UploadRequest, resumable
from videos.exports.views import is_unchanged
from videos.looks import backdrops, services
from videos.looks.forms import LookForm
from videos.looks.look import Look
from videos.looks.look_choices import LookChoices
from videos.models import Backdrop, Video


@needs_room
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Request, pk: int) -> HttpResponse:
    """The page on which the look of a video is changed."""
    video = get_changeable_or_403(Video.objects.select_related("avatar"), pk, request.user)
    if request.method != "POST":
        return _render_page(request, video, LookForm.from_look(video.parsed_look))
    if "plain" in request.POST:
        services.change_look(video, Look())
        return redirect(video)
    form = LookForm(request.POST, request.FILES, user=request.user)
    if form.is_valid() and form.look.needs_mask and video.is_ready and not video.mask:
        form.add_error("background", f"{video.why_no_mask} Choose Original.")
    if not form.is_valid():
        return _render_page(request, video, form, status=422)
    services.change_look(video, form.look)
    return redirect(video)


def _render_page(request: Request, video: Video, form: LookForm, status: int = 200) -> HttpResponse:
    context = {"video": video, "look": LookChoices(form, request.user)}
    return render(request, "videos/look.html", context, status=status)


@require_GET
def state(request: Request, pk: int) -> HttpResponse:
    """Polled by a video's page while its look is being applied; 204 while nothing has changed."""
    video = Video.objects.filter(pk=pk).first()
    if video is None:
        return HttpResponseClientRedirect("/videos/")
    export = services.find_look_export(video)
    if is_unchanged(request, export):
        return HttpResponse(status=204)
    context: dict[str, Any] = {"video": video, "look_export": export, "polled": True}
    return render(request, "videos/_look_state.html", context)


@needs_room
@require_POST
def retry(request: Request, pk: int) -> HttpResponse:
    """Apply the look again after a failure."""
    video = get_changeable_or_403(Video.objects.select_related("avatar"), pk, request.user)
    services.apply_look(video)
    return redirect(video)


# ---------------------------------------------------------------- background pictures


@needs_room
@require_POST
@resumable("picture", Backdrop)
def upload_backdrop(request: UploadRequest) -> HttpResponse:
    """A script uploads a picture: answers with its tile, selected, or with 422 and a sentence."""
    file = request.FILES.get("picture")
    try:
        if file is None:
            raise UploadError("No file was received. Choose it again.")
        backdrop = backdrops.create_backdrop(
            file, file.name or "", request.user, upload_ref=request.upload_ref
        )
    except UploadError as error:
        return respond_sentence(str(error))
    return render(request, "videos/_backdrop.html", {"backdrop": backdrop, "picture_pk": backdrop.pk})


@require_http_methods(["GET", "HEAD", "POST"])
def delete_backdrop(request: Request, pk: int) -> HttpResponse:
    """Ask for confirmation, naming the number of videos that use it; then delete it. Finished videos stay as they are."""
    backdrop = get_changeable_or_403(Backdrop, pk, request.user)
    if request.method != "POST":
        used = Video.objects.filter(look__picture=pk).count()
        page = "videos/_delete_backdrop.html" if request.htmx else "videos/delete_backdrop.html"
        return render(request, page, {"backdrop": backdrop, "used": used})
    with recorded(request.user, Action.DELETED, backdrop, request):
        backdrops.delete_backdrop(backdrop)
    if request.htmx:
        return HttpResponse()
    messages.success(request, f"{backdrop.name} was deleted.")
    return redirect("video-new")
