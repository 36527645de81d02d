"""Making a new video: who speaks, and what they say."""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from avatars.models import Avatar
from dashboard.files.filenames import for_video
from dashboard.jobs.provider_job import ACTIVE_STATES
from dashboard.models import User
from dashboard.request import parse_id
from dashboard.uploads import UploadError
from videos import tasks
from videos.forms import NewVideoForm, speakers
from videos.looks.forms import LookForm
from videos.looks.look import Look
from videos.looks.picker import Step
from videos.models import Video, Voice
from videos.voices import services as voice_services

SPEAKERS_SHOWN = 60
VOICES_SHOWN = 6
VOICES_KEPT_CLOSE = 100
DRAFT_SECONDS = 7 * 24 * 3600  # how long a browser keeps what was begun (js/video-draft.js)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        chosen = {"avatar": request.GET.get("avatar"), "voice": request.GET.get("voice")}
        chosen["script"] = voice_services.words_of(Voice.objects.filter(pk=parse_id(chosen["voice"])).first())
        return _page(request, NewVideoForm(initial=chosen), LookForm.showing(_look_of(request)), chosen)
    form = NewVideoForm(request.POST, request.FILES)
    looks = LookForm(request.POST, request.FILES, user=request.user)
    if form.is_valid() and looks.is_valid():
        data = form.cleaned_data
        if video := Video.objects.filter(client_ref=data["ref"]).first():
            return _redirect_to(video)
        voice = data["voice"]
        try:
            if data["sound"]:
                voice = voice_services.take_in(data["sound"], data["sound"].name, request.user)
        except UploadError as error:
            form.add_error("sound", str(error))
        else:
            return _redirect_to(_make(data, voice, looks.look, request.user))
    return _page(request, form, looks, form.data, status=422)


def _redirect_to(video: Video) -> HttpResponse:
    """The video's page. The cookie tells the browser that what it kept of this page has become a video."""
    response = redirect(video)
    response.set_cookie(
        "video_made",
        str(video.client_ref),
        max_age=DRAFT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


def _look_of(request: HttpRequest) -> Look:
    """Whoever comes from a video, to make another like it, finds its look chosen."""
    video = Video.objects.filter(pk=parse_id(request.GET.get("look"))).first()
    return video.parsed_look if video else Look()


def _make(data: dict[str, Any], voice: Voice, look: Look, user: User) -> Video:
    try:
        with transaction.atomic():
            video = Video.objects.create(
                client_ref=data["ref"],
                title=data["title"] or for_video(data["avatar"].name, voice.name),
                avatar=data["avatar"],
                voice=voice,
                script=data["script"],
                look=look.values(),
                made_by=user,
                colour=data["avatar"].colour,
            )
            tasks.start(video)
    except IntegrityError:  # the same page was sent twice at the same moment
        return Video.objects.get(client_ref=data["ref"])
    return video


def _page(
    request: HttpRequest, form: NewVideoForm, looks: LookForm, chosen: Any, status: int = 200
) -> HttpResponse:
    """The page with the newest to choose from, and whatever is chosen already among them."""
    avatar, voice = parse_id(chosen.get("avatar")), parse_id(chosen.get("voice"))
    ready = speakers().only("name", "colour", "portrait", "thumbnail", "preview", "cutout", "framing")
    shown = list(ready[:SPEAKERS_SHOWN])
    if avatar and avatar not in {a.pk for a in shown}:
        shown = [*ready.filter(pk=avatar), *shown]
    heard = list(Voice.objects.all()[:VOICES_KEPT_CLOSE])
    if voice and voice not in {v.pk for v in heard[:VOICES_SHOWN]}:
        heard = [*Voice.objects.filter(pk=voice), *(v for v in heard if v.pk != voice)]
    # Chosen elsewhere, and still being made: the page says so and comes again.
    soon = Avatar.objects.filter(pk=avatar, state__in=ACTIVE_STATES).first() if avatar else None
    if not avatar and len(shown) == 1:
        avatar = shown[0].pk  # nothing to choose
    context = {
        "form": form,
        "look": Step(looks, request.user),
        "avatars": shown,
        "voices": heard[:VOICES_SHOWN],
        "older_voices": heard[VOICES_SHOWN:],
        "soon": soon,
        "avatar_pk": avatar,
        "voice_pk": voice,
        "ref": form["ref"].value(),
        "max_seconds": settings.CG_AVATAR_MAX_AUDIO_SECONDS,
        "max_bytes": settings.MAX_AUDIO_BYTES,
    }
    return render(request, "videos/new.html", context, status=status)


@require_GET
def speaker(request: HttpRequest, pk: int) -> HttpResponse:
    """The poll of a page that waits for its avatar: nothing while it is being made, then the page again."""
    avatar = Avatar.objects.filter(pk=pk).first()
    if avatar and avatar.is_active:
        return HttpResponse(status=204)
    if avatar and not avatar.is_ready:  # its own page says what is wrong with it
        return HttpResponseClientRedirect(avatar.get_absolute_url())
    voice = parse_id(request.GET.get("voice"))
    chosen = {"avatar": pk, **({"voice": voice} if voice else {})}
    return HttpResponseClientRedirect(f"{reverse('video-new')}?{urlencode(chosen)}")
