"""What avatars and videos have in common when they deal with the provider: asking once, waiting, coming home."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from dashboard.jobs.provider_job import ProviderJob, ProviderState, current_provider
from dashboard.models import Tombstone
from dashboard.net import safe_download
from dashboard.provider.answers import Remote
from dashboard.provider.client import ProviderError

Listing = Callable[[], Sequence[Remote]]

UNSURE = (
    "The connection broke while this was sent, so it may have been started or not. "
    "Trying again may start (and count) it a second time."
)
DISK = "The server's disk is full or cannot be written. Tell the owner of this site."


class Unsure(Exception):
    """Whether a lost call was carried out cannot be told; a person has to decide."""


# ---------------------------------------------------------------- asking


def ask(job: ProviderJob, call: Callable[[], Remote], listing: Listing) -> Remote:
    """Make the generate call for a claimed row, at most once as far as can be known.

    Raises ProviderError, Unsure, LeaseLost.
    """
    if job.asked_at:
        if found := _settle(job, listing):
            return found
    elif not settings.EMBEDDED:
        unknown = unknown_to_us(type(job), listing())
        job.note(unknown_before=[item.remote_id for item in unknown])
    job.note(asked_at=timezone.now())
    try:
        return call()
    except ProviderError as error:
        if not error.answer_lost:
            job.note(asked_at=None)
        raise


def _settle(job: ProviderJob, listing: Listing) -> Remote | None:
    """Find what an earlier call of this row started; None when it is safe to call again."""
    if settings.EMBEDDED:
        return None  # our engine answers the same reference with the same thing
    items = listing()
    if any(item.client_ref for item in items):  # so does this provider
        return next((item for item in items if item.client_ref == str(job.client_ref)), None)
    new = [item for item in unknown_to_us(type(job), items) if item.remote_id not in job.unknown_before]
    others = type(job).objects.filter(provider=job.provider, remote_id="", asked_at__isnull=False)
    if len(new) == 1 and not others.exclude(pk=job.pk).exists():
        return new[0]
    raise Unsure


def unknown_to_us(model: type[ProviderJob], items: Sequence[Remote]) -> list[Remote]:
    """Those that are neither a row here nor one that was deleted here."""
    here = current_provider()
    rows = model.objects.filter(provider=here)
    known = set(rows.exclude(remote_id="").values_list("remote_id", flat=True))
    refs = {str(ref) for ref in rows.filter(remote_id="").values_list("client_ref", flat=True)}
    gone = set(Tombstone.objects.filter(kind=model.KIND, provider=here).values_list("remote_id", flat=True))
    return [
        item
        for item in items
        if item.remote_id not in known
        and item.remote_id not in gone
        and item.client_ref not in refs
        and f"ref:{item.client_ref}" not in gone
    ]


def answer_pending(model: type[ProviderJob]) -> bool:
    """Whether something new at the provider may belong to a row here that does not know it yet."""
    rows = model.objects.filter(provider=current_provider(), remote_id="", asked_at__isnull=False)
    return rows.exclude(state=ProviderState.FAILED).exists()


# ---------------------------------------------------------------- once more


def again(job: ProviderJob, state: str, **fields: object) -> bool:
    """A person said "Try again". False when somebody else was faster."""
    if state not in job.TRANSITIONS[job.state]:
        return False
    if state == ProviderState.WAITING and (not job.asked_at or job.state == ProviderState.UNSURE):
        # A new reference: with the old one, the answer would be the old refusal.
        fields |= {"client_ref": new_reference(), "asked_at": None}
    job.move(state, attempts=0, progress=0, error="", **fields)
    return True


def new_reference() -> object:
    return ProviderJob._meta.get_field("client_ref").get_default()


# ---------------------------------------------------------------- coming home


@contextlib.contextmanager
def brought_home(url: str, *, max_bytes: int, seconds: float) -> Iterator[Path]:
    """Download one of the provider's links to a temporary file. Raises ProviderError."""
    # A provider on the local network hands out links to itself.
    guard = safe_download.guard(also=[safe_download.endpoint(settings.CG_AVATAR_API_URL)])
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="home-") as folder:
        path = Path(folder) / "file"
        try:
            with path.open("wb") as file:
                safe_download.download(url, file, max_bytes=max_bytes, seconds=seconds, guard=guard)
        except safe_download.DownloadError as error:
            # Also what cannot pass may: an expired link is a new one after the next look at the list.
            raise ProviderError(f"The result could not be downloaded. {error}", is_temporary=True) from error
        except OSError as error:
            raise ProviderError(DISK, is_temporary=True) from error
        yield path


def keep(field: FieldFile, source: Path, name: str) -> None:
    """Store a file for a row that is held; what a killed run of the same work left behind is replaced."""
    field.storage.delete(field.field.generate_filename(field.instance, name))
    with source.open("rb") as file:
        field.save(name, File(file), save=False)


def delete_files(files: Sequence[FieldFile]) -> None:
    """Delete stored files once the transaction that gives them up has been committed."""
    for file in files:
        transaction.on_commit(partial(default_storage.delete, file.name), robust=True)


def overdue(job: ProviderJob, limit: timedelta) -> bool:
    return timezone.now() - job.state_since > limit
