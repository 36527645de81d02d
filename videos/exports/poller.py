"""Enqueues exports again that are due, deletes unused ones, and reapplies looks that an older version applied."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard.jobs.continue_on_error import do_each
from dashboard.jobs.enqueue import enqueue_due
from dashboard.jobs.local_job import LocalState
from dashboard.jobs.provider_job import ProviderState
from videos.exports.services import Kind, apply_look, delete_unused, find_export
from videos.exports.tasks import PHASE
from videos.models import Export, Video

IDLE_SECONDS = 3.0
CLEANUP_SECONDS = 3600.0
MAX_DELETED = 100  # in one step


def step() -> float:
    """Enqueue what is due again; the seconds until the next step."""
    Export.release_dead_leases()
    due = Export.objects.due(*PHASE.due)
    # Separately, because quick and slow exports have different workers.
    for rows in (due.filter(kind__in=Export.QUICK_KINDS), due.exclude(kind__in=Export.QUICK_KINDS)):
        enqueue_due(rows)
    return IDLE_SECONDS


def cleanup() -> float:
    """Delete downloads unused for `EXPORT_DAYS` (a click makes them again), then reapply outdated looks.

    The seconds until the next step.
    """
    long_ago = timezone.now() - timedelta(days=settings.EXPORT_DAYS)
    unused = Export.objects.filter(state=LocalState.READY, used_at__lt=long_ago).exclude(file="")
    do_each(unused[:MAX_DELETED], lambda export: delete_unused(export, long_ago))
    _reapply_outdated_looks()
    return CLEANUP_SECONDS


def _reapply_outdated_looks() -> None:
    """Reapply looks whose key has changed: this version draws them differently from the one that applied them."""
    styled = Video.all_objects.filter(state=ProviderState.READY).exclude(styled_video="")
    rows = styled.only("look", "styled_key").iterator()
    outdated = [video for video in rows if video.parsed_look.key != video.styled_key]
    do_each([video for video in outdated if find_export(video, Kind.LOOK) is None], _reapply_look)


def _reapply_look(video: Video) -> None:
    with transaction.atomic():
        apply_look(Video.all_objects.get(pk=video.pk))
