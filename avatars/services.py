"""What pages do with avatars: create, replace the portrait, retry, delete, sync."""

import uuid
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.db import transaction

from avatars.missing_files import can_fetch_again
from avatars.models import Avatar
from dashboard.audit.models import Action
from dashboard.audit.subjects import record_making
from dashboard.consent.consented_model import Consent
from dashboard.files.filenames import from_filename
from dashboard.files.stored_files import delete_on_commit, delete_on_error, store_file
from dashboard.jobs.enqueue import enqueue, enqueue_job
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import User
from dashboard.provider import lifecycle
from dashboard.uploads import portraits

MAX_NAME_BEFORE_FACE = 180
FROM_PORTRAIT = (
    "name",
    "portrait",
    "portrait_width",
    "portrait_height",
    "thumbnail",
    "credentials",
    "colour",
)
# An avatar of another picture: nothing is known of it yet.
NOT_REFUSED: dict[str, Any] = {
    "portrait_refused": False,
    "asked_at": None,
    "faces": [],
    "face": 0,
    "wanted_face": None,
    "warnings": [],
}


def create_avatar(
    source: File | Path,
    filename: str,
    user: User,
    *,
    consent: Consent,
    upload_ref: uuid.UUID | None = None,
) -> Avatar:
    """Store a portrait and have an avatar made of it. Raises UploadError."""

    def create() -> Avatar:
        avatar = Avatar(made_by=user, upload_ref=upload_ref, **consent.columns)
        with portraits.convert(source) as portrait, delete_on_error(avatar):
            _set_portrait(avatar, portrait, filename)
            _save_and_enqueue(avatar)
        return avatar

    return Avatar.create_once(upload_ref, create)


def replace_portrait(
    avatar: Avatar,
    source: File | Path,
    filename: str,
    *,
    consent: Consent,
    upload_ref: uuid.UUID | None = None,
) -> None:
    """Have a refused avatar made of another picture. Raises UploadError, LeaseLost."""
    # A new reference: the provider would answer the old one with the old refusal.
    new = Avatar(client_ref=uuid.uuid4(), upload_ref=upload_ref)
    with portraits.convert(source) as portrait, delete_on_error(new):
        _set_portrait(new, portrait, filename)
        with transaction.atomic():
            delete_on_commit(avatar.files)
            fields = {name: getattr(new, name) for name in ("client_ref", "upload_ref", *FROM_PORTRAIT)}
            fields |= NOT_REFUSED | consent.columns
            avatar.move(ProviderState.WAITING, attempts=0, progress=0, error="", **fields)
            enqueue_job(avatar)


def _set_portrait(avatar: Avatar, portrait: portraits.ConvertedPortrait, filename: str) -> None:
    """Fill the fields FROM_PORTRAIT and store the files; the row is not saved."""
    avatar.name = from_filename(filename, "New avatar")
    avatar.portrait_width, avatar.portrait_height = portrait.width, portrait.height
    avatar.colour = portrait.colour
    store_file(avatar.portrait, portrait.path, f"{avatar.client_ref}.jpg")
    if portrait.thumbnail:
        store_file(avatar.thumbnail, portrait.thumbnail, f"{avatar.client_ref}.webp")
    if portrait.credentials:
        store_file(avatar.credentials, portrait.credentials, f"{avatar.client_ref}.c2pa")


def create_avatar_of_face(avatar: Avatar, number: int, user: User) -> Avatar:
    """Have another avatar made of face `number` (from 1) of the same portrait."""
    new = Avatar(
        name=f"{avatar.name[:MAX_NAME_BEFORE_FACE]}, face {number}",
        made_by=user,
        portrait_width=avatar.portrait_width,
        portrait_height=avatar.portrait_height,
        colour=avatar.colour,
        wanted_face=avatar.faces[number - 1],
        **avatar.consent_columns,
    )
    with delete_on_error(new):
        # Copies: each avatar deletes its own files.
        with avatar.portrait.open() as portrait:
            new.portrait.save(f"{new.client_ref}.jpg", File(portrait), save=False)
        if avatar.thumbnail:
            with avatar.thumbnail.open() as thumbnail:
                new.thumbnail.save(f"{new.client_ref}.webp", File(thumbnail), save=False)
        if avatar.credentials:
            with avatar.credentials.open() as credentials:
                new.credentials.save(f"{new.client_ref}.c2pa", File(credentials), save=False)
        _save_and_enqueue(new)
    return new


def _save_and_enqueue(avatar: Avatar) -> None:
    with transaction.atomic():
        avatar.save()
        record_making(avatar.made_by, Action.AVATAR_ADDED, avatar)
        enqueue_job(avatar)


def retry_avatar(avatar: Avatar) -> bool:
    """Try again; False when there was nothing to retry. Raises LeaseLost."""
    state = ProviderState.COPYING if avatar.remote_id else ProviderState.WAITING
    with transaction.atomic():
        if not lifecycle.retry(avatar, state, portrait_refused=False):
            return False
        enqueue_job(avatar)
    return True


def fetch_again(avatar: Avatar) -> bool:
    """Copy the picture of an avatar again that is gone here. Returns whether that was possible. Raises LeaseLost."""
    if not can_fetch_again(avatar):
        return False
    with transaction.atomic():
        # Without the link, which has expired: a new one is taken from the provider's list.
        avatar.move(ProviderState.COPYING, attempts=0, error="", missing_files=[], preview="", preview_url="")
        enqueue_job(avatar)
    return True


def delete_avatar(avatar: Avatar) -> None:
    """Delete it here for good; its videos stay."""
    lifecycle.delete(avatar)


def request_sync() -> None:
    """Have a worker look for avatars that were made elsewhere."""
    enqueue("avatars.tasks.sync")
