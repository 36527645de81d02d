"""The page that creates a batch, in three ways: several sounds, several avatars, or a sheet."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.consent.forms import consent_needed
from dashboard.consent.wordings import Kind
from dashboard.files.disk import needs_room
from dashboard.files.filenames import from_filename
from dashboard.permissions import Permission, requires
from dashboard.request import Request, parse_id
from dashboard.shortcuts import join_errors, respond_sentence
from dashboard.uploads import UploadError, kept_files
from dashboard.uploads.resumable import UploadRequest, resumable
from videos.batches import services
from videos.batches.forms import (
    WAYS,
    BatchForm,
    SheetForm,
    SoundsForm,
    SpeakersForm,
    TextsForm,
    read_sheet,
)
from videos.forms import speakers
from videos.looks.forms import LookForm
from videos.looks.look import Look
from videos.looks.look_choices import LookChoices
from videos.models import Batch, Voice
from videos.voices.services import create_voice, find_script

MAX_SPEAKERS = 120
MAX_VOICES = 40
FILE_FIELDS = ("sounds", "sheet")
CONSENT = consent_needed(Kind.VOICE)


@needs_room
@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, way: str) -> HttpResponse:
    """The page, and the submitted form."""
    if request.method != "POST":
        return _render_page(request, way, WAYS[way](), LookForm.from_look(Look()))
    kept_files.restore(request, FILE_FIELDS)
    form = WAYS[way](request.POST, request.FILES)
    look_form = LookForm(request.POST, request.FILES, user=request.user)
    uploaded: list[Voice] = []
    if form.is_valid() and look_form.is_valid():
        if batch := Batch.all_objects.filter(ref=form.cleaned_data["ref"]).first():
            return redirect(batch)
        try:
            batch = _create(request, way, form, uploaded, look_form.look.to_dict())
            kept_files.discard(request)
            return redirect(batch)
        except UploadError as error:
            form.add_error("sheet" if way == "sheet" else "voice", str(error))
    return _render_page(request, way, form, look_form, uploaded, status=422)


def _create(
    request: Request, way: str, form: BatchForm, uploaded: list[Voice], look: dict[str, Any]
) -> Batch:
    """The batch; voices of files that came with the form are appended to `uploaded`. Raises UploadError."""
    files = request.FILES.getlist("sounds")
    consent = CONSENT(request) if files else None
    for file in files:
        uploaded.append(create_voice(file, file.name or "", request.user, consent=consent))
    return _CREATE[way](request, form, uploaded, look)


def _create_from_sounds(
    request: Request, form: SoundsForm, uploaded: list[Voice], look: dict[str, Any]
) -> Batch:
    data = form.cleaned_data
    # In the order of the page.
    order = {key: place for place, key in enumerate(request.POST.getlist("voice"))}
    chosen = sorted(data["voice"], key=lambda voice: order[str(voice.pk)])
    voices = [*chosen, *uploaded]
    requests = []
    for voice in voices:
        texts = _read_texts(request, voice)
        requests.append((data["avatar"], voice, texts["title"], texts["script"]))
    name = (
        data["name"] or f"{data['avatar'].name}: {len(voices)} sound{'s' if len(voices) != 1 else ''}"[:200]
    )
    return services.create_started(data["ref"], name, request.user, requests, look)


def _read_texts(request: Request, voice: Voice) -> dict[str, str]:
    """The title and script typed for a sound. Raises UploadError."""
    typed = {name: request.POST.get(f"{name}-{voice.pk}", "") for name in ("title", "script")}
    form = TextsForm(typed)
    if not form.is_valid():
        raise UploadError(f"{voice.name}: {join_errors(form)}")
    return form.cleaned_data


def _create_from_speakers(
    request: Request, form: SpeakersForm, uploaded: list[Voice], look: dict[str, Any]
) -> Batch:
    data = form.cleaned_data
    voice = uploaded[0] if uploaded else data["voice"]
    avatars = list(data["avatar"])
    script = _read_texts(request, voice)["script"] or find_script(voice)
    name = data["name"] or f"{voice.name}: {len(avatars)} avatar{'s' if len(avatars) != 1 else ''}"[:200]
    requests = [(avatar, voice, "", script) for avatar in avatars]
    return services.create_started(data["ref"], name, request.user, requests, look)


def _create_from_sheet(
    request: Request, form: SheetForm, uploaded: list[Voice], look: dict[str, Any]
) -> Batch:
    data = form.cleaned_data
    rows = read_sheet(data["sheet"])
    files = [file.name or "" for file in request.FILES.getlist("sounds")]
    sounds = form.list_files() | {name: voice.pk for name, voice in zip(files, uploaded, strict=True)}
    name = data["name"] or from_filename(data["sheet"].name, "Sheet")
    return services.create_draft(data["ref"], name, request.user, rows, sounds, look, CONSENT(request))


_CREATE: dict[str, Any] = {
    "sounds": _create_from_sounds,
    "speakers": _create_from_speakers,
    "sheet": _create_from_sheet,
}


def _render_page(
    request: Request,
    way: str,
    form: BatchForm,
    look_form: LookForm,
    uploaded: Sequence[Voice] = (),
    status: int = 200,
) -> HttpResponse:
    """The page with the newest avatars and voices, and those chosen or uploaded already."""
    chosen_avatars = _read_choice(form, "avatar")
    chosen = _read_choice(form, "voice") | {voice.pk for voice in uploaded}
    avatars = list(speakers()[:MAX_SPEAKERS])
    avatars += list(speakers().filter(pk__in=chosen_avatars - {avatar.pk for avatar in avatars}))
    if not chosen_avatars and len(avatars) == 1:
        chosen_avatars = {avatars[0].pk}  # the only choice
    shown_voices = list(Voice.objects.filter(pk__in=chosen))
    for voice in shown_voices:
        voice.title = form.data.get(f"title-{voice.pk}", "")
        voice.words = form.data.get(f"script-{voice.pk}", "")
        voice.filename = voice.name
    if isinstance(form, SheetForm) and form.is_bound:
        names = {pk: name for name, pk in form.list_files().items()}
        shown_voices = [voice for voice in shown_voices if voice.pk in names]
        for voice in shown_voices:
            voice.filename = names[voice.pk]
    context = {
        "way": way,
        "form": form,
        "look": LookChoices(look_form, request.user),
        "avatars": avatars,
        "people": chosen_avatars,
        "uploaded": shown_voices,
        "voices": [voice for voice in Voice.objects.all()[:MAX_VOICES] if voice.pk not in chosen],
        "several": way != "speakers",
        "ref": form["ref"].value(),
        # Sounds that were stored are voices by now.
        "kept": kept_files.keep(request, FILE_FIELDS[1:] if uploaded else FILE_FIELDS),
        "most": settings.BATCH_MAX_VIDEOS,
        "max_seconds": settings.CG_AVATAR_MAX_AUDIO_SECONDS,
        "max_bytes": settings.MAX_AUDIO_BYTES,
    }
    return render(request, "videos/batches/new.html", context, status=status)


def _read_choice(form: BatchForm, field: str) -> set[int]:
    keys = form.data.getlist(field) if isinstance(form.data, QueryDict) else ()
    return {number for number in map(parse_id, keys) if number is not None}


@needs_room
@require_POST
@resumable("sound", Voice, check=CONSENT)
def upload(request: UploadRequest, way: str) -> HttpResponse:
    """A script uploads one sound: answers with its row for the page, or with 422 and a sentence."""
    file = request.FILES.get("sound")
    try:
        if file is None:
            raise UploadError("No file was received. Choose it again.")
        consent = CONSENT(request)
        voice = create_voice(
            file, file.name or "", request.user, consent=consent, upload_ref=request.upload_ref
        )
    except UploadError as error:
        return respond_sentence(str(error))
    voice.filename = file.name or ""
    context = {"voice": voice, "way": way, "chosen": True}
    return render(request, "videos/batches/_sound.html", context)
