"""How much of a video goes into a small moving picture. Light: the pages tell it too."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Extent:
    side: int  # pixels, of the longer side
    rate: Fraction  # frames a second: every second one of most videos, a whole number of GIF's hundredths
    seconds: int

    def small(self, width: int, height: int) -> tuple[int, int]:
        """The size of the small picture: never larger than the video."""
        scale = min(self.side / max(width, height), 1)
        return max(round(width * scale / 2) * 2, 2), max(round(height * scale / 2) * 2, 2)


WEBP = Extent(480, Fraction(25, 2), 15)
GIF = Extent(400, Fraction(25, 2), 12)
