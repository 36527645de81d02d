"""The page "New video"."""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from avatars.models import Avatar
from dashboard.audit.models import Action
from dashboard.audit.subjects import record_making
from dashboard.consent.forms import read_consent
from dashboard.consent.wordings import Kind
from dashboard.files.disk import needs_room
from dashboard.files.filenames import for_video
from dashboard.jobs.provider_job import ACTIVE_STATES
from dashboard.models import User
from dashboard.permissions import Permission, requires
from dashboard.request import Request, parse_id
from dashboard.uploads import UploadError, kept_files
from videos import tasks, tour
from videos.directions import DirectionForm, find_direction
from videos.forms import NewVideoForm, speakers
from videos.looks.forms import LookForm
from videos.looks.look import Look
from videos.looks.look_choices import LookChoices
from videos.models import Speech, Video, Voice
from videos.voices import services as voice_services
from videos.voices.speech.forms import describe_choices
from videos.voices.speech.services import find_last_speaker

MAX_SPEAKERS = 60
MAX_VOICES = 6  # shown at first
MAX_OLDER_VOICES = 94  # shown on request
FILE_FIELDS = ("sound",)
DRAFT_SECONDS = 7 * 24 * 3600  # how long a browser keeps a draft (js/video-draft.js)


@needs_room
@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """The page, and the submitted form."""
    if request.method != "POST":
        chosen = {"avatar": request.GET.get("avatar"), "voice": request.GET.get("voice")}
        chosen["script"] = voice_services.find_script(
            Voice.objects.filter(pk=parse_id(chosen["voice"]) or 0).first()
        )
        if original := Video.objects.filter(pk=parse_id(request.GET.get("copy")) or 0).first():
            chosen |= {"title": original.title, "script": original.script or chosen["script"]}
        movement = DirectionForm.from_direction(find_direction(original, parse_id(chosen["avatar"])))
        form, looks = NewVideoForm(initial=chosen), LookForm.from_look(_find_look(request))
        return _render_page(request, form, looks, movement, chosen)
    kept_files.restore(request, FILE_FIELDS)
    form = NewVideoForm(request.POST, request.FILES)
    looks = LookForm(request.POST, request.FILES, user=request.user)
    movement = DirectionForm(request.POST)
    if all([form.is_valid(), looks.is_valid(), movement.is_valid()]):
        data = form.cleaned_data
        if video := Video.all_objects.filter(client_ref=data["ref"]).first():
            return _redirect_to(video)
        voice = data["voice"]
        try:
            if data["sound"]:
                consent = read_consent(Kind.VOICE, request.POST, request.user)
                voice = voice_services.create_voice(
                    data["sound"], data["sound"].name or "", request.user, consent=consent
                )
        except UploadError as error:
            form.add_error("sound", str(error))
        else:
            kept_files.discard(request)
            video = _create_video(data, voice, looks.look, movement.direction, request.user)
            tour.note_own_video(request.user)
            return _redirect_to(video)
    return _render_page(request, form, looks, movement, form.data, status=422)


def _redirect_to(video: Video) -> HttpResponse:
    """Redirect to the video. The cookie tells the browser that its draft has become a video."""
    response = redirect(video)
    response.set_cookie(
        "video_made",
        str(video.client_ref),
        max_age=DRAFT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


def _find_look(request: Request) -> Look:
    """The look of the video that the new one is to be like, if any."""
    video = Video.objects.filter(pk=parse_id(request.GET.get("look")) or 0).first()
    return video.parsed_look if video else Look()


def _create_video(
    data: dict[str, Any], voice: Voice, look: Look, direction: dict[str, Any], user: User
) -> Video:
    try:
        with transaction.atomic():
            video = Video.objects.create(
                client_ref=data["ref"],
                title=data["title"] or for_video(data["avatar"].name, voice.name),
                avatar=data["avatar"],
                voice=voice,
                script=data["script"] or _find_typed_words(voice),
                look=look.to_dict(),
                direction=direction,
                made_by=user,
                colour=data["avatar"].colour,
            )
            record_making(user, Action.VIDEO_ORDERED, video)
            tasks.start(video)
    except IntegrityError:  # the page was submitted twice at the same moment
        return Video.all_objects.get(client_ref=data["ref"])
    return video


def _find_typed_words(voice: Voice) -> str:
    """What a typed voice says: it may be sent before the page has shown its words. Of a recording nothing is assumed."""
    return voice.script if Speech.objects.filter(voice=voice).exists() else ""


def _render_page(
    request: Request,
    form: NewVideoForm,
    looks: LookForm,
    movement: DirectionForm,
    chosen: Any,
    status: int = 200,
) -> HttpResponse:
    """The page with the newest avatars and voices, including those that are chosen already."""
    avatar, voice = parse_id(chosen.get("avatar")), parse_id(chosen.get("voice"))
    ready = speakers().only(
        "name", "colour", "portrait", "thumbnail", "preview", "cutout", "framing", "missing_files"
    )
    avatars = list(ready[:MAX_SPEAKERS])
    if avatar and avatar not in {each.pk for each in avatars}:
        avatars = [*ready.filter(pk=avatar), *avatars]
    voices = list(Voice.objects.all()[: MAX_VOICES + MAX_OLDER_VOICES])
    if voice and voice not in {each.pk for each in voices[:MAX_VOICES]}:
        voices = [*Voice.objects.filter(pk=voice), *(each for each in voices if each.pk != voice)]
    # If the chosen avatar is still being generated, the page says so and reloads when it is ready.
    soon = Avatar.objects.filter(pk=avatar, state__in=ACTIVE_STATES).first() if avatar else None
    if not avatar and len(avatars) == 1:
        avatar = avatars[0].pk  # the only choice
    context = {
        "form": form,
        "look": LookChoices(looks, request.user),
        "movement": movement,
        "avatars": avatars,
        "speech": describe_choices(find_last_speaker(request.user)),
        "voices": voices[:MAX_VOICES],
        "older_voices": voices[MAX_VOICES:],
        "soon": soon,
        "avatar_pk": avatar,
        "voice_pk": voice,
        "ref": form["ref"].value(),
        "kept": kept_files.keep(request, FILE_FIELDS),
        "max_seconds": settings.CG_AVATAR_MAX_AUDIO_SECONDS,
        "max_bytes": settings.MAX_AUDIO_BYTES,
    }
    return render(request, "videos/new.html", context, status=status)


@require_GET
def speaker(request: Request, pk: int) -> HttpResponse:
    """Polled while the chosen avatar is being generated: 204 until it is done, then the page is reloaded."""
    avatar = Avatar.objects.filter(pk=pk).first()
    if avatar and avatar.is_active:
        return HttpResponse(status=204)
    if avatar and not avatar.is_ready:  # its own page explains what is wrong
        return HttpResponseClientRedirect(avatar.get_absolute_url())
    voice = parse_id(request.GET.get("voice"))
    chosen = {"avatar": pk, **({"voice": voice} if voice else {})}
    return HttpResponseClientRedirect(f"{reverse('video-new')}?{urlencode(chosen)}")
