"""A sheet's rows before anything is made: look at them, put them right, leave some out, begin."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from dashboard.uploads import UploadError
from videos.batches import services
from videos.batches.forms import RowForm
from videos.forms import speakers
from videos.models import Batch, BatchItem, Voice
from videos.voices.services import take_in

NAMES_OFFERED = 100


def page(request: HttpRequest, batch: Batch) -> HttpResponse:
    """The rows with what is wrong with them; `?row=` opens one to be put right."""
    services.check_again(batch)
    items = list(batch.items.select_related("avatar", "voice"))
    wrong = [item for item in items if item.error]
    opened = request.GET.get("row", "")
    context = {
        "batch": batch,
        "items": items,
        "wrong": wrong,
        "fine": len(items) - len(wrong),
        "missing": _missing(wrong),
        "opened": int(opened) if opened.isascii() and opened.isdigit() and len(opened) < 19 else None,
        "max_bytes": settings.MAX_AUDIO_BYTES,
    }
    if context["opened"]:
        people = speakers().order_by("name").values_list("name", flat=True)
        context["names"] = list(dict.fromkeys(people[:NAMES_OFFERED]))
        sounds = Voice.objects.values_list("name", flat=True)
        context["sounds"] = list(dict.fromkeys([*batch.sounds, *sounds[:NAMES_OFFERED]]))
    template = "videos/batches/_draft.html" if request.htmx else "videos/batches/draft.html"
    return render(request, template, context)


def _missing(wrong: list[BatchItem]) -> list[str]:
    """The files that the sheet names and that are not here yet."""
    named = [
        item.said_sound for item in wrong if item.said_sound and not item.voice_id and not item.audio_url
    ]
    return list(dict.fromkeys(name for name in named if "." in name and "://" not in name))


@require_POST
def sounds(request: HttpRequest, pk: int) -> HttpResponse:
    """Sound files that belong to the rows: one from a script (its answer: which rows it fits), or several."""
    batch = _to_change(request, pk)
    files = request.FILES.getlist("sound")
    told = []
    try:
        if not files:
            raise UploadError("No sound arrived. Choose the file again.")
        for file in files:
            voice = take_in(file, file.name, request.user)
            told.append(_add(batch, file.name, voice))
    except UploadError as error:
        if request.htmx:
            return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
        messages.error(request, str(error))
        return redirect(batch)
    if request.htmx:
        return HttpResponse(told[0], content_type="text/plain; charset=utf-8")
    return redirect(batch)


def _add(batch: Batch, filename: str, voice: Voice) -> str:
    """Remember what came along, and say in words which rows it is for."""
    with transaction.atomic():  # a page sends two files at a time
        batch = Batch.objects.select_for_update().get(pk=batch.pk)
        batch.sounds[filename[:400]] = voice.pk
        batch.save(update_fields=["sounds"])
        services.check_again(batch)
    rows = [str(number) for number in batch.items.filter(voice=voice).values_list("number", flat=True)]
    if not rows:
        return "No row names this file."
    return f"For row{'s' if len(rows) > 1 else ''} {', '.join(rows[:8])}{', …' if len(rows) > 8 else ''}"


@require_POST
def row(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """Put one row right."""
    batch = _to_change(request, pk)
    item = get_object_or_404(batch.items, pk=item_pk)
    form = RowForm(request.POST, instance=item)
    if form.is_valid():
        form.save()
    else:
        messages.error(request, "This is too long: a name has at most 200 characters, an address 2,000.")
    return _shown_again(request, batch)


@require_POST
def leave_out(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    batch = _to_change(request, pk)
    batch.items.filter(pk=item_pk).delete()
    if not batch.items.exists():
        batch.delete()
        messages.info(request, "No row was left, so the sheet is gone.")
        return redirect("batch-new", "sheet")
    return _shown_again(request, batch)


@require_POST
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the rows that are fine. Pressed twice, it is still one batch."""
    batch = get_object_or_404(Batch, pk=pk)
    if not request.user.may_change(batch):
        raise PermissionDenied
    if batch.is_draft and not services.begin(batch):
        messages.error(request, "There is no row yet that could be made. Put one right first.")
    return redirect(batch)


def _shown_again(request: HttpRequest, batch: Batch) -> HttpResponse:
    return page(request, batch) if request.htmx else redirect(batch)


def _to_change(request: HttpRequest, pk: int) -> Batch:
    batch = get_object_or_404(Batch, pk=pk, started_at=None)
    if not request.user.may_change(batch):
        raise PermissionDenied
    return batch
