"""The five endpoints. They save rows and answer from them; the work is done by the clusters (engine/tasks.py).

Every token sees every avatar and video, as in the original ("all supported avatars in our system"); references
belong to the token that used them.
"""

import threading
import time
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile
from django.http import HttpRequest

from dashboard.files import disk, signed_links
from dashboard.jobs.enqueue import enqueue_job
from dashboard.jobs.leased_job import LeaseLost
from dashboard.provenance.source_types import COMPOSITE_SYNTHETIC
from engine import fields
from engine.api_view import endpoint
from engine.models import EngineJob, JobStatus, Render, Rig, Token
from engine.responses import ApiError, Code

J = TypeVar("J", bound=EngineJob)

POLL_SECONDS = 0.15  # while avatar.generate waits
pause = time.sleep  # a name of its own, so that a test can replace it and do the work meanwhile
MAX_LIST = 1000
# Requests of this process that may wait for an avatar at the same time, on purpose not counted over all processes: it is
# the threads of this one that must stay free. The rig worker downloads pictures from this web process, so
# waiting must never occupy all of its threads. The dashboard itself makes at most GENERATE_WORKERS such requests.
_waiting_slots = threading.BoundedSemaphore(4)


# ---------------------------------------------------------------- avatars


@endpoint("POST")
def avatar_generate(request: HttpRequest, token: Token | None) -> list[dict[str, Any]]:
    body = fields.read_body(request)
    image_url = fields.read_url(body, "image_url")
    client_ref = fields.read_client_ref(body)
    face = fields.read_face(body)
    if token is not None and not _waiting_slots.acquire(blocking=False):
        raise ApiError(Code.BUSY, headers={"Retry-After": "5"})
    try:
        rig = _get_or_create_job(Rig.objects.all(), token, client_ref, image_url=image_url, wanted_face=face)
        rig = _wait_until_done(rig)
    finally:
        if token is not None:
            _waiting_slots.release()
    if rig.state == JobStatus.ERROR:
        raise ApiError(Code(rig.error_code or Code.INTERNAL), rig.error)
    return [_serialize_avatar(request, token, rig)]


@endpoint("GET")
def avatar_list(request: HttpRequest, token: Token | None) -> list[dict[str, Any]]:
    rigs = Rig.objects.filter(state=JobStatus.FINISHED)
    return [_serialize_avatar(request, token, rig) for rig in _paginate(request, rigs)]


def _wait_until_done(rig: Rig) -> Rig:
    """Poll the row until its work is done. Every poll is a query of its own, so that no transaction stays open."""
    deadline = time.monotonic() + settings.ENGINE_GENERATE_WAIT
    while rig.state in {JobStatus.PENDING, JobStatus.IN_PROGRESSING}:
        if time.monotonic() > deadline:
            raise ApiError(Code.STILL_WORKING)
        pause(POLL_SECONDS)
        found = Rig.objects.filter(pk=rig.pk).first()
        if found is None:  # deleted meanwhile
            raise ApiError(Code.UNKNOWN_ID)
        rig = found
    return rig


def _serialize_avatar(request: HttpRequest, token: Token | None, rig: Rig) -> dict[str, Any]:
    avatar = {
        "avatar_id": rig.public_id,
        "gender": rig.gender,
        "preview_url": _absolute_link(request, rig.preview),
        **_common_fields(token, rig),
    }
    if rig.cutout:  # older rigs have none
        avatar["cutout_url"] = _absolute_link(request, rig.cutout)
    if rig.faces:
        avatar |= {"faces": rig.faces, "face": rig.face, "warnings": rig.warnings}
    if rig.framing:
        avatar["framing"] = rig.framing
    return avatar


# ---------------------------------------------------------------- videos


@endpoint("POST")
def video_generate(request: HttpRequest, token: Token | None) -> dict[str, Any]:
    body = fields.read_body(request)
    avatar_id = fields.read_text(body, "avatar_id", fields.MAX_REFERENCE)
    audio_url = fields.read_url(body, "audio_url")
    client_ref = fields.read_client_ref(body)
    script = fields.read_script(body)
    direction = fields.read_direction(body)
    rig = Rig.objects.filter(public_id=avatar_id).exclude(state=JobStatus.ERROR).first()
    if rig is None:
        raise ApiError(Code.UNKNOWN_ID, "There is no avatar with this id.")
    if rig.state != JobStatus.FINISHED:
        raise ApiError(Code.AVATAR_NOT_READY)
    values = {"rig": rig, "audio_url": audio_url, "script": script, "direction": direction}
    render = _get_or_create_job(Render.objects.all(), token, client_ref, **values)
    return {"video_id": render.public_id, "status": render.state}


