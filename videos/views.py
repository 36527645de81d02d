"""The videos' gallery and pages. A view that changes something takes POST only and asks `may_change`."""

import contextlib

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from dashboard.files.filenames import for_filename
from dashboard.jobs.base import ForbiddenTransition, LeaseLost
from dashboard.jobs.provider_job import ProviderState
from dashboard.provider import sync as provider_sync
from videos import captions, tasks
from videos.cards import card_of
from videos.forms import TitleForm
from videos.models import Video
from videos.video_page import build_video_page

ON_CARDS = (
    "title",
    "state",
    "state_since",
    "version",
    "try_after",
    "progress",
    "error",
    "remote_state",
    "batch_position",
    "created_at",
    "video",
    "look",
    "styled_video",
    "styled_key",
    "poster",
    "thumbnail",
    "colour",
    "width",
    "height",
    "seconds",
    *("made_by__name", "made_by__email"),
    *("avatar__thumbnail", "avatar__preview", "avatar__portrait", "avatar__state"),
    *("avatar__portrait_width", "avatar__portrait_height"),
)


def for_cards() -> QuerySet[Video]:
    """Videos with all that their cards show, and nothing else of their many columns."""
    return Video.objects.select_related("made_by", "avatar").only(*ON_CARDS)


def for_pages() -> QuerySet[Video]:
    return Video.objects.select_related("made_by", "avatar", "voice")


@require_POST
def sync(request: HttpRequest) -> HttpResponse:
    provider_sync.mark_busy(Video)
    tasks.request_sync()
    return redirect("videos")


@require_GET
def sync_state(request: HttpRequest) -> HttpResponse:
    return provider_sync.render_state(request, Video, "videos")


@require_GET
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The poll of a card: nothing while nothing changed, an empty place when it was deleted."""
    video = for_cards().filter(pk=pk).first()
    if video is None:
        return HttpResponse()
    card = card_of(video)
    if request.GET.get("v") == card.stamp:
        return HttpResponse(status=204)
    return _announced(render(request, "videos/_card.html", {"card": card}), video)


@require_GET
def status(request: HttpRequest, pk: int) -> HttpResponse:
    """The poll of a video's own page while it is being made; the player comes once, with the last answer."""
    video = for_pages().filter(pk=pk).first()
    if video is None:
        return HttpResponseClientRedirect("/videos/")
    card = card_of(video)
    if request.GET.get("v") == card.stamp:
        return HttpResponse(status=204)
    context = {"video": video, "page": build_video_page(request, video), "card": card, "swapped": True}
    return _announced(render(request, "videos/_status.html", context), video)


def _announced(response: HttpResponse, video: Video) -> HttpResponse:
    if video.is_active or video.state == ProviderState.CANCELLED:
        return response
    words = "is ready" if video.is_ready else "failed"
    return trigger_client_event(response, "announce", {"text": f"{video.title} {words}."})


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    video = get_object_or_404(for_pages(), pk=pk)
    context = {"video": video, "page": build_video_page(request, video), "card": card_of(video)}
    return render(request, "videos/detail.html", context)


@require_GET
def srt(request: HttpRequest, pk: int) -> HttpResponse:
    """The captions once more, as the older kind of file that video editors take."""
    video = get_object_or_404(Video.objects.exclude(captions=""), pk=pk)
    try:
        with video.captions.open("rb") as file:
            text = captions.as_srt(file.read().decode("utf-8-sig"))
    except FileNotFoundError:
        raise Http404("This file is gone.") from None
    response = HttpResponse(text, content_type="application/x-subrip; charset=utf-8")
    name = f"{for_filename(video.title)}.srt"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    video = _to_change(request, pk)
    form = TitleForm(request.POST)
    if form.is_valid():
        Video.objects.filter(pk=pk).update(title=form.cleaned_data["title"], version=F("version") + 1)
    else:
        messages.error(request, "A title must have 1 to 200 characters.")
    return redirect(video)


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    video = _to_change(request, pk)
    # If somebody else was faster, what is shown next is how it stands.
    with contextlib.suppress(ForbiddenTransition, LeaseLost):
        tasks.retry(video)
    return _shown_again(request, video)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    video = _to_change(request, pk)
    if not tasks.cancel(video):
        messages.info(request, "Too late to cancel: this video is already being generated.")
    return _shown_again(request, video)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    video = _to_change(request, pk)
    tasks.remove(video)
    if request.htmx:
        return HttpResponse()
    messages.success(request, f"{video.title} was deleted.")
    return redirect("videos")


def _to_change(request: HttpRequest, pk: int) -> Video:
    video = get_object_or_404(Video, pk=pk)
    if not request.user.may_change(video):
        raise PermissionDenied
    return video


def _shown_again(request: HttpRequest, video: Video) -> HttpResponse:
    """A card's buttons get the card back; those of the page, the page."""
    if request.htmx:
        return render(request, "videos/_card.html", {"card": card_of(for_cards().get(pk=video.pk))})
    return redirect(video)
