"""The gallery of avatars: search and filters, and actions on several avatars."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from avatars import services
from avatars.cards import cards_of
from avatars.models import Avatar
from avatars.search import AVATARS
from dashboard.files import zip_stream
from dashboard.gallery import filters
from dashboard.gallery.changes import Changes, Gallery
from dashboard.gallery.pagination import Page
from dashboard.gallery.rendering import render_gallery
from dashboard.gallery.selection import describe_deletion, parse_selection, split_by_permission
from dashboard.provider import sync as provider_sync
from dashboard.request import Request


class AvatarFilterForm(filters.FilterForm):
    SEARCH_INDEX = AVATARS


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
        "avatars": cards_of(page.load(Avatar.objects.for_cards())),
    }
    return render_gallery(request, "avatars", context)


@require_GET
def changes(request: Request) -> HttpResponse:
    """The poll of the gallery: what was added or deleted elsewhere."""
    return GALLERY.poll(request)


@require_GET
def download(request: Request) -> HttpResponseBase:
    """The pictures of what was selected, as one archive."""
    avatars = [row for row in Avatar.objects.filter(pk__in=parse_selection(request.GET)) if row.picture]
    if not avatars:
        messages.error(request, "None of these can be downloaded yet.")
        return redirect("avatars")
    return zip_stream.download(_files(avatars), "Avatars.zip")


def _files(avatars: list[Avatar]) -> Iterator[tuple[str, str, datetime]]:
    names = zip_stream.Names()
    for avatar in avatars:
        picture = avatar.portrait or avatar.preview or avatar.thumbnail
        yield names.give(avatar.name) + PurePosixPath(picture.name).suffix, picture.name, avatar.created_at


@require_POST
def delete(request: Request) -> HttpResponse:
    """What was selected, as far as the person may; the page comes back as it was asked for."""
    mine, left = split_by_permission(
        Avatar.objects.filter(pk__in=parse_selection(request.POST)), request.user
    )
    for avatar in mine:
        services.delete_avatar(avatar)
    messages.success(request, describe_deletion(len(mine), left, "avatar was", "avatars were"))
    return redirect(f"{reverse('avatars')}?{request.GET.urlencode()}")
