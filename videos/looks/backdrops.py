"""Pictures to stand in front of: brought in by anybody, used by everybody, deleted by whoever brought them."""

import uuid
from pathlib import Path

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.files.filenames import from_filename
from dashboard.files.stored_files import delete_on_commit
from dashboard.models import User
from dashboard.uploads import UploadError
from dashboard.uploads import backdrops as uploads
from dashboard.uploads.resumable import resumable
from videos.models import Backdrop, Video

SHOWN = 60


def newest(chosen: int | None = None) -> list[Backdrop]:
    """Those to choose from, and the one that is chosen already, however old."""
    shown = list(Backdrop.objects.all()[:SHOWN])
    if chosen and chosen not in {backdrop.pk for backdrop in shown}:
        shown = [*shown, *Backdrop.objects.filter(pk=chosen)]
    return shown


@require_POST
@resumable("picture", Backdrop)
def upload(request: HttpRequest) -> HttpResponse:
    """A script's upload while a page is open: the picture to choose, or 422 and a sentence."""
    file = request.FILES.get("picture")
    try:
        if file is None:
            raise UploadError("No file was received. Choose it again.")
        backdrop = take_in(file, file.name, request.user, upload_ref=request.upload_ref)
    except UploadError as error:
        return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
    return render(request, "videos/_backdrop.html", {"backdrop": backdrop, "picture_pk": backdrop.pk})


def take_in(
    source: File | Path, filename: str, user: User | None, *, upload_ref: uuid.UUID | None = None
) -> Backdrop:
    """Keep a picture. Raises UploadError."""
    return Backdrop.create_once(upload_ref, lambda: _take_in(source, filename, user, upload_ref))


def _take_in(source: File | Path, filename: str, user: User | None, upload_ref: uuid.UUID | None) -> Backdrop:
    with uploads.convert(source) as taken:
        backdrop = Backdrop(
            name=from_filename(filename, "Background"),
            width=taken.width,
            height=taken.height,
            colour=taken.colour,
            made_by=user,
            upload_ref=upload_ref,
        )
        name = uuid.uuid4()
        try:
            with taken.path.open("rb") as picture, taken.thumbnail.open("rb") as small:
                backdrop.picture.save(f"{name}.jpg", File(picture), save=False)
                backdrop.thumbnail.save(f"{name}.webp", File(small), save=False)
            backdrop.save()
        except BaseException:  # without its row nobody would ever find these files again
            for file in (backdrop.picture, backdrop.thumbnail):
                if file:
                    file.storage.delete(file.name)
            raise
    return backdrop


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, and say what it is used for; then delete it. Finished videos keep their files."""
    backdrop = get_object_or_404(Backdrop, pk=pk)
    if not request.user.may_change(backdrop):
        raise PermissionDenied
    if request.method != "POST":
        used = Video.objects.filter(look__picture=pk).count()
        page = "videos/_delete_backdrop.html" if request.htmx else "videos/delete_backdrop.html"
        return render(request, page, {"backdrop": backdrop, "used": used})
    with transaction.atomic():
        delete_on_commit([backdrop.picture, backdrop.thumbnail])
        backdrop.delete()
    if request.htmx:
        return HttpResponse()
    messages.success(request, f"{backdrop.name} was deleted.")
    return redirect("video-new")
