"""What people ask of the movement. The default changes nothing: the same frames as without a direction."""

from __future__ import annotations

from dataclasses import dataclass

MOTIONS = ("still", "calm", "natural", "lively")
GAZES = ("camera", "natural")
BLINKS = ("natural", "few", "none")
EXPRESSIONS = ("portrait", "neutral", "friendly")
MOUTHS = (0.7, 1.3)  # how far the mouth opens: the smallest and the largest factor

# Of the natural movement of head and brows.
HEAD = {"still": 0.0, "calm": 0.5, "natural": 1.0, "lively": 1.45}
BROW = {"still": 0.0, "calm": 0.6, "natural": 1.0, "lively": 1.3}
SPREAD = {"portrait": 0.0, "neutral": -0.12, "friendly": 0.3}  # added to the width of the mouth


@dataclass(frozen=True)
class Direction:
    """How the avatar is to move. Raises ValueError for words that do not exist."""

    motion: str = "natural"
    gaze: str = "natural"
    blink: str = "natural"
    expression: str = "portrait"  # as in the portrait
    mouth: float = 1.0  # how far it opens

    def __post_init__(self) -> None:
        choices = {"motion": MOTIONS, "gaze": GAZES, "blink": BLINKS, "expression": EXPRESSIONS}
        for name, words in choices.items():
            if getattr(self, name) not in words:
                raise ValueError(f"{name} must be one of {', '.join(words)}.")
        if not MOUTHS[0] <= self.mouth <= MOUTHS[1]:
            raise ValueError(f"mouth must be a number from {MOUTHS[0]} to {MOUTHS[1]}.")
