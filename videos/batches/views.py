"""Batches: the list, and each one's own page. A view that changes something takes POST only and checks `may_change`."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from dashboard.consent.listing import Listing
from dashboard.files import zip_stream
from dashboard.files.disk import needs_room
from dashboard.files.filenames import for_filename
from dashboard.gallery.live_changes import Changes, Gallery, Mark
from dashboard.jobs.provider_job import ProviderState
from dashboard.request import Request
from dashboard.shortcuts import get_changeable_or_403
from dashboard.trash.responses import explains_trash, in_trash, trash_and_announce
from videos.batches import draft_views, tasks
from videos.batches.forms import NameForm
from videos.batches.progress import STOPPED, add_rows, add_tallies, find_changed_rows, is_waiting
from videos.filters import list_archive_files
from videos.models import Batch, BatchItem, ItemState

PER_PAGE = 30
GALLERY = Gallery(Batch, "batch", "batches", "batches")


@require_GET
def index(request: Request) -> HttpResponse:
    mark = Mark.now(Batch)
    page = Paginator(Batch.objects.select_related("made_by"), PER_PAGE).get_page(request.GET.get("page"))
    number = str(page.number) if page.number > 1 else ""
    context = {
        "page": page,
        "changes": Changes(GALLERY, mark, page=number),
        "batches": add_tallies(page.object_list),
    }
    return render(request, "videos/batches/list.html", context)


@require_GET
def changes(request: Request) -> HttpResponse:
    """Polled by the list: what was started or deleted elsewhere."""
    return GALLERY.poll(request)


@require_GET
@explains_trash(Batch)
def detail(request: Request, pk: int) -> HttpResponse:
    batch = get_object_or_404(Batch.objects.select_related("made_by"), pk=pk)
    if batch.is_draft:
        return draft_views.render_page(request, batch)
    return render(request, "videos/batches/detail.html", {"batch": add_rows(batch)})


@require_GET
def status(request: Request, pk: int) -> HttpResponse:
    """Polled by the page of a batch: what has changed, or 204."""
    batch = Batch.objects.filter(pk=pk).first()
    if batch is None:
        return HttpResponseClientRedirect("/videos/batches/")
    add_rows(batch)
    shown = request.GET.get("v", "")
    if shown == batch.stamps:
        return HttpResponse(status=204)
    rows = find_changed_rows(batch, shown)
    response = render(request, "videos/batches/_status.html", {"batch": batch, "rows": rows, "swapped": True})
    if not batch.tally.active:
        trigger_client_event(response, "announce", {"text": batch.outcome})
    return response


@require_GET
def panel(request: Request, pk: int) -> HttpResponse:
    """Polled by the home page for each batch that is in progress."""
    return _answer_poll(request, pk, "videos/batches/_panel.html")


@require_GET
def show_sum(request: Request, pk: int) -> HttpResponse:
    """Polled by the list for each batch that is in progress."""
    return _answer_poll(request, pk, "videos/batches/_sum.html")


def _answer_poll(request: Request, pk: int, template: str) -> HttpResponse:
    """204 while nothing has changed; empty if the batch was deleted."""
    batch = Batch.objects.filter(pk=pk).first()
    if batch is None:
        return HttpResponse()
    batch = add_tallies([batch])[0]
    if request.GET.get("v") == batch.tally.stamp:
        return HttpResponse(status=204)
    return render(request, template, {"batch": batch})


@require_GET
def archive(request: Request, pk: int) -> HttpResponseBase:
    """Download all finished videos of the batch with their masks, in the order of the rows."""
    batch = get_object_or_404(Batch, pk=pk)
    found = batch.videos.filter(state=ProviderState.READY).exclude(video="").order_by("batch_position", "pk")
    videos = list(found.select_related("avatar", "voice"))
    if not videos:
        messages.error(request, "None of these can be downloaded yet.")
        return redirect(batch)
    listing = Listing()
    files = list_archive_files(videos, listing)
    return zip_stream.download(files, f"{for_filename(batch.name)}.zip", listing.texts)


@require_POST
def rename(request: Request, pk: int) -> HttpResponse:
    batch = _get_batch(request, pk)
    form = NameForm(request.POST)
    if form.is_valid():
        Batch.objects.filter(pk=pk).update(name=form.cleaned_data["name"])
    else:
        messages.error(request, "A name must have 1 to 200 characters.")
    return redirect(batch)


@needs_room
@require_POST
def retry_all(request: Request, pk: int) -> HttpResponse:
    """Retry the failed rows. Rows in the state "unsure" are retried one by one: a retry may be charged twice."""
    batch = _get_batch(request, pk)
    for item in add_rows(batch).rows:
        if item.display_state == ProviderState.FAILED:
            tasks.retry(item)
    return redirect(batch)


@require_POST
def cancel_all(request: Request, pk: int) -> HttpResponse:
    batch = _get_batch(request, pk)
    stopped = sum(tasks.cancel(item) for item in add_rows(batch).rows if is_waiting(item))
    if not stopped:
        messages.info(request, "Nothing to cancel: no videos are queued.")
    return redirect(batch)


@needs_room
@require_POST
def retry(request: Request, pk: int, item_pk: int) -> HttpResponse:
    item = _get_item(request, pk, item_pk)
    if _get_state(item) in (*STOPPED, ProviderState.CANCELLED):
        tasks.retry(item)
    return _render_status(request, item)


@require_POST
def cancel(request: Request, pk: int, item_pk: int) -> HttpResponse:
    item = _get_item(request, pk, item_pk)
    if not tasks.cancel(item):
        messages.info(request, "Too late to cancel: this video is already being generated.")
    return _render_status(request, item)


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    batch = _get_batch(request, pk)
    kept = "" if batch.is_draft else " Its videos are still here."
    trash_and_announce(request, [batch], in_trash(batch) + kept)
    return redirect("batches")


def _get_state(item: BatchItem) -> str:
    return item.state if item.state != ItemState.READY or item.video is None else item.video.state


def _render_status(request: Request, item: BatchItem) -> HttpResponse:
    """The whole state of the page, because the totals and buttons change with one row."""
    if not request.htmx:
        return redirect(item.batch)
    batch = add_rows(item.batch)
    return render(
        request, "videos/batches/_status.html", {"batch": batch, "rows": batch.rows, "swapped": True}
    )


def _get_batch(request: Request, pk: int) -> Batch:
    return get_changeable_or_403(Batch, pk, request.user)


def _get_item(request: Request, pk: int, item_pk: int) -> BatchItem:
    items = BatchItem.objects.exclude(state=ItemState.DRAFT).select_related("batch", "video")
    item = get_object_or_404(items, pk=item_pk, batch=pk)
    if not request.user.may_change(item.batch):
        raise PermissionDenied
    return item