@endpoint("GET")
def video_get(request: HttpRequest, token: Token | None) -> dict[str, Any]:
    video_id = fields.read_text(request.GET.dict(), "video_id", fields.MAX_REFERENCE)
    render = Render.objects.select_related("rig").filter(public_id=video_id).first()
    if render is None:
        raise ApiError(Code.UNKNOWN_ID, "There is no video with this id.")
    video = _serialize_video(request, token, render)
    if render.mask:
        video["mask_video_url"] = _absolute_link(request, render.mask)
    if render.script and render.state == JobStatus.FINISHED:  # null: the script did not match the sound
        video["captions_url"] = _absolute_link(request, render.captions) if render.captions else None
    return video


@endpoint("GET")
def video_list(request: HttpRequest, token: Token | None) -> list[dict[str, Any]]:
    renders = Render.objects.select_related("rig")
    return [_serialize_video(request, token, render) for render in _paginate(request, renders)]


def _serialize_video(request: HttpRequest, token: Token | None, render: Render) -> dict[str, Any]:
    video = {
        "video_id": render.public_id,
        "status": render.state,
        "avatar_id": render.rig.public_id,
        "progress": render.progress,
        **_common_fields(token, render),
    }
    if render.state == JobStatus.FINISHED:
        video["video_url"] = _absolute_link(request, render.video)
        video["duration"] = round(render.seconds, 2)
        video["digital_source_type"] = COMPOSITE_SYNTHETIC
        if render.rig.framing:
            video["framing"] = render.rig.framing
    if render.state == JobStatus.ERROR:
        video["error"] = render.error
        video["error_code"] = render.error_code or Code.INTERNAL
    return video


# ---------------------------------------------------------------- both


def _get_or_create_job(rows: QuerySet[J], token: Token | None, client_ref: str | None, **values: Any) -> J:
    """The row for this call: that of an earlier call with the same reference, or a new one."""
    if job := _find_by_reference(rows, token, client_ref):
        return _retry_failed(job, values)
    if obstacle := disk.find_obstacle():
        raise ApiError(Code.DISK_FULL, f"{obstacle} Nothing was started. Try again later.")
    try:
        with transaction.atomic():
            job = rows.create(token=token, client_ref=client_ref, **values)
            enqueue_job(job)
        return job
    except IntegrityError:
        # A concurrent call with the same reference was faster.
        if job := _find_by_reference(rows, token, client_ref):
            return job
        raise


def _find_by_reference(rows: QuerySet[J], token: Token | None, client_ref: str | None) -> J | None:
    return rows.filter(token=token, client_ref=client_ref).first() if client_ref else None


def _retry_failed(job: J, values: dict[str, Any]) -> J:
    """Start a failed job again, with the links of the new call, because the old ones may have expired."""
    if job.state == JobStatus.ERROR:
        try:
            with transaction.atomic():
                job.move(JobStatus.PENDING, error="", error_code=0, attempts=0, progress=0, **values)
                enqueue_job(job)
        except LeaseLost:  # a concurrent call with the same reference was faster
            job.refresh_from_db()
    return job


def _paginate(request: HttpRequest, rows: QuerySet[J]) -> QuerySet[J]:
    """The newest rows, at most MAX_LIST. The parameters `limit`, `offset` and `ids` extend the original API."""
    limit = fields.read_number(request, "limit", MAX_LIST, maximum=MAX_LIST)
    offset = fields.read_number(request, "offset", 0, maximum=10**8)
    if ids := request.GET.get("ids"):
        rows = rows.filter(public_id__in=ids.split(",")[:MAX_LIST])
    return rows.order_by("-pk")[offset : offset + limit]


def _common_fields(token: Token | None, job: EngineJob) -> dict[str, Any]:
    common: dict[str, Any] = {"created_at": job.created_at}
    if job.client_ref and job.token_id == (token and token.pk):
        common["client_ref"] = job.client_ref
    return common


def _absolute_link(request: HttpRequest, file: FieldFile) -> str:
    """A signed link to a stored file, with the host of the request."""
    return request.build_absolute_uri(signed_links.public_link(file.name or ""))
