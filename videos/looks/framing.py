"""Which part of a picture shows the face well: the automatic placement of a look.

Plain arithmetic without Django or pictures. static/js/look-framing.js is the same in the browser; both are held to
tests/videos/looks/placements.json.
"""

from dataclasses import dataclass
from typing import Any, Self

EYES = 0.4  # of the canvas' height, from its top: where the eyes are wanted
LOWEST_EYES = 0.48  # lower than this, and rather something else gives way
ABOVE, BELOW, BESIDE = 0.08, 0.15, 0.04  # room around the head, in parts of its height or width
SMALLEST_HEAD = 0.36  # of the canvas' shorter side: smaller heads are brought closer


@dataclass(frozen=True)
class View:
    """The part of the picture that fills the canvas, in pixels of the picture; it may stick out of the picture."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Framing:
    """Where the head is in a video's frame, all in shares of the frame.

    `eyes`: the point between them. `head`: x, y, width, height, from the hair to the chin. `cuts`: how far down the
    person first touches the left and the right edge, where the frame cuts through the shoulders; 1 where it never does.
    """

    eyes: tuple[float, float]
    head: tuple[float, float, float, float]
    cuts: tuple[float, float] = (1.0, 1.0)

    @classmethod
    def of(cls, values: dict[str, Any] | None) -> Self | None:
        """From what an avatar or a video keeps; None where nothing is known."""
        if not values:
            return None
        return cls(tuple(values["eyes"]), tuple(values["head"]), tuple(values["cuts"]))

    @classmethod
    def guess(cls, width: int, height: int) -> Self:
        """For an avatar of whom nothing is known: a head in the upper half, as nearly every portrait has it."""
        side = min(height, 1.4 * width)
        head_width, head_height, top = 0.4 * side, 0.46 * side, 0.05 * side
        return cls(
            eyes=(0.5, (top + 0.55 * head_height) / height),
            head=(0.5 - head_width / 2 / width, top / height, head_width / width, head_height / height),
            cuts=(0.8, 0.8),
        )

    def view(self, width: int, height: int, shape: float, *, covers: bool) -> View:
        """What a canvas of this shape (width / height) shows of a picture of `width` × `height`.

        The whole head is in it, the eyes at about two fifths of its height. With `covers` (the picture keeps its
        background) the picture fills the canvas wherever that leaves room for the head. Otherwise its sides may lie
        inside the canvas, and then the lower edge of the canvas hides where the frame cuts through the shoulders.
        """
        head = _Head(self, width, height)
        # What is smaller than the head with room around it will not do; what is larger shows too small a head.
        least = max(head.chin - head.top, (head.right - head.left) / shape)
        most = max(head.height / (SMALLEST_HEAD * min(shape, 1)), least)
        if covers:
            fits = max(least, (head.eyes - head.top) / LOWEST_EYES)
            largest = min(height, width / shape)
            if fits <= largest:
                return head.view(max(min(largest, most), fits), shape, height)
        view = head.view(head.tall(most, least, height), shape, height)
        bottom = head.hidden_below(view, self.cuts)
        return head.view(head.tall(most, least, bottom), shape, bottom)


class _Head:
    """A head in a picture, in its pixels, with the room around it that belongs into the view."""

    def __init__(self, framing: Framing, width: int, height: int) -> None:
        self.picture = width, height
        x, y, w, h = framing.head
        self.height = h * height
        self.middle = (x + w / 2) * width
        self.eyes = framing.eyes[1] * height
        self.top = max((y - ABOVE * h) * height, 0)
        self.chin = min((y + h + BELOW * h) * height, height)
        self.left = max((x - BESIDE * w) * width, 0)
        self.right = min((x + w + BESIDE * w) * width, width)

    def tall(self, most: float, least: float, bottom: float) -> float:
        """How high the view is when it ends no lower than `bottom`, with the eyes where they are wanted."""
        wanted = min(most, bottom, (bottom - self.eyes) / (1 - EYES), self.eyes / EYES)
        # Where the hair would stick out, the eyes go lower.
        shows_hair = min((self.eyes - self.top) / EYES, bottom - self.top)
        return max(wanted, shows_hair, least)

    def hidden_below(self, view: View, cuts: tuple[float, float]) -> float:
        """The lowest line of the picture that the canvas may show: no cut through the shoulders above it."""
        width, height = self.picture
        left = cuts[0] * height if view.x < -0.5 else height
        right = cuts[1] * height if view.x + view.width > width + 0.5 else height
        # Not so high that the head fills the canvas: then the cut is seen, and fades out.
        highest = self.top + (self.eyes - self.top) / LOWEST_EYES
        return min(max(min(left, right), highest, self.chin), height)

    def view(self, tall: float, shape: float, bottom: float) -> View:
        width, height = self.picture
        wide = tall * shape
        y = height - tall  # a picture that is less high than the view stands on the lower edge: nobody floats
        if tall < height:
            y = min(max(self.eyes - EYES * tall, self.chin - tall), self.top, bottom - tall)
            y = min(max(y, 0), height - tall)
        x = self.middle - wide / 2
        x = min(max(x, min(width - wide, 0)), max(width - wide, 0))
        return View(x, y, wide, tall)
