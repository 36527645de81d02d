"""The pages of voices. A view that changes something takes POST only and checks `may_change`."""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dashboard.consent.forms import consent_needed
from dashboard.consent.views import save_consent
from dashboard.consent.wordings import Kind
from dashboard.files import signed_links
from dashboard.files.disk import needs_room
from dashboard.files.filenames import for_filename
from dashboard.files.missing_files import check_files, check_opened
from dashboard.gallery.live_changes import Changes, Gallery
from dashboard.gallery.pagination import Page
from dashboard.gallery.rendering import render_gallery
from dashboard.organizing.organized_model import list_favourites
from dashboard.request import Request, parse_id
from dashboard.shortcuts import get_changeable_or_403, join_errors, respond_sentence
from dashboard.trash.responses import explains_trash, in_trash, trash_and_announce
from dashboard.uploads import UploadError
from dashboard.uploads.resumable import UploadRequest, resumable
from videos.cards import cards_of
from videos.models import Video, Voice
from videos.voices import editing, services
from videos.voices.forms import EditForm, NameForm, VoiceFilterForm

MAX_VIDEOS = 12
CONSENT = consent_needed(Kind.VOICE)
GALLERY = Gallery(Voice, "voice", "voices", "voices", VoiceFilterForm)
GONE = "The file of this recording is missing. Upload it again."


@require_GET
def gallery(request: Request) -> HttpResponse:
    form = VoiceFilterForm(request.GET, request.user)
    page = Page(form, Voice.objects.all(), request.GET.get("page"))
    words = page.describe_total("voice", "voices")
    context = {
        "form": form,
        "page": page,
        "words": words,
        "changes": Changes.none_yet(GALLERY, page),
        "favourites": list_favourites(Voice, page.keys, request.user),
        "voices": page.load(Voice.objects.for_rows()),
    }
    return render_gallery(request, "videos/voices", context)


@require_GET
def changes(request: Request) -> HttpResponse:
    """Polled by the gallery: what was added or deleted elsewhere."""
    return GALLERY.poll(request)


@require_GET
@explains_trash(Voice)
def detail(request: Request, pk: int) -> HttpResponse:
    voice = get_object_or_404(Voice.objects.for_rows().select_related("original", "original__made_by"), pk=pk)
    check_opened(voice)
    return _render_page(request, voice)


@needs_room
@require_POST
def restore(request: Request, pk: int) -> HttpResponse:
    """Upload a recording again whose file is gone."""
    voice = get_changeable_or_403(Voice, pk, request.user)
    file = request.FILES.get("sound")
    try:
        if file is None:
            raise UploadError("No file was received. Choose it again.")
        if check_files(voice):
            services.restore_sound(voice, file, CONSENT(request))
            messages.success(request, f"{voice.name} is back.")
    except UploadError as error:
        messages.error(request, str(error))
    return redirect(voice)


def _render_page(
    request: Request, voice: Voice, form: EditForm | None = None, status: int = 200
) -> HttpResponse:
    original = editing.get_original(voice)
    form = form or EditForm.from_edit(original, editing.get_edit(voice))
    context = {
        "voice": voice,
        "original": original,
        "form": form,
        "download": signed_links.link(voice.sound.name or "", download=f"{for_filename(voice.name)}.wav"),
        "edits": Voice.objects.for_rows().filter(original=voice),
        "videos": cards_of(Video.objects.for_cards().filter(voice=voice)[:MAX_VIDEOS]),
        "script": services.find_script(voice),
        "deletion_date": services.get_deletion_date(voice),
        "spare_days": services.KEEP_UNUSED.days,
    }
    return render(request, "videos/voices/detail.html", context, status=status)


@require_GET
def facts(request: Request, pk: int) -> HttpResponse:
    """The data for the editor of this voice; sounds and waveforms are links in it."""
    voice = get_object_or_404(Voice.objects.select_related("original"), pk=pk)
    original, edit = editing.get_original(voice), editing.get_edit(voice)
    try:
        editing.load_waveform(original)
    except (UploadError, FileNotFoundError):
        return respond_sentence(GONE)
    return JsonResponse(
        {
            "voice": voice.pk,
            "seconds": original.seconds,
            "edit": edit.to_dict(),
            "shape": signed_links.link(original.shape.name or ""),
            "sound": signed_links.link(original.sound.name or ""),
            "result": signed_links.link(voice.sound.name or ""),
            "script": services.find_script(voice),
            "save": reverse("voice-edit", args=[voice.pk]),
        }
    )


