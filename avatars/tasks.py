"""From a portrait to an avatar: each task can be run again at any time and goes on from what the row says."""

import logging
from collections.abc import Callable
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone

from avatars.models import Avatar
from avatars.scheduling import next_up
from dashboard.files import signed_links
from dashboard.jobs.base import LeaseLost, State
from dashboard.jobs.enqueue import enqueue, enqueue_job
from dashboard.jobs.provider_job import provider
from dashboard.models import Tombstone
from dashboard.provider import generate_once
from dashboard.provider import sync as provider_sync
from dashboard.provider.client import ApiError, RemoteAvatar, client
from dashboard.provider.generate_once import Unsure
from dashboard.uploads import UploadError, portraits, results

log = logging.getLogger(__name__)

LEASE = 150  # seconds; outlasts the slowest generate call
MAX_PREVIEW_BYTES = 50 * 2**20


# ---------------------------------------------------------------- what the pages ask for


def start(avatar: Avatar) -> None:
    """To be called in the transaction that saved the new row, or moved it."""
    enqueue_job(avatar)


def retry(avatar: Avatar) -> bool:
    """Try again; False when there was nothing to try."""
    state = State.COPYING if avatar.remote_id else State.WAITING
    with transaction.atomic():
        if not generate_once.again(avatar, state):
            return False
        start(avatar)
    return True


def remove(avatar: Avatar) -> None:
    """Delete it here for good; its videos stay."""
    with transaction.atomic():
        try:
            avatar.refresh_from_db()
        except Avatar.DoesNotExist:  # somebody was faster: it is gone, as was wanted
            return
        avatar.forget()
        generate_once.delete_files(avatar.files)
        avatar.delete()


def request_sync() -> None:
    enqueue("avatars.tasks.sync")


# ---------------------------------------------------------------- what the workers do


def generate(pk: int) -> None:
    """Ask the provider for one avatar and wait for the answer: a task of the cluster `generate`."""
    state = State.WAITING if pk in next_up() else State.SENDING  # or resume one whose task died
    avatar = Avatar.claim(pk, state, to=State.SENDING, seconds=LEASE)
    if avatar is not None:
        _run(_send, avatar)


def copy(pk: int) -> None:
    """Copy the files of an avatar that is made: a task of the common workers."""
    avatar = Avatar.claim(pk, State.COPYING, to=State.COPYING, seconds=LEASE)
    if avatar is not None:
        _run(_copy, avatar)


def _run(step: Callable[[Avatar], None], avatar: Avatar) -> None:
    try:
        step(avatar)
    except LeaseLost:
        log.info("avatar %s was taken over, or is gone", avatar.pk)


def _send(avatar: Avatar) -> None:
    if avatar.attempts > generate_once.MAX_ATTEMPTS:
        avatar.fail(avatar.error or generate_once.TOO_OFTEN)
        return
    try:
        url = signed_links.api_link(avatar.portrait.name)
        answer = generate_once.ask(
            avatar,
            lambda: client().generate_avatar(url, str(avatar.client_ref), face=avatar.wanted_face),
            client().list_avatars,
        )
    except ApiError as error:
        generate_once.put_off_or_fail(avatar, error, State.WAITING)
    except Unsure:
        avatar.fail(generate_once.UNSURE, state=State.UNSURE)
    else:
        _accept(avatar, answer)


def _accept(avatar: Avatar, answer: RemoteAvatar) -> None:
    """Save the id before anything else, so that nothing is paid twice."""
    try:
        with transaction.atomic():
            avatar.move(
                State.COPYING,
                remote_id=answer.avatar_id,
                preview_url=answer.preview_url,
                cutout_url=answer.cutout_url,
                faces=answer.faces,
                face=answer.face,
                warnings=answer.warnings,
                gender=avatar.gender or answer.gender,
                asked_at=None,
                attempts=0,
            )
            start(avatar)
    except LeaseLost:
        if not Avatar.objects.filter(pk=avatar.pk).exists():  # deleted while it was being made
            Tombstone.record(Avatar.KIND, avatar.provider, answer.avatar_id)
        raise


