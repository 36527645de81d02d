"""The gallery of videos: finding, and what is done with several at once."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib import messages
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from avatars.models import Avatar
from dashboard.consent.listing import Listing
from dashboard.files import zip_stream
from dashboard.gallery import filters
from dashboard.gallery.live_changes import Changes, Gallery
from dashboard.gallery.pagination import Page
from dashboard.gallery.rendering import render_gallery
from dashboard.gallery.selection import describe_deletion, parse_selection, split_by_permission
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import User
from dashboard.organizing.filters import OrganizedFilterForm
from dashboard.organizing.organized_model import list_favourites
from dashboard.provider import sync as provider_sync
from dashboard.request import Request, parse_id
from dashboard.trash.responses import trash_and_announce
from videos.cards import cards_of
from videos.models import Video
from videos.search import VIDEOS

MAX_AVATARS = 40


class VideoFilterForm(OrganizedFilterForm):
    GALLERY = "videos"
    NAME_COLUMN = "title"
    SEARCH_INDEX = VIDEOS
    ORDERS = filters.FilterForm.ORDERS | {
        "name": (Lower("title"), "pk"),
        "longest": ("-seconds", "-pk"),
        "shortest": ("seconds", "pk"),
    }
    SORTS = [
        *filters.FilterForm.SORTS[:2],
        ("name", "By title"),
        ("longest", "Longest first"),
        ("shortest", "Shortest first"),
    ]
    field_order = ("q", "state", "avatar", "project", "tag", "favourite", "person", "made", "sort")

    avatar = filters.ChoiceField(required=False, label="Avatar")

    def set_choices(self, user: User) -> None:
        super().set_choices(user)
        self.choice_field("avatar").choices = self._avatars(self.data.get("avatar", ""))

    @staticmethod
    def _avatars(wanted: str) -> list[tuple[str, str]]:
        """The newest ones; one that was chosen on its own page is there too. Others are found by their names."""
        newest = Avatar.objects.order_by("-created_at", "-pk").values("pk")[:MAX_AVATARS]
        shown = Q(pk__in=newest)
        if number := parse_id(wanted):
            shown |= Q(pk=number)
        people = Avatar.objects.filter(shown).order_by(Lower("name"), "pk").values_list("pk", "name")
        return [("", "Any avatar"), *((str(pk), name) for pk, name in people)]

    def match_word(self, word: str) -> Q:
        speakers = Avatar.objects.filter(filters.contains("name", word)).order_by()
        return super().match_word(word) | Q(avatar_id__in=speakers.values("pk"))

    def apply(self, rows):  # noqa: ANN001, ANN201 - a queryset in, a queryset out, as in FilterForm
        rows = super().apply(rows)
        if avatar := self.active.get("avatar"):
            rows = rows.filter(avatar_id=int(avatar))
        return rows


GALLERY = Gallery(Video, "video", "videos", "videos", VideoFilterForm)


@require_GET
def gallery(request: Request) -> HttpResponse:
    form = VideoFilterForm(request.GET, request.user)
    page = Page(form, Video.objects.all(), request.GET.get("page"))
    words = page.describe_total("video", "videos")
    context = {
        "form": form,
        "page": page,
        "words": words,
        "sync": provider_sync.load_state(Video),
        "changes": Changes.none_yet(GALLERY, page),
        "favourites": list_favourites(Video, page.keys, request.user),
        "cards": cards_of(page.load(Video.objects.for_cards())),
    }
    return render_gallery(request, "videos", context)


@require_GET
def changes(request: Request) -> HttpResponse:
    """The poll of the gallery: what was made or deleted elsewhere."""
    return GALLERY.poll(request)


@require_GET
def download(request: Request) -> HttpResponseBase:
    """Download the selected videos and their masks as one archive."""
    rows = Video.objects.filter(pk__in=parse_selection(request.GET), state=ProviderState.READY)
    videos = list(rows.exclude(video="").select_related("avatar", "voice"))
    if not videos:
        messages.error(request, "None of these can be downloaded yet.")
        return redirect("videos")
    listing = Listing()
    return zip_stream.download(list_archive_files(videos, listing), "Videos.zip", listing.texts)


def list_archive_files(videos: list[Video], listing: Listing) -> Iterator[tuple[str, str, datetime]]:
    """Name in the archive, name in the storage, and date of each file: see dashboard.files.zip_stream."""
    names = zip_stream.UniqueNames()
    for video in videos:
        name = names.add(video.title)
        listing.add(f"{name}.mp4", portrait=video.avatar, voice=video.voice)
        yield f"{name}.mp4", video.display_file.name or "", video.created_at
        if video.mask and video.display_file.name == video.video.name:  # it fits only the original
            yield f"{name} mask.mp4", video.mask.name or "", video.created_at


@require_POST
def delete(request: Request) -> HttpResponse:
    """Move those of the selected videos to the trash that this person may delete; the gallery keeps its filters."""
    mine, left = split_by_permission(Video.objects.filter(pk__in=parse_selection(request.POST)), request.user)
    trash_and_announce(request, mine, describe_deletion(len(mine), left, "video was", "videos were"))
    return redirect(f"{reverse('videos')}?{request.GET.urlencode()}")
