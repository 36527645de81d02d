"""The five endpoints. They record, look and answer; the work is done by the clusters (engine/tasks.py).

Every token sees every avatar and video, as in the original ("all supported avatars in our system"); references
belong to the token that gave them.
"""

import threading
import time
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from dashboard.files import signed_links
from dashboard.jobs.base import LeaseLost
from dashboard.jobs.enqueue import enqueue_job
from engine import api_view
from engine.envelope import ApiError, Code
from engine.models import EngineJob, JobStatus, Render, Rig, Token

LOOK_EVERY = 0.15  # seconds, while avatar.generate waits
pause = time.sleep  # by a name of its own, so that a test can let the work be done meanwhile
LIST_MOST = 1000
# Requests that may wait for an avatar at one time. The rigger fetches pictures from this very web process, so
# waiting must never take all of its threads. The dashboard's own requests are at most as many as its GENERATE_WORKERS.
_seats = threading.BoundedSemaphore(4)


# ---------------------------------------------------------------- avatars


@api_view.endpoint("POST")
def avatar_generate(request: HttpRequest, token: Token | None) -> list[dict[str, Any]]:
    fields = api_view.fields_of(request)
    image_url = api_view.url(fields, "image_url")
    client_ref = api_view.reference(fields)
    face = api_view.face(fields)
    if token is not None and not _seats.acquire(blocking=False):
        raise ApiError(Code.BUSY, headers={"Retry-After": "5"})
    try:
        rig = _wait(_asked(Rig, token, client_ref, image_url=image_url, wanted_face=face))
    finally:
        if token is not None:
            _seats.release()
    if rig.state == JobStatus.ERROR:
        raise ApiError(Code(rig.error_code or Code.INTERNAL), rig.error)
    return [_avatar(request, token, rig)]


@api_view.endpoint("GET")
def avatar_list(request: HttpRequest, token: Token | None) -> list[dict[str, Any]]:
    rigs = Rig.objects.filter(state=JobStatus.FINISHED)
    return [_avatar(request, token, rig) for rig in _page(request, rigs)]


def _wait(rig: Rig) -> Rig:
    """Look at the row until its work is done. Each look is a query of its own: no transaction stays open."""
    deadline = time.monotonic() + settings.ENGINE_GENERATE_WAIT
    while rig.state in {JobStatus.PENDING, JobStatus.IN_PROGRESSING}:
        if time.monotonic() > deadline:
            raise ApiError(Code.STILL_WORKING)
        pause(LOOK_EVERY)
        rig = Rig.objects.get(pk=rig.pk)
    return rig


def _avatar(request: HttpRequest, token: Token | None, rig: Rig) -> dict[str, Any]:
    avatar = {
        "avatar_id": rig.public_id,
        "gender": rig.gender,
        "preview_url": _link(request, rig.preview.name),
        **_extras(token, rig),
    }
    if rig.cutout:  # not of avatars from before it was kept
        avatar["cutout_url"] = _link(request, rig.cutout.name)
    if rig.faces:
        avatar |= {"faces": rig.faces, "face": rig.face, "warnings": rig.warnings}
    if rig.framing:
        avatar["framing"] = rig.framing
    return avatar


# ---------------------------------------------------------------- videos


@api_view.endpoint("POST")
def video_generate(request: HttpRequest, token: Token | None) -> dict[str, Any]:
    fields = api_view.fields_of(request)
    avatar_id = api_view.text(fields, "avatar_id", api_view.MAX_REFERENCE)
    audio_url = api_view.url(fields, "audio_url")
    client_ref = api_view.reference(fields)
    script = api_view.script(fields)
    rig = Rig.objects.filter(public_id=avatar_id).exclude(state=JobStatus.ERROR).first()
    if rig is None:
        raise ApiError(Code.UNKNOWN_ID, "There is no avatar with this id.")
    if rig.state != JobStatus.FINISHED:
        raise ApiError(Code.AVATAR_NOT_READY)
    render = _asked(Render, token, client_ref, rig=rig, audio_url=audio_url, script=script)
    return {"video_id": render.public_id, "status": render.state}


