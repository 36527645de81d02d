"""From a portrait to an avatar: each task can be run again at any time and goes on from what the row says."""

import logging
from dataclasses import replace
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from avatars.models import Avatar
from avatars.scheduling import next_up
from dashboard.files import signed_links
from dashboard.files.stored_files import replace_file
from dashboard.jobs.base import LeaseLost
from dashboard.jobs.enqueue import enqueue, enqueue_job
from dashboard.jobs.provider_job import ProviderState, current_provider
from dashboard.provider import lifecycle
from dashboard.provider import sync as provider_sync
from dashboard.provider.answers import RemoteAvatar
from dashboard.provider.client import ProviderError, client
from dashboard.provider.download import download_result
from dashboard.uploads import UploadError, portraits, results

log = logging.getLogger(__name__)

LEASE = 150  # seconds; outlasts the slowest generate call
SENDING, COPYING = lifecycle.sending_phase(LEASE), lifecycle.copying_phase(LEASE)
MAX_PREVIEW_BYTES = 50 * 2**20


# ---------------------------------------------------------------- what the pages ask for


def start(avatar: Avatar) -> None:
    """To be called in the transaction that saved the new row, or moved it."""
    enqueue_job(avatar)


def retry(avatar: Avatar) -> bool:
    """Try again; False when there was nothing to try."""
    state = ProviderState.COPYING if avatar.remote_id else ProviderState.WAITING
    with transaction.atomic():
        if not lifecycle.retry(avatar, state):
            return False
        start(avatar)
    return True


def remove(avatar: Avatar) -> None:
    """Delete it here for good; its videos stay."""
    lifecycle.delete(avatar)


def request_sync() -> None:
    enqueue("avatars.tasks.sync")


# ---------------------------------------------------------------- what the workers do


def generate(pk: int) -> None:
    """Ask the provider for one avatar and wait for the answer: a task of the cluster `generate`."""
    # Without its turn it may still be resumed, when a task died that was sending it.
    due = SENDING.due if pk in next_up() else (ProviderState.SENDING,)
    lifecycle.run(Avatar, pk, replace(SENDING, due=due), _send)


def copy(pk: int) -> None:
    """Copy the files of an avatar that is made: a task of the common workers."""
    lifecycle.run(Avatar, pk, COPYING, _copy)


def _send(avatar: Avatar) -> None:
    url = signed_links.api_link(avatar.portrait.name)
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


def _copy(avatar: Avatar) -> None:
    """The provider's link dies within hours: keep the preview, checked to be a picture."""
    if avatar.attempts > 1:
        _look_up_links(avatar)
    if not avatar.preview_url:
        raise ProviderError("The avatar service sent no preview of this avatar.", is_temporary=True)
    try:
        with download_result(avatar.preview_url, max_bytes=MAX_PREVIEW_BYTES, seconds=60) as path:
            _keep(avatar, path)
    except UploadError as error:
        raise ProviderError("The avatar service sent a preview that is no picture. Try again.") from error


def _look_up_links(avatar: Avatar) -> None:
    """The links that came with the avatar may have expired: the provider's list has new ones."""
    item = lifecycle.find_remote(avatar, client().list_avatars()) or RemoteAvatar("")
    avatar.save_fields(preview_url=item.preview_url, cutout_url=item.cutout_url)


def _keep(avatar: Avatar, path: Path) -> None:
    # Brought in, it has no portrait: there is nothing else to make the small picture from.
    with portraits.take(path, "preview", with_thumbnail=not avatar.portrait) as picture:
        preview, thumbnail, cutout = avatar.preview, avatar.thumbnail, avatar.cutout
        replace_file(preview, picture.path, f"{avatar.client_ref}.jpg")
        fields = {"preview": preview.name}
        if picture.thumbnail:
            replace_file(thumbnail, picture.thumbnail, f"{avatar.client_ref}.webp")
            fields |= {"thumbnail": thumbnail.name, "colour": picture.colour}
        if avatar.cutout_url:
            _keep_cutout(avatar, picture.width / picture.height)
            fields |= {"cutout": cutout.name or ""}
    try:
        avatar.move(ProviderState.READY, progress=100, error="", **fields)
    except LeaseLost:
        for name, file in (("preview", preview), ("thumbnail", thumbnail), ("cutout", cutout)):
            if fields.get(name):
                file.storage.delete(file.name)
        raise


def _keep_cutout(avatar: Avatar, ratio: float) -> None:
    """The person alone, for previews of looks: framed as the preview, or not worth having. Never a failure."""
    avatar.renew_lease(LEASE)
    try:
        with download_result(avatar.cutout_url, max_bytes=MAX_PREVIEW_BYTES, seconds=30) as path:
            target = path.with_name("cutout.webp")
            facts = results.cutout(path, target)
            if abs(facts.width / facts.height / ratio - 1) < 0.02:
                replace_file(avatar.cutout, target, f"{avatar.client_ref}.webp")
            else:
                log.warning("the cut-out of avatar %s is framed otherwise than its preview", avatar.pk)
    except (ProviderError, UploadError, OSError) as error:
        log.warning("cut-out of avatar %s: %s", avatar.pk, error)


# ---------------------------------------------------------------- bringing in what was made elsewhere


@provider_sync.record_result(Avatar, "avatar", "avatars")
def sync() -> int:
    """Bring in avatars that exist at the provider and not here; the number of new ones."""
    return lifecycle.sync(Avatar, client().list_avatars, _create)


def _create(item: RemoteAvatar) -> Avatar:
    avatar = Avatar.objects.create(
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
    start(avatar)
    return avatar
