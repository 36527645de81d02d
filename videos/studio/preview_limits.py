"""The limits of animated previews. A module of its own, because pages show them too and should not import decoders."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class PreviewLimit:
    """The largest animation that is made."""

    side: int  # pixels, of the longer side
    rate: Fraction  # per second: half of most videos', and a whole number of hundredths of a second per frame, as GIF needs
    seconds: int

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the animation for a video of this size; never larger than the video."""
        scale = min(self.side / max(width, height), 1)
        return max(round(width * scale / 2) * 2, 2), max(round(height * scale / 2) * 2, 2)


WEBP = PreviewLimit(480, Fraction(25, 2), 15)
GIF = PreviewLimit(400, Fraction(25, 2), 12)
# Mails and chats refuse larger ones. Tried in turn where a picture full of details needs more.
MAX_GIF_BYTES = 3_000_000
SMALLER_GIFS = (PreviewLimit(320, Fraction(10), 12), PreviewLimit(240, Fraction(10), 12))
