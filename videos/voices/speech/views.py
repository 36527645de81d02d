"""The pages of texts that become voices: typing one, following it, listening to a sentence."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.consent.forms import read_consent
from dashboard.consent.wordings import Kind
from dashboard.files import signed_links
from dashboard.files.disk import needs_room
from dashboard.models import User
from dashboard.permissions import Permission, requires
from dashboard.request import Request, parse_id
from dashboard.shortcuts import get_changeable_or_403, join_errors, respond_sentence
from dashboard.uploads import UploadError
from videos.models import Speech
from videos.voices.speech import tasks
from videos.voices.speech.forms import SpeechForm, describe_choices
from videos.voices.speech.services import create_speech, find_last_speaker
from videos.voices.speech.sources import find_source

MAX_ACTIVE = 20  # of one person
TOO_MANY = "Many texts of yours are being made into voices. Wait until some are ready."


@needs_room
@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """The page on which a text is typed. A script gets where to follow the work, or 422 and a sentence."""
    if request.method != "POST":
        return _render_page(request, SpeechForm(initial=_find_initial(request)))
    form = SpeechForm(request.POST)
    if form.is_valid():
        try:
            speech = _create(form, request)
        except UploadError as error:
            form.add_error(None, str(error))
        else:
            if request.htmx:
                return JsonResponse(
                    {
                        "state": reverse("speech-state", args=[speech.pk]),
                        "cancel": reverse("speech-cancel", args=[speech.pk]),
                    }
                )
            return redirect("speech", speech.pk)
    if request.htmx:
        return respond_sentence(join_errors(form))
    return _render_page(request, form, status=422)


def _create(form: SpeechForm, request: Request) -> Speech:
    """The row of the text, enqueued. Raises UploadError."""
    data = form.cleaned_data
    consent = None
    if find_source(data["speaker"]).needs_consent:
        consent = read_consent(Kind.SPEECH, request.POST, request.user)
    if count_active(request.user) >= MAX_ACTIVE:
        raise UploadError(TOO_MANY)
    fields = {name: data[name] for name in ("name", "text", "speaker", "speed")}
    with transaction.atomic():
        speech = create_speech(data["ref"], request.user, consent, is_sample=data["sample"], **fields)
        if speech.is_active:
            tasks.start(speech)
    return speech


def count_active(user: User) -> int:
    """How many texts of this person are being made into voices."""
    return Speech.objects.filter(made_by=user, state__in=Speech.UNFINISHED).count()


def _find_initial(request: Request) -> dict[str, object]:
    """The text of the voice that the new one is to be like, and otherwise the voice that the person used last."""
    if pk := parse_id(request.GET.get("voice")):
        earlier = Speech.objects.filter(voice=pk).first()
    elif pk := parse_id(request.GET.get("speech")):
        earlier = Speech.objects.filter(pk=pk).first()
    else:
        return {"speaker": find_last_speaker(request.user)}
    return {name: getattr(earlier, name) for name in ("name", "text", "speaker", "speed")} if earlier else {}


def _render_page(request: Request, form: SpeechForm, status: int = 200) -> HttpResponse:
    choices = describe_choices(form["speaker"].value() or "")
    context = {"form": form, "speech": choices, "ref": form["ref"].value()}
    return render(request, "videos/voices/speech/new.html", context, status=status)


@require_GET
def show(request: Request, pk: int) -> HttpResponse:
    """How far a text is; its voice when that is ready."""
    speech = get_object_or_404(Speech, pk=pk)
    if speech.voice_id:
        return redirect("voice", speech.voice_id)
    return render(request, "videos/voices/speech/detail.html", {"row": speech})


@require_GET
def state(request: Request, pk: int) -> HttpResponse:
    """For a script: 202 with the progress, 200 with the voice's tile or the link of a sample, 422 with a sentence."""
    speech = get_object_or_404(Speech.objects.select_related("voice"), pk=pk)
    if speech.is_active:
        return JsonResponse({"progress": speech.progress, "words": speech.error}, status=202)
    if speech.is_sample and speech.sound:
        return JsonResponse({"sound": signed_links.link(speech.sound.name or "")})
    if speech.voice is not None:
        return render(request, "videos/_voice.html", {"voice": speech.voice, "voice_pk": speech.voice.pk})
    return respond_sentence(speech.error or "This did not work. Try again.")


@require_POST
def cancel(request: Request, pk: int) -> HttpResponse:
    speech = get_changeable_or_403(Speech, pk, request.user)
    stopped = tasks.cancel(speech)
    if request.htmx:
        return HttpResponse()
    if not stopped:
        return redirect("speech", pk)
    messages.success(request, "The text was removed.")
    return redirect("voices")


@needs_room
@require_POST
def retry(request: Request, pk: int) -> HttpResponse:
    tasks.retry(get_changeable_or_403(Speech, pk, request.user))
    return redirect("speech", pk)
