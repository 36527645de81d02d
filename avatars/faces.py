"""Portraits with several people in them: the others can become avatars too."""

from dataclasses import dataclass

from django.core.files.base import File
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from avatars import tasks
from avatars.models import Avatar
from dashboard.models import User

ROOM = 1.5  # how much of the portrait a small picture of a face shows, in sides of the face


@dataclass(frozen=True)
class Crop:
    """One face of a portrait, as a square window on it: how large the portrait lies under it, and where."""

    number: int  # as people count: 1 is the largest
    width: str  # all three in % of the window, as CSS wants them
    left: str
    top: str


def others(avatar: Avatar) -> list[Crop]:
    """The faces that can be chosen instead of the avatar's own."""
    if not avatar.portrait or len(avatar.faces) < 2:
        return []
    return [_crop(avatar, i) for i in range(len(avatar.faces)) if i != avatar.face]


def _crop(avatar: Avatar, i: int) -> Crop:
    width, height = avatar.portrait_width, avatar.portrait_height
    x, y, w, h = avatar.faces[i]
    side = min(ROOM * max(w * width, h * height), width, height)
    left = min(max((x + w / 2) * width - side / 2, 0), width - side)
    top = min(max((y + h / 2) * height - side / 2, 0), height - side)
    return Crop(i + 1, *(f"{100 * v / side:.2f}%" for v in (width, -left, -top)))


@require_POST
def another(request: HttpRequest, pk: int) -> HttpResponse:
    """A new avatar of another face in the same portrait; the old one stays."""
    avatar = get_object_or_404(Avatar, pk=pk)
    number = request.POST.get("face", "")
    if number not in {str(crop.number) for crop in others(avatar)}:
        raise Http404
    return redirect(of_face(avatar, int(number), request.user))


def of_face(avatar: Avatar, number: int, user: User) -> Avatar:
    """As `avatars.views.take_in`, from a portrait that was taken in already."""
    name = f"{avatar.name[:180]}, face {number}"
    new = Avatar(
        name=name,
        made_by=user,
        portrait_width=avatar.portrait_width,
        portrait_height=avatar.portrait_height,
        colour=avatar.colour,
        wanted_face=avatar.faces[number - 1],
    )
    try:
        # Files of its own: each avatar deletes what it has.
        with avatar.portrait.open() as picture:
            new.portrait.save(f"{new.client_ref}.jpg", File(picture), save=False)
        if avatar.thumbnail:
            with avatar.thumbnail.open() as small:
                new.thumbnail.save(f"{new.client_ref}.webp", File(small), save=False)
        with transaction.atomic():
            new.save()
            tasks.start(new)
    except BaseException:
        for file in new.files:
            file.storage.delete(file.name)
        raise
    return new
