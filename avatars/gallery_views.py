"""The gallery of avatars: search and filters, and actions on several avatars."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import PurePosixPath

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from avatars.cards import cards_of
from avatars.models import Avatar
from avatars.search import AVATARS
from dashboard.consent.listing import Listing
from dashboard.files import zip_stream
from dashboard.gallery.live_changes import Changes, Gallery
from dashboard.gallery.pagination import Page
from dashboard.gallery.rendering import render_gallery
from dashboard.gallery.selection import describe_deletion, parse_selection, split_by_permission
from dashboard.organizing.filters import OrganizedFilterForm
from dashboard.organizing.organized_model import list_favourites
from dashboard.provider import sync as provider_sync
from dashboard.request import Request
from dashboard.trash.responses import trash_and_announce


class AvatarFilterForm(OrganizedFilterForm):
    GALLERY = "avatars"
    SEARCH_INDEX = AVATARS
    field_order = ("q", "state", "project", "tag", "favourite", "person", "made", "sort")


GALLERY = Gallery(Avatar, "avatar", "avatars", "avatars", AvatarFilterForm)


@require_GET
def gallery(request: Request) -> HttpResponse:
    form = AvatarFilterForm(request.GET, request.user)
    page = Page(form, Avatar.objects.all(), request.GET.get("page"))
    words = page.describe_total("avatar", "avatars")
    context = {
        "form": form,
        "page": page,
        "words": words,
        "sync": provider_sync.load_state(Avatar),
        "changes": Changes.none_yet(GALLERY, page),
        "favourites": list_favourites(Avatar, page.keys, request.user),
        "avatars": cards_of(page.load(Avatar.objects.for_cards())),
    }
    return render_gallery(request, "avatars", context)


@require_GET
def changes(request: Request) -> HttpResponse:
    """The poll of the gallery: what was added or deleted elsewhere."""
    return GALLERY.poll(request)


@require_GET
def download(request: Request) -> HttpResponseBase:
    """The pictures of the selected avatars, as one archive."""
    avatars = [row for row in Avatar.objects.filter(pk__in=parse_selection(request.GET)) if row.picture]
    if not avatars:
        messages.error(request, "None of these can be downloaded yet.")
        return redirect("avatars")
    listing = Listing()
    return zip_stream.download(_list_files(avatars, listing), "Avatars.zip", listing.texts)


def _list_files(avatars: Iterable[Avatar], listing: Listing) -> Iterator[tuple[str, str, datetime]]:
    """Name in the archive, stored name and time of each picture."""
    names = zip_stream.UniqueNames()
    for avatar in avatars:
        picture = avatar.portrait or avatar.preview or avatar.thumbnail
        if stored := picture.name:
            name = names.add(avatar.name) + PurePosixPath(stored).suffix
            listing.add(name, portrait=avatar)
            yield name, stored, avatar.created_at


@require_POST
def delete(request: Request) -> HttpResponse:
    """Move those of the selected avatars to the trash that this person may delete, and show the same page again."""
    selected = Avatar.objects.filter(pk__in=parse_selection(request.POST))
    changeable, others = split_by_permission(selected, request.user)
    trash_and_announce(
        request, changeable, describe_deletion(len(changeable), others, "avatar was", "avatars were")
    )
    return redirect(f"{reverse('avatars')}?{request.GET.urlencode()}")
