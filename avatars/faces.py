"""The faces of a portrait with several people: the others can become avatars too."""

from dataclasses import dataclass

from avatars.models import Avatar

MARGIN = 1.5  # the side of the window, in sides of the face


@dataclass(frozen=True)
class FaceCrop:
    """A square window on one face of a portrait: how large the portrait lies under it, and where."""

    number: int  # as shown to people: 1 is the largest face
    width: str  # all three in % of the window, for CSS
    left: str
    top: str


def list_other_faces(avatar: Avatar) -> list[FaceCrop]:
    """The faces that can be chosen instead of the avatar's own."""
    if not avatar.portrait or len(avatar.faces) < 2:
        return []
    return [_crop(avatar, index) for index in range(len(avatar.faces)) if index != avatar.face]


def _crop(avatar: Avatar, index: int) -> FaceCrop:
    width, height = avatar.portrait_width, avatar.portrait_height
    x, y, w, h = avatar.faces[index]
    side = min(MARGIN * max(w * width, h * height), width, height)
    left = min(max((x + w / 2) * width - side / 2, 0), width - side)
    top = min(max((y + h / 2) * height - side / 2, 0), height - side)
    return FaceCrop(index + 1, *(f"{100 * value / side:.2f}%" for value in (width, -left, -top)))
