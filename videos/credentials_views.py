"""What the file of a video says about itself, on its page and as a page of its own."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.cache import cache
from django.db.models.fields.files import FieldFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from dashboard.jobs.provider_job import ProviderState
from dashboard.provenance import certificates, reading
from dashboard.request import Request
from dashboard.uploads import UploadError
from videos.exports.files import get_local_path
from videos.models import Video

MAX_BYTES = 8 * 2**30
CACHE_SECONDS = 24 * 3600
GONE = "The file of this video is gone."


@require_GET
def show_credentials(request: Request, pk: int) -> HttpResponse:
    """A part of the video's page; without a script, a page."""
    video = get_object_or_404(Video.objects.exclude(video=""), pk=pk, state=ProviderState.READY)
    context: dict[str, object] = {"video": video, "is_own_certificate": certificates.get_signer().is_own}
    try:
        context["credentials"] = _read(video.display_file)
    except UploadError as error:
        context["error"] = str(error)
    except FileNotFoundError:
        context["error"] = GONE
    template = "videos/_credentials.html" if request.htmx else "videos/credentials.html"
    return render(request, template, context)


def _read(file: FieldFile) -> reading.Credentials:
    """Remembered: a stored file never changes, and a large one takes seconds to check."""
    key = f"credentials:{file.name}"
    found: reading.Credentials | None = cache.get(key)
    if found is None:
        with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="upload-") as folder:
            found = reading.read(get_local_path(file, Path(folder)), max_bytes=MAX_BYTES)
        cache.set(key, found, CACHE_SECONDS)
    return found
