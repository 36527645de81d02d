"""The pages of avatars. A view that changes something takes POST only and asks `may_change`."""

import contextlib
import uuid

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from avatars import services
from avatars.cards import AvatarCard, card_of
from avatars.faces import list_other_faces
from avatars.forms import GenderForm, NameForm
from avatars.missing_files import can_fetch_again
from avatars.models import Avatar
from dashboard.consent.consented_model import Consent
from dashboard.consent.forms import consent_needed
from dashboard.consent.views import save_consent
from dashboard.consent.wordings import Kind
from dashboard.files.disk import needs_room
from dashboard.files.missing_files import check_opened
from dashboard.jobs.leased_job import ForbiddenTransition, LeaseLost
from dashboard.provider import sync as provider_sync
from dashboard.request import Request
from dashboard.shortcuts import get_changeable_or_403, respond_sentence
from dashboard.trash.responses import explains_trash, in_trash, trash_and_announce, trash_card
from dashboard.uploads import UploadError
from dashboard.uploads.resumable import UploadRequest, resumable
from videos import cards as video_cards

MAX_AT_ONCE = 50
VIDEOS_SHOWN = 12
CONSENT = consent_needed(Kind.PORTRAIT)


@needs_room
@require_POST
@resumable("portraits", Avatar, check=CONSENT)
def upload(request: UploadRequest) -> HttpResponse:
    """One file per request from a script, which gets a card or 422 and a sentence; or a plain form with several."""
    files = request.FILES.getlist("portraits")
    if request.htmx:
        if len(files) != 1:
            return respond_sentence("No file was received. Choose it again.")
        file = files[0]
        try:
            consent = CONSENT(request)
            avatar = services.create_avatar(
                file, file.name or "", request.user, consent=consent, upload_ref=request.upload_ref
            )
        except UploadError as error:
            return respond_sentence(str(error))
        return _render_card(request, card_of(Avatar.objects.for_cards().get(pk=avatar.pk)))
    return _upload_form(request, files)


def _upload_form(request: Request, files: list[UploadedFile]) -> HttpResponse:
    if not files:
        messages.error(request, "Choose a picture first.")
    if len(files) > MAX_AT_ONCE:
        messages.error(request, f"You chose {len(files)} pictures. Upload at most {MAX_AT_ONCE} at a time.")
        return redirect("avatars")
    try:
        consent = CONSENT(request)
    except UploadError as error:
        messages.error(request, str(error))
        return redirect("avatars")
    problems = []
    for file in files:
        try:
            services.create_avatar(file, file.name or "", request.user, consent=consent)
        except UploadError as error:
            problems.append(f"{file.name}: {error}")
    if problems:
        messages.error(request, _describe_problems(problems, len(files)))
    return redirect("avatars")


def _describe_problems(problems: list[str], number: int) -> str:
    """One message for one upload, however many of its files could not be used."""
    if len(problems) == 1:
        return problems[0]
    summary = f"{len(problems)} of {number} portraits could not be used:"
    entries = format_html_join("", "<li>{}</li>", ((problem,) for problem in problems))
    return format_html("{} <details><summary>show</summary><ul>{}</ul></details>", summary, entries)


@needs_room
@require_POST
def sync(request: Request) -> HttpResponse:
    provider_sync.mark_busy(Avatar)
    services.request_sync()
    return redirect("avatars")


@require_GET
def sync_state(request: Request) -> HttpResponse:
    return provider_sync.render_state(request, Avatar, "avatars")


@require_GET
def card(request: Request, pk: int) -> HttpResponse:
    """The poll of a card: 204 while nothing changed, an empty answer when the avatar was deleted."""
    avatar = Avatar.objects.for_cards().filter(pk=pk).first()
    if avatar is None:
        return HttpResponse()
    card = card_of(avatar)
    if request.GET.get("v") == card.stamp:
        return HttpResponse(status=204)
    return _announce(_render_card(request, card), avatar)


def _render_card(request: Request, card: AvatarCard) -> HttpResponse:
    return render(request, "avatars/_card.html", {"card": card})


@require_GET
def status(request: Request, pk: int) -> HttpResponse:
    """The poll of an avatar's own page."""
    avatar = Avatar.objects.for_pages().filter(pk=pk).first()
    if avatar is None:
        return HttpResponseClientRedirect(reverse("avatars"))
    card = card_of(avatar)
    if request.GET.get("v") == card.stamp:
        return HttpResponse(status=204)
    context = {"avatar": avatar, "card": card, "other_faces": list_other_faces(avatar), "swapped": True}
    return _announce(render(request, "avatars/_status.html", context), avatar)