def _copy(avatar: Avatar) -> None:
    """The provider's link dies within hours: keep the preview, checked to be a picture."""
    if avatar.attempts > generate_once.MAX_ATTEMPTS:
        avatar.fail(avatar.error or generate_once.TOO_OFTEN)
        return
    try:
        if avatar.attempts > 1:
            _look_up_links(avatar)
        if not avatar.preview_url:
            raise ApiError("The avatar service sent no preview of this avatar.", passing=True)
        with generate_once.brought_home(avatar.preview_url, max_bytes=MAX_PREVIEW_BYTES, seconds=60) as path:
            _keep(avatar, path)
    except ApiError as error:
        generate_once.put_off_or_fail(avatar, error, State.COPYING)
    except UploadError:
        avatar.fail("The avatar service sent a preview that is no picture. Try again.")
    except OSError:
        log.exception("preview of avatar %s", avatar.pk)
        generate_once.put_off_or_fail(avatar, ApiError(generate_once.DISK, passing=True), State.COPYING)


def _look_up_links(avatar: Avatar) -> None:
    """The links that came with the avatar may have expired: the provider's list has new ones."""
    items = client().list_avatars()
    item = next((item for item in items if item.avatar_id == avatar.remote_id), RemoteAvatar(""))
    avatar.note(preview_url=item.preview_url, cutout_url=item.cutout_url)


def _keep(avatar: Avatar, path: Path) -> None:
    with portraits.take(path, "preview") as picture:
        preview, thumbnail, cutout = avatar.preview, avatar.thumbnail, avatar.cutout
        generate_once.keep(preview, picture.path, f"{avatar.client_ref}.jpg")
        fields = {"preview": preview.name}
        if not avatar.portrait:  # brought in: there is nothing else to make the small picture from
            generate_once.keep(thumbnail, picture.thumbnail, f"{avatar.client_ref}.webp")
            fields |= {"thumbnail": thumbnail.name, "colour": picture.colour}
        if avatar.cutout_url:
            _keep_cutout(avatar, picture.width / picture.height)
            fields |= {"cutout": cutout.name or ""}
    try:
        avatar.move(State.READY, progress=100, error="", **fields)
    except LeaseLost:
        for name, file in (("preview", preview), ("thumbnail", thumbnail), ("cutout", cutout)):
            if fields.get(name):
                file.storage.delete(file.name)
        raise


def _keep_cutout(avatar: Avatar, ratio: float) -> None:
    """The person alone, for previews of looks: framed as the preview, or not worth having. Never a failure."""
    avatar.renew(LEASE)
    try:
        with generate_once.brought_home(avatar.cutout_url, max_bytes=MAX_PREVIEW_BYTES, seconds=30) as path:
            target = path.with_name("cutout.webp")
            facts = results.cutout(path, target)
            if abs(facts.width / facts.height / ratio - 1) < 0.02:
                generate_once.keep(avatar.cutout, target, f"{avatar.client_ref}.webp")
            else:
                log.warning("the cut-out of avatar %s is framed otherwise than its preview", avatar.pk)
    except (ApiError, UploadError, OSError) as error:
        log.warning("cut-out of avatar %s: %s", avatar.pk, error)


# ---------------------------------------------------------------- bringing in what was made elsewhere


@provider_sync.reported(Avatar, "avatar", "avatars")
def sync() -> int:
    """Bring in avatars that exist at the provider and not here; the number of new ones."""
    if generate_once.answer_pending(Avatar):
        return 0  # one of them may be ours; the next sync comes
    new = 0
    for item in reversed(generate_once.unknown_to_us(Avatar, client().list_avatars())):
        with transaction.atomic():
            try:
                with transaction.atomic():
                    avatar = Avatar.objects.create(
                        name=f"Avatar {item.avatar_id[:8]}",
                        provider=provider(),
                        remote_id=item.avatar_id,
                        gender=item.gender,
                        preview_url=item.preview_url,
                        cutout_url=item.cutout_url,
                        state=State.COPYING,
                        state_since=timezone.now(),
                    )
            except IntegrityError:  # another sync was faster
                continue
            start(avatar)
            new += 1
    return new
