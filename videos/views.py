"""The pages of videos. A view that changes something takes POST only and checks `may_change`."""

import contextlib

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from dashboard.files.disk import needs_room
from dashboard.files.filenames import for_filename
from dashboard.files.missing_files import check_opened
from dashboard.jobs.leased_job import ForbiddenTransition, LeaseLost
from dashboard.jobs.provider_job import ProviderState
from dashboard.provider import sync as provider_sync
from dashboard.request import Request
from dashboard.shortcuts import get_changeable_or_403
from dashboard.trash.responses import explains_trash, in_trash, trash_and_announce, trash_card
from videos import captions, masks, tasks
from videos.cards import card_of
from videos.forms import TitleForm
from videos.models import Video
from videos.video_page import build_mask_notice, build_video_page


@needs_room
@require_POST
def sync(request: Request) -> HttpResponse:
    provider_sync.mark_busy(Video)
    tasks.request_sync()
    return redirect("videos")


@require_GET
def sync_state(request: Request) -> HttpResponse:
    return provider_sync.render_state(request, Video, "videos")


@require_GET
def card(request: Request, pk: int) -> HttpResponse:
    """Polled by a card: 204 while nothing has changed, empty if the video was deleted."""
    video = Video.objects.for_cards().filter(pk=pk).first()
    if video is None:
        return HttpResponse()
    card = card_of(video)
    if request.GET.get("v") == card.stamp:
        return HttpResponse(status=204)
    return _announce(render(request, "videos/_card.html", {"card": card}), video)


@require_GET
def status(request: Request, pk: int) -> HttpResponse:
    """Polled by the page of a video while it is being generated; the last answer contains the player."""
    video = Video.objects.for_pages().filter(pk=pk).first()
    if video is None:
        return HttpResponseClientRedirect("/videos/")
    card = card_of(video)
    if request.GET.get("v") == card.stamp:
        return HttpResponse(status=204)
    context = {"video": video, "page": build_video_page(request, video), "card": card, "swapped": True}
    return _announce(render(request, "videos/_status.html", context), video)


def _announce(response: HttpResponse, video: Video) -> HttpResponse:
    """Let screen readers announce that it is done."""
    if video.is_active or video.state == ProviderState.CANCELLED:
        return response
    outcome = "is ready" if video.is_ready else "failed"
    return trigger_client_event(response, "announce", {"text": f"{video.title} {outcome}."})


@require_GET
@explains_trash(Video)
def detail(request: Request, pk: int) -> HttpResponse:
    video = get_object_or_404(Video.objects.for_pages(), pk=pk)
    if check_opened(video):
        video = get_object_or_404(Video.objects.for_pages(), pk=pk)  # something may have been mended
    context = {"video": video, "page": build_video_page(request, video), "card": card_of(video)}
    return render(request, "videos/detail.html", context)


@require_GET
def srt(request: Request, pk: int) -> HttpResponse:
    """The captions as SubRip, the format for video editors."""
    video = get_object_or_404(Video.objects.exclude(captions=""), pk=pk)
    try:
        with video.captions.open("rb") as file:
            text = captions.convert_to_srt(file.read().decode("utf-8-sig"))
    except FileNotFoundError:
        raise Http404("This file is gone.") from None
    response = HttpResponse(text, content_type="application/x-subrip; charset=utf-8")
    name = f"{for_filename(video.title)}.srt"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_POST
def rename(request: Request, pk: int) -> HttpResponse:
    video = get_changeable_or_403(Video, pk, request.user)
    form = TitleForm(request.POST)
    if form.is_valid():
        Video.objects.filter(pk=pk).update(title=form.cleaned_data["title"], version=F("version") + 1)
    else:
        messages.error(request, "A title must have 1 to 200 characters.")
    return redirect(video)


@needs_room
@require_POST
def retry(request: Request, pk: int) -> HttpResponse:
    video = get_changeable_or_403(Video, pk, request.user)
    # If somebody else was faster, the page shows the result of that.
    with contextlib.suppress(ForbiddenTransition, LeaseLost):
        tasks.retry(video)
    return _render_card_or_redirect(request, video)


@require_POST
def fetch_again(request: Request, pk: int) -> HttpResponse:
    """Copy a video again whose file is gone here."""
    video = get_changeable_or_403(Video, pk, request.user)
    with contextlib.suppress(ForbiddenTransition, LeaseLost):
        tasks.fetch_again(video)
    return redirect(video)


@require_POST
def request_mask(request: Request, pk: int) -> HttpResponse:
    """Download the mask again that could not be downloaded."""
    video = get_changeable_or_403(Video, pk, request.user)
    if masks.can_request(video):
        masks.request(video)
    return redirect(f"{video.get_absolute_url()}#mask")


@require_GET
def mask_state(request: Request, pk: int) -> HttpResponse:
    """Polled by the page of a video while its mask is being downloaded; 204 while nothing has changed."""
    video = Video.objects.filter(pk=pk, state=ProviderState.READY).first()
    if video is None:
        return HttpResponseClientRedirect("/videos/")
    page = build_mask_notice(video)
    if request.GET.get("v") == page.stamp:
        return HttpResponse(status=204)
    return render(request, "videos/_mask_state.html", {"video": video, "mask": page, "polled": True})


@require_POST
def cancel(request: Request, pk: int) -> HttpResponse:
    video = get_changeable_or_403(Video, pk, request.user)
    if not tasks.cancel(video):
        messages.info(request, "Too late to cancel: this video is already being generated.")
    return _render_card_or_redirect(request, video)


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    video = get_changeable_or_403(Video, pk, request.user)
    if request.htmx:
        return trash_card(request, video)
    trash_and_announce(request, [video], in_trash(video))
    return redirect("videos")


def _render_card_or_redirect(request: Request, video: Video) -> HttpResponse:
    """The buttons of a card get the card, those of the page the page."""
    if request.htmx:
        return render(
            request, "videos/_card.html", {"card": card_of(Video.objects.for_cards().get(pk=video.pk))}
        )
    return redirect(video)