def _announce(response: HttpResponse, avatar: Avatar) -> HttpResponse:
    """Let screen readers hear that it is done."""
    if avatar.is_active:
        return response
    outcome = "is ready" if avatar.is_ready else "failed"
    return trigger_client_event(response, "announce", {"text": f"{avatar.name} {outcome}."})


@require_GET
@explains_trash(Avatar)
def detail(request: Request, pk: int) -> HttpResponse:
    avatar = get_object_or_404(Avatar.objects.for_pages(), pk=pk)
    if check_opened(avatar):
        avatar = get_object_or_404(Avatar.objects.for_pages(), pk=pk)  # something may have been mended
    videos = avatar.videos.select_related("made_by", "avatar")[:VIDEOS_SHOWN]
    context = {
        "avatar": avatar,
        "card": card_of(avatar),
        "videos": video_cards.cards_of(videos),
        "other_faces": list_other_faces(avatar),
        "can_fetch_again": can_fetch_again(avatar),
    }
    return render(request, "avatars/detail.html", context)


@needs_room
@require_POST
def fetch_again(request: Request, pk: int) -> HttpResponse:
    """Copy the picture again that is gone here."""
    avatar = get_changeable_or_403(Avatar, pk, request.user)
    with contextlib.suppress(ForbiddenTransition, LeaseLost):
        services.fetch_again(avatar)
    return redirect(avatar)


@needs_room
@require_POST
def create_from_face(request: Request, pk: int) -> HttpResponse:
    """A new avatar of another face in the same portrait; the old one stays."""
    avatar = get_object_or_404(Avatar, pk=pk)
    number = request.POST.get("face", "")
    if number not in {str(face.number) for face in list_other_faces(avatar)}:
        raise Http404
    return redirect(services.create_avatar_of_face(avatar, int(number), request.user))


@require_POST
def rename(request: Request, pk: int) -> HttpResponse:
    avatar = get_changeable_or_403(Avatar, pk, request.user)
    form = NameForm(request.POST)
    if form.is_valid():
        Avatar.objects.filter(pk=pk).update(name=form.cleaned_data["name"])
    else:
        messages.error(request, "A name must have 1 to 200 characters.")
    return redirect(avatar)


@require_POST
def gender(request: Request, pk: int) -> HttpResponse:
    avatar = get_changeable_or_403(Avatar, pk, request.user)
    form = GenderForm(request.POST)
    if form.is_valid():
        Avatar.objects.filter(pk=pk).update(gender=form.cleaned_data["gender"], gender_corrected=True)
    if request.htmx:
        avatar.refresh_from_db()
        return render(request, "avatars/_gender.html", {"avatar": avatar})
    return redirect(avatar)


@require_POST
def state_consent(request: Request, pk: int) -> HttpResponse:
    """State later that this portrait may be used, or change whom it shows."""
    avatar = get_changeable_or_403(Avatar, pk, request.user)
    save_consent(request, Avatar.objects.all(), avatar, Kind.PORTRAIT)
    return redirect(avatar)


@needs_room
@require_POST
def retry(request: Request, pk: int) -> HttpResponse:
    avatar = get_changeable_or_403(Avatar, pk, request.user)
    # When somebody else has just done the same, the page shows what came of that.
    with contextlib.suppress(ForbiddenTransition, LeaseLost):
        services.retry_avatar(avatar)
    if request.htmx:
        return _render_card(request, card_of(Avatar.objects.for_cards().get(pk=pk)))
    return redirect(avatar)


@needs_room
@require_POST
@resumable("portrait", Avatar, check=CONSENT)
def replace(request: UploadRequest, pk: int) -> HttpResponse:
    """Another picture for an avatar whose portrait was refused; for a script, as in `upload`."""
    avatar = get_changeable_or_403(Avatar, pk, request.user)
    file = request.FILES.get("portrait")
    try:
        # When it has just been replaced, by this upload or somebody else, the page shows what came of that.
        if avatar.portrait_refused:
            consent = CONSENT(request)
            _replace_portrait(avatar, file, request.upload_ref, consent)
    except UploadError as error:
        if request.htmx:
            return respond_sentence(str(error))
        messages.error(request, str(error))
    if request.htmx:
        return _render_card(request, card_of(Avatar.objects.for_cards().get(pk=pk)))
    return redirect(avatar)


def _replace_portrait(
    avatar: Avatar, file: UploadedFile | None, upload_ref: uuid.UUID | None, consent: Consent
) -> None:
    if file is None:
        raise UploadError("No picture arrived. Choose it again.")
    with contextlib.suppress(LeaseLost):
        services.replace_portrait(avatar, file, file.name or "", consent=consent, upload_ref=upload_ref)


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    avatar = get_changeable_or_403(Avatar, pk, request.user)
    if request.htmx:
        return trash_card(request, avatar)
    trash_and_announce(request, [avatar], in_trash(avatar))
    return redirect("avatars")