# ---------------------------------------------------------------- uploading and editing


@needs_room
@require_POST
@resumable("sound", Voice, check=CONSENT)
def upload(request: UploadRequest) -> HttpResponse:
    """A script uploads a file or a recording: answers with its tile, selected, or with 422 and a sentence."""
    file = request.FILES.get("sound")
    try:
        if file is None:
            raise UploadError("No file was received. Choose it again.")
        # A recording exists nowhere else, and a page in the background may have stopped it a moment too late.
        voice = services.create_voice(
            file,
            file.name or "",
            request.user,
            consent=CONSENT(request),
            cut="recorded" in request.POST,
            upload_ref=request.upload_ref,
        )
    except UploadError as error:
        if request.htmx:
            return respond_sentence(str(error))
        messages.error(request, str(error))
        return redirect("video-new")
    return _respond_chosen(request, voice)


@needs_room
@require_POST
def edit(request: Request, pk: int) -> HttpResponse:
    """Save an edit of this voice as a new voice. `replaces` is the key of an earlier edit to delete if it is unused."""
    voice = get_object_or_404(Voice.objects.select_related("original"), pk=pk)
    original = editing.get_original(voice)
    form = EditForm(original, request.POST)
    if not form.is_valid():
        if request.htmx:
            return respond_sentence(join_errors(form))
        return _render_page(request, Voice.objects.for_rows().get(pk=pk), form, status=422)
    try:
        speech = editing.load_waveform(original).speech if form.cleaned_data["silence"] else None
        edited = editing.create_edit(original, form.edit(speech), request.user)
    except (UploadError, FileNotFoundError) as error:
        sentence = str(error) if isinstance(error, UploadError) else GONE
        if request.htmx:
            return respond_sentence(sentence)
        form.add_error(None, sentence)
        return _render_page(request, Voice.objects.for_rows().get(pk=pk), form, status=422)
    for old in Voice.objects.filter(pk=parse_id(request.POST.get("replaces")) or 0):
        editing.replace_edit(old, edited, request.user)
    if request.htmx:
        return _respond_chosen(request, edited)
    if edited == voice:
        messages.info(request, "Nothing was changed: choose another start or end, or normalize the volume.")
    elif edited == original:
        messages.info(request, "This is the original recording.")
    else:
        messages.success(request, f"{edited.name} was saved as a new voice.")
    return redirect(edited)


def _respond_chosen(request: Request, voice: Voice) -> HttpResponse:
    if request.htmx:
        return render(request, "videos/_voice.html", {"voice": voice, "voice_pk": voice.pk})
    return redirect(f"{reverse('video-new')}?voice={voice.pk}")


# ---------------------------------------------------------------- one voice


@require_POST
def rename(request: Request, pk: int) -> HttpResponse:
    voice = get_changeable_or_403(Voice, pk, request.user)
    form = NameForm(request.POST)
    if form.is_valid():
        Voice.objects.filter(pk=pk).update(name=form.cleaned_data["name"])
    else:
        messages.error(request, "A name must have 1 to 200 characters.")
    return redirect(voice)


@require_POST
def state_consent(request: Request, pk: int) -> HttpResponse:
    """State later that this recording may be used, or change who is heard."""
    voice = get_changeable_or_403(Voice, pk, request.user)
    save_consent(request, Voice.objects.all(), voice, Kind.VOICE)
    return redirect(voice)


@require_POST
def keep(request: Request, pk: int) -> HttpResponse:
    """Choose whether it is kept even if no video uses it."""
    voice = get_changeable_or_403(Voice, pk, request.user)
    Voice.objects.filter(pk=pk).update(is_kept="keep" in request.POST, unused_since=None)
    return redirect(voice)


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    voice = get_changeable_or_403(Voice, pk, request.user)
    trash_and_announce(request, [voice], in_trash(voice))
    return redirect("voices")
