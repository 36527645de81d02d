"""The tasks that make an avatar of a portrait: each can run again at any time and continues from the row's state."""

import logging
from pathlib import Path
from typing import Any

from django.db.models.fields.files import FieldFile
from django.utils import timezone

from avatars.models import Avatar
from avatars.scheduling import next_up
from dashboard.files import disk, signed_links
from dashboard.files.missing_files import check_files
from dashboard.jobs.provider_job import ProviderState, current_provider
from dashboard.jobs.runner import JobFailed
from dashboard.jobs.stored_results import delete_result, store_result
from dashboard.net.watched_download import Limits
from dashboard.provider import lifecycle
from dashboard.provider import sync as provider_sync
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import client
from dashboard.provider.download import download_result
from dashboard.provider.parsing import RemoteAvatar
from dashboard.uploads import UploadError, portraits, provider_files

log = logging.getLogger(__name__)

LEASE = 150  # seconds; outlasts the slowest generate call
SENDING, COPYING = lifecycle.sending_phase(LEASE), lifecycle.copying_phase(LEASE)
PREVIEW_LIMITS = Limits(max_bytes=50 * 2**20, seconds=60)
CUTOUT_LIMITS = Limits(max_bytes=50 * 2**20, seconds=30)
MAX_RATIO_ERROR = 0.02  # between the shapes of preview and cut-out


def generate(pk: int) -> None:
    """Ask the provider for one avatar and wait for the answer: a task of the cluster `generate`."""
    lifecycle.send_next(Avatar, pk, SENDING, _send, next_up)


def copy(pk: int) -> None:
    """Copy the files of an avatar that is made: a task of the cluster `download`."""
    lifecycle.copy(Avatar, pk, COPYING, _copy)


def _send(avatar: Avatar) -> None:
    if "portrait" in check_files(avatar):
        raise JobFailed(
            "The file of this portrait is gone. Remove this avatar, and upload the portrait again."
        )
    url = signed_links.api_link(avatar.portrait.name or "")
    try:
        lifecycle.send(
            avatar,
            lambda: client().generate_avatar(url, str(avatar.client_ref), face=avatar.wanted_face),
            client().list_avatars,
            to=ProviderState.COPYING,
            fields_of=lambda answer: {
                "preview_url": answer.preview_url,
                "cutout_url": answer.cutout_url,
                "faces": answer.faces,
                "face": answer.face,
                "framing": answer.framing,
                "warnings": answer.warnings,
                "gender": avatar.gender or answer.gender,
            },
        )
    except ProviderError as error:
        if error.is_refusal:
            raise JobFailed(str(error), portrait_refused=True) from error
        raise


def _copy(avatar: Avatar) -> None:
    """Keep the preview, if it is a picture: the provider's link expires within hours."""
    if avatar.attempts > 1 or not avatar.preview_url:
        _refresh_links(avatar)
    if not avatar.preview_url:
        raise ProviderError("The avatar service sent no preview of this avatar.", is_temporary=True)
    try:
        with download_result(avatar.preview_url, PREVIEW_LIMITS, job=avatar, lease_seconds=LEASE) as path:
            _store_preview(avatar, path)
    except UploadError as error:
        raise ProviderError("The avatar service sent a preview that is not a picture. Try again.") from error


def _refresh_links(avatar: Avatar) -> None:
    """Take the links from the provider's list: those that came with the avatar may have expired."""
    item = lifecycle.find_remote(avatar, client().list_avatars()) or RemoteAvatar("")
    avatar.save_fields(preview_url=item.preview_url, cutout_url=item.cutout_url)


def _store_preview(avatar: Avatar, path: Path) -> None:
    stored: list[FieldFile] = []
    fields: dict[str, Any] = {}
    # An avatar that a sync created has no portrait: its thumbnail is made from the preview.
    try:
        with portraits.convert(path, with_thumbnail=not avatar.portrait) as picture:
            store_result(avatar, avatar.preview, picture.path, f"{avatar.client_ref}.jpg")
            stored = [avatar.preview]
            if picture.thumbnail:
                store_result(avatar, avatar.thumbnail, picture.thumbnail, f"{avatar.client_ref}.webp")
                stored.append(avatar.thumbnail)
                fields["colour"] = picture.colour
            if avatar.cutout_url and _store_cutout(avatar, picture.width / picture.height):
                stored.append(avatar.cutout)
        fields |= {file.field.name: file.name for file in stored}
        avatar.move(ProviderState.READY, progress=100, error="", **fields)
    except BaseException:  # also when the worker is stopped: leave no files behind
        delete_result(avatar, stored)
        raise


def _store_cutout(avatar: Avatar, ratio: float) -> bool:
    """Keep the cut-out for previews of looks, if it has the frame of the preview. A failure is only logged."""
    try:
        with download_result(avatar.cutout_url, CUTOUT_LIMITS, job=avatar, lease_seconds=LEASE) as path:
            target = path.with_name("cutout.webp")
            size = provider_files.convert_cutout(path, target)
            if abs(size.width / size.height / ratio - 1) < MAX_RATIO_ERROR:
                store_result(avatar, avatar.cutout, target, f"{avatar.client_ref}.webp")
                return True
            log.warning("the cut-out of avatar %s is framed otherwise than its preview", avatar.pk)
    except (ProviderError, UploadError, OSError) as error:
        if disk.explain_error(error):
            raise
        log.warning("cut-out of avatar %s: %s", avatar.pk, error)
    return False


# ---------------------------------------------------------------- avatars that were made elsewhere


@provider_sync.record_result(Avatar, "avatar", "avatars")
def sync() -> int:
    """Create rows for avatars that exist at the provider and not here. Returns their number."""
    return lifecycle.sync(Avatar, client().list_avatars, _create)


def _create(item: RemoteAvatar) -> Avatar:
    # The poller enqueues it when it is next: there may be thousands.
    return Avatar.objects.create(
        name=f"Avatar {item.avatar_id[:8]}",
        provider=current_provider(),
        remote_id=item.avatar_id,
        gender=item.gender,
        preview_url=item.preview_url,
        cutout_url=item.cutout_url,
        framing=item.framing,
        state=ProviderState.COPYING,
        state_since=timezone.now(),
    )
