"""The page "Make several videos", in three ways: several sounds, several avatars, a sheet."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.files.filenames import from_filename
from dashboard.request import parse_id
from dashboard.shortcuts import join_errors
from dashboard.uploads import UploadError
from dashboard.uploads.resumable import resumable
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
from videos.looks.picker import Step
from videos.models import Batch, Voice
from videos.voices.services import take_in, words_of

SPEAKERS_SHOWN = 120
VOICES_SHOWN = 40


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, way: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request, way, WAYS[way](), LookForm.showing(Look()))
    form = WAYS[way](request.POST, request.FILES)
    looks = LookForm(request.POST, request.FILES, user=request.user)
    taken: list[Voice] = []
    if form.is_valid() and looks.is_valid():
        if batch := Batch.objects.filter(ref=form.cleaned_data["ref"]).first():
            return redirect(batch)
        try:
            for file in request.FILES.getlist("sounds"):
                taken.append(take_in(file, file.name, request.user))
            return redirect(_CREATE[way](request, form, taken, looks.look.values()))
        except UploadError as error:
            form.add_error("sheet" if way == "sheet" else "voice", str(error))
    return _page(request, way, form, looks, taken, status=422)


def _create_of_sounds(
    request: HttpRequest, form: SoundsForm, taken: list[Voice], look: dict[str, Any]
) -> Batch:
    data = form.cleaned_data
    # As they stand on the page.
    order = {key: place for place, key in enumerate(request.POST.getlist("voice"))}
    chosen = sorted(data["voice"], key=lambda voice: order[str(voice.pk)])
    voices = [*chosen, *taken]
    orders = []
    for voice in voices:
        texts = _read_texts(request, voice)
        orders.append((data["avatar"], voice, texts["title"], texts["script"]))
    name = (
        data["name"] or f"{data['avatar'].name}: {len(voices)} sound{'s' if len(voices) != 1 else ''}"[:200]
    )
    return services.create_started(data["ref"], name, request.user, orders, look)


def _read_texts(request: HttpRequest, voice: Voice) -> dict[str, str]:
    """What was typed beside a sound."""
    typed = {name: request.POST.get(f"{name}-{voice.pk}", "") for name in ("title", "script")}
    form = TextsForm(typed)
    if not form.is_valid():
        raise UploadError(f"{voice.name}: {join_errors(form)}")
    return form.cleaned_data


def _create_of_speakers(
    request: HttpRequest, form: SpeakersForm, taken: list[Voice], look: dict[str, Any]
) -> Batch:
    data = form.cleaned_data
    voice = taken[0] if taken else data["voice"]
    people = list(data["avatar"])
    script = _read_texts(request, voice)["script"] or words_of(voice)
    name = data["name"] or f"{voice.name}: {len(people)} avatar{'s' if len(people) != 1 else ''}"[:200]
    orders = [(avatar, voice, "", script) for avatar in people]
    return services.create_started(data["ref"], name, request.user, orders, look)


def _create_of_sheet(
    request: HttpRequest, form: SheetForm, taken: list[Voice], look: dict[str, Any]
) -> Batch:
    data = form.cleaned_data
    rows = read_sheet(data["sheet"])
    files = [file.name for file in request.FILES.getlist("sounds")]
    sounds = form.list_files() | {name: voice.pk for name, voice in zip(files, taken, strict=True)}
    name = data["name"] or from_filename(data["sheet"].name, "Sheet")
    return services.create_draft(data["ref"], name, request.user, rows, sounds, look)


_CREATE: dict[str, Any] = {
    "sounds": _create_of_sounds,
    "speakers": _create_of_speakers,
    "sheet": _create_of_sheet,
}


def _page(
    request: HttpRequest,
    way: str,
    form: BatchForm,
    looks: LookForm,
    taken: Sequence[Voice] = (),
    status: int = 200,
) -> HttpResponse:
    """The page with the newest to choose from, and with whatever was chosen and uploaded already."""
    people = _read_choice(form, "avatar")
    chosen = _read_choice(form, "voice") | {voice.pk for voice in taken}
    shown = list(speakers()[:SPEAKERS_SHOWN])
    shown += list(speakers().filter(pk__in=people - {avatar.pk for avatar in shown}))
    if not people and len(shown) == 1:
        people = {shown[0].pk}  # nothing to choose
    mine = list(Voice.objects.filter(pk__in=chosen))
    for voice in mine:
        voice.title = form.data.get(f"title-{voice.pk}", "")
        voice.words = form.data.get(f"script-{voice.pk}", "")
        voice.filename = voice.name
    if way == "sheet" and form.is_bound:
        names = {pk: name for name, pk in form.list_files().items()}
        mine = [voice for voice in mine if voice.pk in names]
        for voice in mine:
            voice.filename = names[voice.pk]
    context = {
        "way": way,
        "form": form,
        "look": Step(looks, request.user),
        "avatars": shown,
        "people": people,
        "uploaded": mine,
        "voices": [voice for voice in Voice.objects.all()[:VOICES_SHOWN] if voice.pk not in chosen],
        "several": way != "speakers",
        "ref": form["ref"].value(),
        "most": settings.BATCH_MAX_VIDEOS,
        "max_seconds": settings.CG_AVATAR_MAX_AUDIO_SECONDS,
        "max_bytes": settings.MAX_AUDIO_BYTES,
    }
    return render(request, "videos/batches/new.html", context, status=status)


def _read_choice(form: BatchForm, field: str) -> set[int]:
    keys = form.data.getlist(field) if form.is_bound else ()
    return {number for number in map(parse_id, keys) if number is not None}


@require_POST
@resumable("sound", Voice)
def upload(request: HttpRequest, way: str) -> HttpResponse:
    """A script's upload of one sound: its row for the page, chosen, or 422 and a sentence."""
    file = request.FILES.get("sound")
    try:
        if file is None:
            raise UploadError("No file was received. Choose it again.")
        voice = take_in(file, file.name, request.user, upload_ref=request.upload_ref)
    except UploadError as error:
        return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
    voice.filename = file.name
    context = {"voice": voice, "way": way, "chosen": True}
    return render(request, "videos/batches/_sound.html", context)
