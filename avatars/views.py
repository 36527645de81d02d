"""The avatars' pages. A view that changes something takes POST only and asks `may_change`."""

import contextlib
import uuid
from pathlib import Path

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from avatars import faces, tasks
from avatars.cards import AvatarCard, card_of
from avatars.forms import GenderForm, NameForm
from avatars.models import Avatar
from dashboard.files.filenames import from_filename
from dashboard.jobs.base import ForbiddenTransition, LeaseLost
from dashboard.models import User
from dashboard.provider import sync as provider_sync
from dashboard.uploads import UploadError, portraits
from dashboard.uploads.resumable import resumable
from videos import cards as video_cards

MAX_AT_ONCE = 50


ON_CARDS = (
    "name",
    "state",
    "version",
    "try_after",
    "error",
    "created_at",
    "portrait",
    "portrait_width",
    "portrait_height",
    "thumbnail",
    "preview",
    "colour",
    *("made_by__name", "made_by__email"),
)


def for_cards() -> QuerySet[Avatar]:
    """Avatars with all that their cards show, and nothing else of their many columns."""
    return for_pages().only(*ON_CARDS)


def for_pages() -> QuerySet[Avatar]:
    # Counted for each row that is shown; a join would group all avatars there are.
    one = Avatar.objects.filter(pk=OuterRef("pk")).order_by().values("pk")
    counted = one.annotate(count=Count("videos")).values("count")
    return Avatar.objects.select_related("made_by").annotate(video_count=Subquery(counted))


@require_POST
@resumable("portraits", Avatar)
def upload(request: HttpRequest) -> HttpResponse:
    """One file per request from a script, which gets a card or 422 and a sentence; or a plain form with several."""
    files = request.FILES.getlist("portraits")
    if request.htmx:
        if len(files) != 1:
            return _refused("No picture arrived. Choose it again.")
        try:
            avatar = take_in(files[0], files[0].name, request.user, upload_ref=request.upload_ref)
        except UploadError as error:
            return _refused(str(error))
        return _drawn(request, card_of(for_cards().get(pk=avatar.pk)))
    if not files:
        messages.error(request, "Choose a picture first.")
    if len(files) > MAX_AT_ONCE:
        messages.error(request, f"These were {len(files)} pictures. Upload at most {MAX_AT_ONCE} at once.")
        return redirect("avatars")
    for file in files:
        try:
            take_in(file, file.name, request.user)
        except UploadError as error:
            messages.error(request, f"{file.name}: {error}")
    return redirect("avatars")


def _refused(sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=422, content_type="text/plain; charset=utf-8")


def take_in(source: File | Path, filename: str, user: User, *, upload_ref: uuid.UUID | None = None) -> Avatar:
    """Keep a portrait and have it made into an avatar. Raises UploadError."""
    return Avatar.take_once(upload_ref, lambda: _take_in(source, filename, user, upload_ref))


def _take_in(source: File | Path, filename: str, user: User, upload_ref: uuid.UUID | None) -> Avatar:
    with portraits.take(source, filename) as portrait:
        avatar = Avatar(
            name=from_filename(filename, "New avatar"),
            made_by=user,
            upload_ref=upload_ref,
            portrait_width=portrait.width,
            portrait_height=portrait.height,
            colour=portrait.colour,
        )
        try:
            with portrait.path.open("rb") as picture, portrait.thumbnail.open("rb") as small:
                avatar.portrait.save(f"{avatar.client_ref}.jpg", File(picture), save=False)
                avatar.thumbnail.save(f"{avatar.client_ref}.webp", File(small), save=False)
            with transaction.atomic():
                avatar.save()
                tasks.start(avatar)
        except BaseException:
            # Without its row nobody would ever find these files again.
            for file in avatar.files:
                file.storage.delete(file.name)
            raise
    return avatar


@require_POST
def sync(request: HttpRequest) -> HttpResponse:
    provider_sync.mark_busy(Avatar)
    tasks.request_sync()
    return redirect("avatars")


@require_GET
def sync_state(request: HttpRequest) -> HttpResponse:
    return provider_sync.render_state(request, Avatar, "avatars")


@require_GET
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The poll of a card: nothing while nothing changed, an empty place when it was deleted."""
    avatar = for_cards().filter(pk=pk).first()
    if avatar is None:
        return HttpResponse()
    card = card_of(avatar)
    if request.GET.get("v") == card.stamp:
        return HttpResponse(status=204)
    return _announced(_drawn(request, card), avatar)


def _drawn(request: HttpRequest, card: AvatarCard) -> HttpResponse:
    return render(request, "avatars/_card.html", {"card": card})


@require_GET
def status(request: HttpRequest, pk: int) -> HttpResponse:
    """The poll of an avatar's own page."""
    avatar = for_pages().filter(pk=pk).first()
    if avatar is None:
        return HttpResponseClientRedirect("/avatars/")
    card = card_of(avatar)
    if request.GET.get("v") == card.stamp:
        return HttpResponse(status=204)
    context = {"avatar": avatar, "card": card, "other_faces": faces.others(avatar), "swapped": True}
    return _announced(render(request, "avatars/_status.html", context), avatar)


def _announced(response: HttpResponse, avatar: Avatar) -> HttpResponse:
    if avatar.is_active:
        return response
    words = "is ready" if avatar.is_ready else "could not be made"
    return trigger_client_event(response, "announce", {"text": f"{avatar.name} {words}."})


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    avatar = get_object_or_404(for_pages(), pk=pk)
    videos = video_cards.cards_of(avatar.videos.select_related("made_by", "avatar")[:12])
    context = {
        "avatar": avatar,
        "card": card_of(avatar),
        "videos": videos,
        "other_faces": faces.others(avatar),
    }
    return render(request, "avatars/detail.html", context)


@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    avatar = _to_change(request, pk)
    form = NameForm(request.POST)
    if form.is_valid():
        Avatar.objects.filter(pk=pk).update(name=form.cleaned_data["name"])
    else:
        messages.error(request, "A name needs at least one letter and at most 200.")
    return redirect(avatar)


@require_POST
def gender(request: HttpRequest, pk: int) -> HttpResponse:
    avatar = _to_change(request, pk)
    form = GenderForm(request.POST)
    if form.is_valid():
        Avatar.objects.filter(pk=pk).update(gender=form.cleaned_data["gender"], gender_corrected=True)
    if request.htmx:
        avatar.refresh_from_db()
        return render(request, "avatars/_gender.html", {"avatar": avatar})
    return redirect(avatar)


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    avatar = _to_change(request, pk)
    # If somebody else was faster, what is shown next is how it stands.
    with contextlib.suppress(ForbiddenTransition, LeaseLost):
        tasks.retry(avatar)
    if request.htmx:
        return _drawn(request, card_of(for_cards().get(pk=pk)))
    return redirect(avatar)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    avatar = _to_change(request, pk)
    tasks.remove(avatar)
    if request.htmx:
        return HttpResponse()
    messages.success(request, f"{avatar.name} was deleted.")
    return redirect("avatars")


def _to_change(request: HttpRequest, pk: int) -> Avatar:
    avatar = get_object_or_404(Avatar, pk=pk)
    if not request.user.may_change(avatar):
        raise PermissionDenied
    return avatar
