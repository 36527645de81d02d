"""Removing what a plan names, and saying what was removed."""

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from avatars.models import Avatar
from avatars.services import delete_avatar
from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.files.deletion import delete_names
from dashboard.forgotten import engine_copies
from dashboard.forgotten.models import Forgetting, Forgotten
from dashboard.gallery.card_cache import render_card
from dashboard.jobs.provider_job import ProviderJob
from dashboard.models import User
from videos import tasks
from videos.forgetting.plan import Plan, lock_plan, plan_forgetting
from videos.models import Batch, BatchItem, Voice
from videos.voices import services as voices

EMBEDDED = "embedded"
ENGINE_SECONDS = 20  # of waiting for the engine; the poller goes on
NEUTRAL_NAME = "Several videos"  # for a batch that was named after the forgotten


def forget(plan: Plan, actor: User | None, request: HttpRequest | None = None) -> Forgetting:
    """Remove everything in the plan for good. Without `actor`, a command on the server did it."""
    existing = {name for name in plan.filenames if default_storage.exists(name)}
    size = sum(default_storage.size(name) for name in existing)
    _overwrite_deleted_content()
    with transaction.atomic():
        plan = lock_plan(plan)
        names = plan.filenames
        refs = [avatar.upload_ref for avatar in plan.avatars] + [voice.upload_ref for voice in plan.voices]
        forgetting = Forgetting.objects.create(made_by=actor)
        _keep_list(forgetting, plan)
        for video in plan.videos:
            tasks.remove(video)
        _remove_from_batches(plan)
        for avatar in plan.avatars:
            delete_avatar(avatar)
        for voice in plan.voices:
            voices.remove(voice)
        forgetting.counts = _count(plan) | {"files": len(existing), "bytes": size}
        forgetting.save(update_fields=["counts"])
        record(actor, Action.FORGOTTEN, f"{forgetting}: {describe(forgetting)}", request)
    delete_names(names)  # not later; and a task that ended meanwhile may have stored one more
    for ref in filter(None, refs):  # of an upload in pieces: see dashboard.uploads.resumable
        (settings.FILE_UPLOAD_TEMP_DIR / f"upload-{ref.hex}.part").unlink(missing_ok=True)
    render_card.cache_clear()
    _empty_write_ahead_log()
    engine_copies.delete_copies(forgetting, seconds=ENGINE_SECONDS)
    return forgetting


def forget_again() -> list[Forgetting]:
    """Remove what a restored backup has brought back of everything that was ever forgotten here."""
    acts = []
    for kind, model in ((Forgotten.Kind.AVATAR, Avatar), (Forgotten.Kind.VOICE, Voice)):
        for entry in Forgotten.objects.filter(kind=kind):
            # As a list, so that it is a query for each: the one before may have removed it with its own.
            rows: QuerySet[Any] = model._base_manager.filter(pk=entry.row_id, created_at=entry.row_created_at)
            plan = plan_forgetting(*((rows, ()) if model is Avatar else ((), rows)))
            if not plan.is_empty:
                acts.append(forget(plan, None))
    return acts


def describe(forgetting: Forgetting) -> str:
    """ "1 portrait, 2 voices, 3 videos, 41 files": no names."""
    counts = forgetting.counts
    words = (("avatars", "portrait"), ("voices", "voice"), ("videos", "video"), ("files", "file"))
    return ", ".join(f"{counts[key]} {one}{'' if counts[key] == 1 else 's'}" for key, one in words)


def _count(plan: Plan) -> dict[str, int]:
    rows = (*plan.avatars, *plan.videos)
    return {
        "avatars": len(plan.avatars),
        "voices": len(plan.voices),
        "videos": len(plan.videos),
        "exports": len(plan.exports),
        "rows": len(plan.items),
        "elsewhere": sum(bool(row.remote_id) and row.provider != EMBEDDED for row in rows),
    }


def _keep_list(forgetting: Forgetting, plan: Plan) -> None:
    """What must not come back, and what the engine has of it."""
    for kind, rows in (("avatar", plan.avatars), ("video", plan.videos), ("voice", plan.voices)):
        for row in rows:
            Forgotten.objects.create(
                forgetting=forgetting,
                kind=kind,
                row_id=row.pk,
                row_created_at=row.created_at,
                **(_at_provider(row) if isinstance(row, ProviderJob) else {}),
            )


def _at_provider(row: ProviderJob) -> dict[str, Any]:
    was_sent = bool(row.remote_id or row.asked_at)
    # A row that was being sent has no provider yet.
    provider = row.provider or (EMBEDDED if settings.EMBEDDED else "")
    return {
        "provider": provider,
        "remote_id": row.remote_id,
        "client_ref": str(row.client_ref),
        "is_at_engine": was_sent and provider == EMBEDDED,
    }


def _remove_from_batches(plan: Plan) -> None:
    """Rows of batches that name the forgotten, batches without any other row, and the names of their files."""
    batches = Batch.all_objects.filter(items__in=plan.items).distinct()
    pks = [batch.pk for batch in batches]
    BatchItem.objects.filter(pk__in=[item.pk for item in plan.items]).delete()
    Batch.all_objects.filter(pk__in=pks, items=None).delete()
    voice_pks = {voice.pk for voice in plan.voices}
    names = [avatar.name for avatar in plan.avatars] + [voice.name for voice in plan.voices]
    for batch in Batch.all_objects.filter(pk__in=pks):
        batch.sounds = {name: pk for name, pk in batch.sounds.items() if pk not in voice_pks}
        if any(name in batch.name for name in names):
            batch.name = NEUTRAL_NAME
        batch.save(update_fields=["sounds", "name"])


# ---------------------------------------------------------------- the file of the database


def _overwrite_deleted_content() -> None:
    """SQLite leaves deleted content in free pages unless it is told to write over it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _empty_write_ahead_log() -> None:
    """The log has the pages as they were before; if another process reads just now, it is emptied a little later."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
