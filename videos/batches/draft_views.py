"""A sheet's rows before they are made: review them, fix them here or in a sheet, remove some, start the rest."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from dashboard.files.filenames import for_filename
from dashboard.request import parse_id
from dashboard.shortcuts import join_errors
from dashboard.uploads import UploadError
from dashboard.uploads.resumable import resumable
from videos.batches import services
from videos.batches.forms import MendedSheetForm, RowForm, read_sheet
from videos.batches.merging import merge_rows
from videos.batches.sheet_writer import Sheet, attach
from videos.forms import speakers
from videos.models import Batch, BatchItem, Voice
from videos.voices.services import take_in

NAMES_OFFERED = 100
HEADER = ("row", "avatar", "audio", "title", "script", "reason")


@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of the rows that are not made yet."""
    batch = get_object_or_404(Batch.objects.select_related("made_by"), pk=pk)
    if not batch.is_draft and not batch.drafts.exists():
        return redirect(batch)
    return render_page(request, batch)


def render_page(request: HttpRequest, batch: Batch) -> HttpResponse:
    """The rows with what is wrong with them; `?row=` opens one to be fixed."""
    services.recheck(batch)
    items = list(batch.drafts.select_related("avatar", "voice"))
    wrong = [item for item in items if item.error]
    context = {
        "batch": batch,
        "items": items,
        "wrong": wrong,
        "fine": len(items) - len(wrong),
        "missing": _list_missing_files(wrong),
        "opened": parse_id(request.GET.get("row")),
        "max_bytes": settings.MAX_AUDIO_BYTES,
    }
    if context["opened"]:
        people = speakers().order_by("name").values_list("name", flat=True)
        context["names"] = list(dict.fromkeys(people[:NAMES_OFFERED]))
        sounds = Voice.objects.values_list("name", flat=True)
        context["sounds"] = list(dict.fromkeys([*batch.sounds, *sounds[:NAMES_OFFERED]]))
    template = "videos/batches/_draft.html" if request.htmx else "videos/batches/draft.html"
    return render(request, template, context)


def _list_missing_files(wrong: list[BatchItem]) -> list[str]:
    """The files that the sheet names and that are not here yet."""
    named = [
        item.sound_text for item in wrong if item.sound_text and not item.voice_id and not item.audio_url
    ]
    return list(dict.fromkeys(name for name in named if "." in name and "://" not in name))


@require_GET
def download(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The rows that something is wrong with, each with its reason, as a sheet to be mended and sent back."""
    batch = get_object_or_404(Batch, pk=pk)
    services.recheck(batch)
    wrong = batch.drafts.exclude(error="")
    rows = wrong.values_list("number", "avatar_text", "sound_text", "title", "script", "error")
    return attach(kind, f"{for_filename(batch.name)} to fix", Sheet("To fix", [HEADER, *rows]))


@require_POST
def replace(request: HttpRequest, pk: int) -> HttpResponse:
    """A mended sheet comes back."""
    batch = _get_draft(request, pk)
    form = MendedSheetForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise UploadError(join_errors(form))
        messages.success(request, str(merge_rows(batch, read_sheet(form.cleaned_data["sheet"]))))
    except UploadError as error:
        messages.error(request, str(error))
    return redirect("batch-draft", pk)


@require_POST
@resumable("sound", Voice)
def sounds(request: HttpRequest, pk: int) -> HttpResponse:
    """Sound files that belong to the rows: one from a script (its answer: which rows it fits), or several."""
    batch = _get_draft(request, pk)
    files = request.FILES.getlist("sound")
    told = []
    try:
        if not files:
            raise UploadError("No file was received. Choose it again.")
        for file in files:
            reference = request.upload_ref if len(files) == 1 else None
            voice = take_in(file, file.name, request.user, upload_ref=reference)
            told.append(_add_sound(batch, file.name, voice))
    except UploadError as error:
        if request.htmx:
            return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
        messages.error(request, str(error))
        return redirect("batch-draft", pk)
    if request.htmx:
        return HttpResponse(told[0], content_type="text/plain; charset=utf-8")
    return redirect("batch-draft", pk)


def _add_sound(batch: Batch, filename: str, voice: Voice) -> str:
    """Remember what came along, and say in words which rows it is for."""
    with transaction.atomic():  # a page sends two files at a time
        batch = Batch.objects.select_for_update().get(pk=batch.pk)
        batch.sounds[filename[:400]] = voice.pk
        batch.save(update_fields=["sounds"])
        services.recheck(batch)
    rows = [str(number) for number in batch.drafts.filter(voice=voice).values_list("number", flat=True)]
    if not rows:
        return "No row uses this file."
    return f"For row{'s' if len(rows) > 1 else ''} {', '.join(rows[:8])}{', …' if len(rows) > 8 else ''}"


@require_POST
def change_row(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """Fix one row by hand."""
    batch = _get_draft(request, pk)
    form = RowForm(request.POST, instance=get_object_or_404(batch.drafts, pk=item_pk))
    if form.is_valid():
        form.save()
    else:
        messages.error(request, join_errors(form))
    return _render_again(request, batch)


@require_POST
def remove_row(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    batch = _get_draft(request, pk)
    batch.drafts.filter(pk=item_pk).delete()
    if batch.drafts.exists():
        return _render_again(request, batch)
    address = batch.get_absolute_url()
    if batch.is_draft:
        services.discard_drafts(batch)
        messages.info(request, "That was the last row, so the draft was deleted.")
        address = reverse("batch-new", args=["sheet"])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Drop all rows that are not made yet."""
    batch = _get_draft(request, pk)
    services.discard_drafts(batch)
    if batch.is_draft:
        messages.success(request, f"{batch.name} was discarded.")
        return redirect("batches")
    messages.success(request, "The rows that needed fixing were discarded.")
    return redirect(batch)


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the rows that are fine. Pressed twice, none of them is made twice."""
    batch = get_object_or_404(Batch, pk=pk)
    if not request.user.may_change(batch):
        raise PermissionDenied
    if not services.start_valid_rows(batch) and batch.is_draft:
        messages.error(request, "No row is ready yet. Fix one first.")
    return redirect(batch)


def _render_again(request: HttpRequest, batch: Batch) -> HttpResponse:
    return render_page(request, batch) if request.htmx else redirect("batch-draft", batch.pk)


def _get_draft(request: HttpRequest, pk: int) -> Batch:
    """A batch with rows that are not made yet, of somebody who may change it."""
    batch = get_object_or_404(Batch, pk=pk)
    if not request.user.may_change(batch):
        raise PermissionDenied
    if not batch.drafts.exists():
        raise Http404
    return batch
