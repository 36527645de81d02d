"""Drafts: review the rows of a sheet, fix them on the page or in the sheet, remove some, start the valid ones."""

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from dashboard.consent.forms import consent_needed
from dashboard.consent.wordings import Kind
from dashboard.files.disk import needs_room
from dashboard.files.filenames import for_filename
from dashboard.files.sheet_writer import Sheet, attach
from dashboard.request import Request, parse_id
from dashboard.shortcuts import get_changeable_or_403, join_errors, respond_sentence
from dashboard.trash.responses import explains_trash, in_trash, trash_and_announce
from dashboard.uploads import UploadError
from dashboard.uploads.resumable import UploadRequest, resumable
from videos.batches import services
from videos.batches.forms import FixedSheetForm, RowForm, read_sheet
from videos.batches.sheet_merge import merge_rows
from videos.forms import speakers
from videos.models import Batch, BatchItem, Voice
from videos.voices.services import create_voice

MAX_NAMES = 100
CONSENT = consent_needed(Kind.VOICE)
HEADER = ("row", "avatar", "audio", "title", "script", "reason")


@require_GET
@explains_trash(Batch)
def show(request: Request, pk: int) -> HttpResponse:
    """The page of the draft rows."""
    batch = get_object_or_404(Batch.objects.select_related("made_by"), pk=pk)
    if not batch.is_draft and not batch.drafts.exists():
        return redirect(batch)
    return render_page(request, batch)


def render_page(request: Request, batch: Batch) -> HttpResponse:
    """The rows with their errors; `?row=` opens one for editing."""
    services.validate_drafts(batch)
    items = list(batch.drafts.select_related("avatar", "voice"))
    invalid = [item for item in items if item.error]
    context = {
        "batch": batch,
        "items": items,
        "wrong": invalid,
        "fine": len(items) - len(invalid),
        "missing": _list_missing_files(invalid),
        "opened": parse_id(request.GET.get("row")),
        "max_bytes": settings.MAX_AUDIO_BYTES,
    }
    if context["opened"]:
        people = speakers().order_by("name").values_list("name", flat=True)
        context["names"] = list(dict.fromkeys(people[:MAX_NAMES]))
        sounds = Voice.objects.values_list("name", flat=True)
        context["sounds"] = list(dict.fromkeys([*batch.sounds, *sounds[:MAX_NAMES]]))
    template = "videos/batches/_draft.html" if request.htmx else "videos/batches/draft.html"
    return render(request, template, context)


def _list_missing_files(invalid: list[BatchItem]) -> list[str]:
    """The files that the sheet names but that have not been uploaded."""
    named = [
        item.sound_text for item in invalid if item.sound_text and not item.voice_id and not item.audio_url
    ]
    return list(dict.fromkeys(name for name in named if "." in name and "://" not in name))


@require_GET
def download(request: Request, pk: int, kind: str) -> HttpResponse:
    """The invalid rows with their errors, as a sheet to be fixed and uploaded again."""
    batch = get_object_or_404(Batch, pk=pk)
    services.validate_drafts(batch)
    invalid = batch.drafts.exclude(error="")
    rows = invalid.values_list("number", "avatar_text", "sound_text", "title", "script", "error")
    return attach(kind, f"{for_filename(batch.name)} to fix", Sheet("To fix", [HEADER, *rows]))


@needs_room
@require_POST
def replace(request: Request, pk: int) -> HttpResponse:
    """Upload a fixed sheet."""
    batch = _get_draft(request, pk)
    form = FixedSheetForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise UploadError(join_errors(form))
        messages.success(request, str(merge_rows(batch, read_sheet(form.cleaned_data["sheet"]))))
    except UploadError as error:
        messages.error(request, str(error))
    return redirect("batch-draft", pk)


@needs_room
@require_POST
@resumable("sound", Voice, check=CONSENT)
def upload_sounds(request: UploadRequest, pk: int) -> HttpResponse:
    """Upload sound files for the rows: one from a script (answers with the rows that name it), or several from a form."""
    batch = _get_draft(request, pk)
    files = request.FILES.getlist("sound")
    answers = []
    try:
        if not files:
            raise UploadError("No file was received. Choose it again.")
        consent = CONSENT(request)
        for file in files:
            reference = request.upload_ref if len(files) == 1 else None
            voice = create_voice(file, file.name or "", request.user, consent=consent, upload_ref=reference)
            answers.append(_add_sound(batch, file.name or "", voice))
    except UploadError as error:
        if request.htmx:
            return respond_sentence(str(error))
        messages.error(request, str(error))
        return redirect("batch-draft", pk)
    if request.htmx:
        return respond_sentence(answers[0], status=200)
    return redirect("batch-draft", pk)


def _add_sound(batch: Batch, filename: str, voice: Voice) -> str:
    """Record the uploaded file; returns a sentence with the rows that name it."""
    with transaction.atomic():  # a page uploads two files at a time
        batch = Batch.objects.select_for_update().get(pk=batch.pk)
        batch.sounds[filename[:400]] = voice.pk
        batch.save(update_fields=["sounds"])
        services.validate_drafts(batch)
    rows = [str(number) for number in batch.drafts.filter(voice=voice).values_list("number", flat=True)]
    if not rows:
        return "No row uses this file."
    return f"For row{'s' if len(rows) > 1 else ''} {', '.join(rows[:8])}{', …' if len(rows) > 8 else ''}"


@require_POST
def change_row(request: Request, pk: int, item_pk: int) -> HttpResponse:
    """Edit one row on the page."""
    batch = _get_draft(request, pk)
    with services.lock_batch(batch):  # a row that is started now is no draft any more
        form = RowForm(request.POST, instance=get_object_or_404(batch.drafts, pk=item_pk))
        if form.is_valid():
            form.save()
    if form.errors:
        messages.error(request, join_errors(form))
    return _render_or_redirect(request, batch)


@require_POST
def remove_row(request: Request, pk: int, item_pk: int) -> HttpResponse:
    batch = _get_draft(request, pk)
    batch.drafts.filter(pk=item_pk).delete()
    if batch.drafts.exists():
        return _render_or_redirect(request, batch)
    address = batch.get_absolute_url()
    if batch.is_draft:
        services.discard_drafts(batch)
        messages.info(request, "That was the last row, so the draft was deleted.")
        address = reverse("batch-new", args=["sheet"])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


@require_POST
def discard(request: Request, pk: int) -> HttpResponse:
    """Discard all draft rows: a draft as a whole goes to the trash."""
    batch = _get_draft(request, pk)
    if batch.is_draft:
        trash_and_announce(request, [batch], in_trash(batch))
        return redirect("batches")
    services.discard_drafts(batch)
    messages.success(request, "The rows that needed fixing were discarded.")
    return redirect(batch)


@needs_room
@require_POST
def start(request: Request, pk: int) -> HttpResponse:
    """Start the valid rows. No row is started twice, even if this is submitted twice."""
    batch = get_changeable_or_403(Batch, pk, request.user)
    if not services.start_valid_rows(batch, request.user) and batch.is_draft:
        messages.error(request, "No row is ready yet. Fix one first.")
    return redirect(batch)


def _render_or_redirect(request: Request, batch: Batch) -> HttpResponse:
    return render_page(request, batch) if request.htmx else redirect("batch-draft", batch.pk)


def _get_draft(request: Request, pk: int) -> Batch:
    """A batch with draft rows that this person may change. Raises Http404, PermissionDenied."""
    batch = get_changeable_or_403(Batch, pk, request.user)
    if not batch.drafts.exists():
        raise Http404
    return batch
