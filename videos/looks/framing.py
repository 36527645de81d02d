"""The automatic placement of a look: which part of the picture shows the face well.

Plain arithmetic without Django or pictures. static/js/look-framing.js has the same in the browser; both are tested
against tests/videos/looks/placements.json.
"""

from dataclasses import dataclass
from typing import Any, Self

EYE_LINE = 0.4  # where the eyes should be, in parts of the canvas' height from its top
MAX_EYE_LINE = 0.48  # the lowest acceptable place of the eyes
MARGIN_ABOVE, MARGIN_BELOW, MARGIN_BESIDE = (
    0.08,
    0.15,
    0.04,
)  # around the head, in parts of its height or width
MIN_HEAD = 0.36  # of the canvas' shorter side: smaller heads are enlarged


@dataclass(frozen=True)
class View:
    """The part of the picture that fills the canvas, in pixels of the picture; it may extend beyond the picture."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Framing:
    """Where the head is in a frame, all in shares of the frame.

    `eyes`: the point between them. `head`: x, y, width, height, from the hair to the chin. `cuts`: how far down the
    person first touches the left and the right edge, where the frame cuts through the shoulders; 1 where it never does.
    """

    eyes: tuple[float, float]
    head: tuple[float, float, float, float]
    cuts: tuple[float, float] = (1.0, 1.0)

    @classmethod
    def from_dict(cls, values: dict[str, Any] | None) -> Self | None:
        """From the field of an avatar or a video; None if nothing is known."""
        if not values:
            return None
        return cls(tuple(values["eyes"]), tuple(values["head"]), tuple(values["cuts"]))

    @classmethod
    def guess(cls, width: int, height: int) -> Self:
        """If nothing is known: a head in the upper half, as in nearly every portrait."""
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
        # Of the view: at least the head with its margins must fit; at most, the head must not be too small.
        min_height = max(head.chin - head.top, (head.right - head.left) / shape)
        max_height = max(head.height / (MIN_HEAD * min(shape, 1)), min_height)
        if covers:
            fits = max(min_height, (head.eyes - head.top) / MAX_EYE_LINE)
            largest = min(height, width / shape)
            if fits <= largest:
                return head.view(max(min(largest, max_height), fits), shape, height)
        view = head.view(head.choose_height(max_height, min_height, height), shape, height)
        bottom = head.find_bottom(view, self.cuts)
        return head.view(head.choose_height(max_height, min_height, bottom), shape, bottom)


class _Head:
    """A head with its margins, in pixels of the picture."""

    def __init__(self, framing: Framing, width: int, height: int) -> None:
        self.picture = width, height
        x, y, w, h = framing.head
        self.height = h * height
        self.middle = (x + w / 2) * width
        self.eyes = framing.eyes[1] * height
        self.top = max((y - MARGIN_ABOVE * h) * height, 0)
        self.chin = min((y + h + MARGIN_BELOW * h) * height, height)
        self.left = max((x - MARGIN_BESIDE * w) * width, 0)
        self.right = min((x + w + MARGIN_BESIDE * w) * width, width)

    def choose_height(self, max_height: float, min_height: float, bottom: float) -> float:
        """The height of a view that ends at `bottom` or above, with the eyes at their line if possible."""
        wanted = min(max_height, bottom, (bottom - self.eyes) / (1 - EYE_LINE), self.eyes / EYE_LINE)
        # If the hair would be cut off, the eyes go lower.
        shows_hair = min((self.eyes - self.top) / EYE_LINE, bottom - self.top)
        return max(wanted, shows_hair, min_height)

    def find_bottom(self, view: View, cuts: tuple[float, float]) -> float:
        """The lowest line of the picture that the canvas may show without showing a cut through the shoulders."""
        width, height = self.picture
        left = cuts[0] * height if view.x < -0.5 else height
        right = cuts[1] * height if view.x + view.width > width + 0.5 else height
        # But not so high that the head fills the canvas: then the cut is shown, faded out.
        highest = self.top + (self.eyes - self.top) / MAX_EYE_LINE
        return min(max(min(left, right), highest, self.chin), height)

    def view(self, height: float, shape: float, bottom: float) -> View:
        """The view of that height around the head."""
        picture_width, picture_height = self.picture
        width = height * shape
        y = (
            picture_height - height
        )  # a picture lower than the view is aligned to the bottom, so that nobody floats
        if height < picture_height:
            y = min(max(self.eyes - EYE_LINE * height, self.chin - height), self.top, bottom - height)
            y = min(max(y, 0), picture_height - height)
        x = self.middle - width / 2
        x = min(max(x, min(picture_width - width, 0)), max(picture_width - width, 0))
        return View(x, y, width, height)
