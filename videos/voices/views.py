"""The voices' pages, and what is done with one. A view that changes something takes POST only and asks `may_change`."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dashboard.files import signed_links
from dashboard.files.filenames import for_filename
from dashboard.gallery.changes import Changes, Gallery
from dashboard.gallery.pagination import Page
from dashboard.gallery.rendering import render_gallery
from dashboard.jobs.provider_job import ACTIVE_STATES
from dashboard.request import parse_id
from dashboard.shortcuts import join_errors
from dashboard.uploads import UploadError
from dashboard.uploads.resumable import resumable
from videos.cards import cards_of
from videos.models import Video, Voice
from videos.views import for_cards
from videos.voices import editing, services
from videos.voices.forms import EditForm, NameForm, VoiceFilterForm

VIDEOS_SHOWN = 12
GALLERY = Gallery(Voice, "voice", "voices", "voices", VoiceFilterForm)
GONE = "The file of this recording is missing. Upload it again."


def listed() -> QuerySet[Voice]:
    """Voices with all that a row of the list shows."""
    # Counted for each row that is shown; a join would group all their videos by all their columns.
    one = Voice.objects.filter(pk=OuterRef("pk")).order_by().values("pk")
    counted = one.annotate(count=Count("videos")).values("count")
    return Voice.objects.select_related("made_by").annotate(video_count=Subquery(counted))


@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    form = VoiceFilterForm(request.GET, request.user)
    page = Page(form, Voice.objects.all(), request.GET.get("page"))
    words = page.describe_total("voice", "voices")
    context = {
        "form": form,
        "page": page,
        "words": words,
        "changes": Changes.none_yet(GALLERY, page),
        "voices": page.load(listed()),
    }
    return render_gallery(request, "videos/voices", context)


@require_GET
def changes(request: HttpRequest) -> HttpResponse:
    """The poll of the gallery: what was added or deleted elsewhere."""
    return GALLERY.poll(request)


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    voice = get_object_or_404(listed().select_related("original", "original__made_by"), pk=pk)
    return _page(request, voice)


def _page(
    request: HttpRequest, voice: Voice, form: EditForm | None = None, status: int = 200
) -> HttpResponse:
    original = editing.original_of(voice)
    form = form or EditForm.showing(original, editing.edit_of(voice))
    context = {
        "voice": voice,
        "original": original,
        "form": form,
        "download": signed_links.link(voice.sound.name, download=f"{for_filename(voice.name)}.wav"),
        "edits": listed().filter(original=voice),
        "videos": cards_of(for_cards().filter(voice=voice)[:VIDEOS_SHOWN]),
        "script": services.words_of(voice),
        "goes_at": services.goes_at(voice),
        "spare_days": services.SPARE.days,
    }
    return render(request, "videos/voices/detail.html", context, status=status)


@require_GET
def facts(request: HttpRequest, pk: int) -> HttpResponse:
    """What the editor of this voice has to know. Sounds and waveforms come by links of their own."""
    voice = get_object_or_404(Voice.objects.select_related("original"), pk=pk)
    original, edit = editing.original_of(voice), editing.edit_of(voice)
    try:
        editing.shape_of(original)
    except (UploadError, FileNotFoundError):
        return HttpResponse(GONE, status=422, content_type="text/plain; charset=utf-8")
    return JsonResponse(
        {
            "voice": voice.pk,
            "seconds": original.seconds,
            "edit": edit.values(),
            "shape": signed_links.link(original.shape.name),
            "sound": signed_links.link(original.sound.name),
            "result": signed_links.link(voice.sound.name),
            "script": services.words_of(voice),
            "save": reverse("voice-edit", args=[voice.pk]),
        }
    )


# ---------------------------------------------------------------- taking in and editing


@require_POST
@resumable("sound", Voice)
def upload(request: HttpRequest) -> HttpResponse:
    """A file or a recording while the page is open: the voice to choose, or 422 and a sentence."""
    file = request.FILES.get("sound")
    try:
        if file is None:
            raise UploadError("No file was received. Choose it again.")
        # A take exists nowhere else, and a page in the background may have stopped it a moment too late.
        voice = services.take_in(
            file, file.name, request.user, cut="recorded" in request.POST, upload_ref=request.upload_ref
        )
    except UploadError as error:
        if request.htmx:
            return _refused(str(error))
        messages.error(request, str(error))
        return redirect("video-new")
    return _chosen(request, voice)


@require_POST
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A part of this voice as a voice of one's own. `replaces`: one made just before and not wanted any more."""
    voice = get_object_or_404(Voice.objects.select_related("original"), pk=pk)
    original = editing.original_of(voice)
    form = EditForm(original, request.POST)
    if not form.is_valid():
        if request.htmx:
            return _refused(join_errors(form))
        return _page(request, listed().get(pk=pk), form, status=422)
    try:
        speech = editing.shape_of(original).speech if form.cleaned_data["silence"] else None
        made = editing.make(original, form.edit(speech), request.user)
    except (UploadError, FileNotFoundError) as error:
        sentence = str(error) if isinstance(error, UploadError) else GONE
        if request.htmx:
            return _refused(sentence)
        form.add_error(None, sentence)
        return _page(request, listed().get(pk=pk), form, status=422)
    for old in Voice.objects.filter(pk=parse_id(request.POST.get("replaces"))):
        editing.replace(old, made, request.user)
    if request.htmx:
        return _chosen(request, made)
    if made == voice:
        messages.info(request, "Nothing was changed: choose another start or end, or normalize the volume.")
    elif made == original:
        messages.info(request, "This is the original recording.")
    else:
        messages.success(request, f"{made.name} was saved as a new voice.")
    return redirect(made)


def _chosen(request: HttpRequest, voice: Voice) -> HttpResponse:
    if request.htmx:
        return render(request, "videos/_voice.html", {"voice": voice, "voice_pk": voice.pk})
    return redirect(f"{reverse('video-new')}?voice={voice.pk}")


def _refused(sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=422, content_type="text/plain; charset=utf-8")


# ---------------------------------------------------------------- looking after one


@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    voice = _to_change(request, pk)
    form = NameForm(request.POST)
    if form.is_valid():
        Voice.objects.filter(pk=pk).update(name=form.cleaned_data["name"])
    else:
        messages.error(request, "A name must have 1 to 200 characters.")
    return redirect(voice)


@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether it stays although no video uses it."""
    voice = _to_change(request, pk)
    Voice.objects.filter(pk=pk).update(is_kept="keep" in request.POST, unused_since=None)
    return redirect(voice)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    voice = _to_change(request, pk)
    if Video.objects.filter(voice=voice, state__in=ACTIVE_STATES).exists():
        messages.error(request, "A video is being made with this voice. Delete it when the video is ready.")
        return redirect(voice)
    services.remove(voice)
    messages.success(request, f"{voice.name} was deleted.")
    return redirect("voices")


def _to_change(request: HttpRequest, pk: int) -> Voice:
    voice = get_object_or_404(Voice, pk=pk)
    if not request.user.may_change(voice):
        raise PermissionDenied
    return voice
