"""Deleting avatars and videos for good, with their files: an extension of the API, for jobs of the same token."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest

from dashboard.files.stored_files import delete_on_commit
from engine import fields
from engine.api_view import endpoint
from engine.models import EngineJob, Render, Rig, Token
from engine.responses import ApiError, Code
from engine.tasks import delete_leftovers


@endpoint("POST")
def avatar_delete(request: HttpRequest, token: Token | None) -> dict[str, Any]:
    """Delete an avatar and all videos of it. One that is not there counts as deleted."""
    rigs = _find(Rig, request, token, "avatar_id")
    videos = sum(_delete_rig(rig) for rig in rigs)
    return {"avatars": len(rigs), "videos": videos}


@endpoint("POST")
def video_delete(request: HttpRequest, token: Token | None) -> dict[str, Any]:
    """Delete a video. One that is not there counts as deleted."""
    renders = _find(Render, request, token, "video_id")
    for render in renders:
        _delete_render(render)
    return {"videos": len(renders)}


def _find(model: type[EngineJob], request: HttpRequest, token: Token | None, key: str) -> list[Any]:
    """The jobs of this token with the id or the reference in the body, whichever is there."""
    body = fields.read_body(request)
    client_ref = fields.read_client_ref(body)
    own = model._default_manager.filter(token=token)
    found: dict[int, Any] = {}
    if body.get(key):
        public_id = fields.read_text(body, key, fields.MAX_REFERENCE)
        found |= {job.pk: job for job in own.filter(public_id=public_id)}
    elif not client_ref:
        raise ApiError(Code.BROKEN_FIELD, f"Send {key} or client_ref.")
    if client_ref:
        found |= {job.pk: job for job in own.filter(client_ref=client_ref)}
    return list(found.values())


def _delete_rig(rig: Rig) -> int:
    """Its videos too, also those that another token ordered: they show the same person. Returns their number."""
    with transaction.atomic():
        list(Rig.objects.select_for_update().filter(pk=rig.pk))  # no video of it is ordered meanwhile
        renders = list(rig.renders.all())
        for render in renders:
            _delete_render(render)
        delete_on_commit([rig.rig, rig.preview, rig.cutout])
        transaction.on_commit(lambda: delete_leftovers(rig), robust=True)
        Rig.objects.filter(pk=rig.pk).delete()
    return len(renders)


def _delete_render(render: Render) -> None:
    """A worker that is making it notices within seconds that its row is gone, and deletes what it has stored."""
    with transaction.atomic():
        delete_on_commit([render.video, render.mask, render.captions])
        transaction.on_commit(lambda: delete_leftovers(render), robust=True)
        Render.objects.filter(pk=render.pk).delete()