@api_view.endpoint("GET")
def video_get(request: HttpRequest, token: Token | None) -> dict[str, Any]:
    video_id = api_view.text(request.GET.dict(), "video_id", api_view.MAX_REFERENCE)
    render = Render.objects.select_related("rig").filter(public_id=video_id).first()
    if render is None:
        raise ApiError(Code.UNKNOWN_ID, "There is no video with this id.")
    video = _video(request, token, render)
    if render.mask:
        video["mask_video_url"] = _link(request, render.mask.name)
    if render.script and render.state == JobStatus.FINISHED:  # null: the words did not fit the sound
        video["captions_url"] = _link(request, render.captions.name) if render.captions else None
    return video


@api_view.endpoint("GET")
def video_list(request: HttpRequest, token: Token | None) -> list[dict[str, Any]]:
    renders = Render.objects.select_related("rig")
    return [_video(request, token, render) for render in _page(request, renders)]


def _video(request: HttpRequest, token: Token | None, render: Render) -> dict[str, Any]:
    video = {
        "video_id": render.public_id,
        "status": render.state,
        "avatar_id": render.rig.public_id,
        "progress": render.progress,
        **_extras(token, render),
    }
    if render.state == JobStatus.FINISHED:
        video["video_url"] = _link(request, render.video.name)
        video["duration"] = round(render.seconds, 2)
        if render.rig.framing:
            video["framing"] = render.rig.framing
    if render.state == JobStatus.ERROR:
        video["error"] = render.error
        video["error_code"] = render.error_code or Code.INTERNAL
    return video


# ---------------------------------------------------------------- both


def _asked(model: type[EngineJob], token: Token | None, client_ref: str | None, **fields: Any) -> EngineJob:
    """The row of this call: a new one, or that of an earlier call with the same reference."""
    if job := _earlier(model, token, client_ref):
        return _once_more(job, fields)
    try:
        with transaction.atomic():
            job = model.objects.create(token=token, client_ref=client_ref, **fields)
            enqueue_job(job)
        return job
    except IntegrityError:
        # Two calls with one reference at the same moment: the other one was first.
        if job := _earlier(model, token, client_ref):
            return job
        raise


def _earlier(model: type[EngineJob], token: Token | None, client_ref: str | None) -> EngineJob | None:
    return model.objects.filter(token=token, client_ref=client_ref).first() if client_ref else None


def _once_more(job: EngineJob, fields: dict[str, Any]) -> EngineJob:
    """What failed is tried again for whoever asks again, with the links of the new call: the old may be dead."""
    if job.state == JobStatus.ERROR:
        try:
            with transaction.atomic():
                job.move(JobStatus.PENDING, error="", error_code=0, attempts=0, progress=0, **fields)
                enqueue_job(job)
        except LeaseLost:  # another call with the same reference did it just now
            job.refresh_from_db()
    return job


def _page(request: HttpRequest, rows: QuerySet) -> QuerySet:
    """The newest first, 1000 at most; `limit`, `offset` and `ids` (separated by commas) are ours."""
    limit = api_view.number(request, "limit", LIST_MOST, most=LIST_MOST)
    offset = api_view.number(request, "offset", 0, most=10**8)
    if ids := request.GET.get("ids"):
        rows = rows.filter(public_id__in=ids.split(",")[:LIST_MOST])
    return rows.order_by("-pk")[offset : offset + limit]


def _extras(token: Token | None, job: EngineJob) -> dict[str, Any]:
    extras = {"created_at": job.created_at}
    if job.client_ref and job.token_id == (token and token.pk):
        extras["client_ref"] = job.client_ref
    return extras


def _link(request: HttpRequest, name: str) -> str:
    """An absolute link, with the host that the request came to."""
    return request.build_absolute_uri(signed_links.link(name, seconds=signed_links.API_SECONDS))
