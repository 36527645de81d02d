"""What the step "Look" shows on a page: the form, backdrops to choose from, offers to begin with."""

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from dashboard.models import User
from dashboard.request import parse_id
from videos.looks import backdrops
from videos.looks.forms import LookForm
from videos.looks.look import MAX_SIZE, MIN_SIZE, PLACED, Look
from videos.models import Backdrop, Video

RECENT = 50  # videos that are asked for the last look

FRAMES = (
    ("own", "Original", "Its own shape", "4 / 5"),
    ("1:1", "1:1", "Square feed", "1"),
    ("9:16", "9:16", "Reels, TikTok, Shorts", "9 / 16"),
    ("16:9", "16:9", "YouTube, slides", "16 / 9"),
)
RESOLUTIONS = (
    ("", "Original", "As it was generated"),
    ("720", "720p", "Smaller file"),
    ("1080", "1080p", "Full HD"),
)
COLOURS = (
    ("White", "#ffffff"),
    ("Paper", "#f4efe6"),
    ("Stone", "#e8e4dc"),
    ("Mist", "#d5e0e6"),
    ("Sage", "#c5d2c0"),
    ("Peach", "#f2d3c2"),
    ("Rose", "#d9a7a7"),
    ("Petrol", "#0f4c5c"),
    ("Navy", "#1d2b4a"),
    ("Graphite", "#2b2d31"),
    ("Black", "#000000"),
    ("Green screen", "#00b140"),
)
GRADIENTS = (
    ("Studio", "#f5f4f1", "#b7bbc0", 180),
    ("Dawn", "#fbe5d6", "#c3b4d8", 160),
    ("Sand", "#f7eedd", "#d3b48a", 180),
    ("Sea", "#cfe9ee", "#2f7391", 180),
    ("Meadow", "#eaf3d9", "#7fa98a", 180),
    ("Dusk", "#4a5a80", "#10162b", 180),
    ("Ember", "#f3a683", "#7b2d43", 135),
)


@dataclass(frozen=True)
class Step:
    form: LookForm
    user: User

    @cached_property
    def values(self) -> dict[str, Any]:
        """What the controls show: what was sent, else what the look is."""
        plain = asdict(Look()) | PLACED
        values = {name: self.form[name].value() for name in (*plain, "automatic")}
        return {name: plain.get(name) if value in (None, "") else value for name, value in values.items()}

    @cached_property
    def resolution(self) -> str:
        """As its controls are called."""
        return str(self.values["resolution"] or "")

    @cached_property
    def picture(self) -> int | None:
        """The backdrop that is chosen."""
        return parse_id(self.values["picture"])

    @cached_property
    def backdrops(self) -> list[Backdrop]:
        return backdrops.newest(self.picture)

    @cached_property
    def is_gone(self) -> bool:
        """The look's picture was deleted meanwhile."""
        return self.picture is not None and self.picture not in {each.pk for each in self.backdrops}

    @cached_property
    def last(self) -> str:
        """The look that this person used last, as JSON; empty when there is none, or none that could be made again."""
        mine = Video.objects.filter(made_by=self.user).order_by("-created_at", "-pk")
        there = {None, *(each.pk for each in self.backdrops)}
        for look in mine.values_list("look", flat=True)[:RECENT]:
            if look and look.get("picture") in there:
                return json.dumps(look)
        return ""

    frames = FRAMES
    resolutions = RESOLUTIONS
    colours = COLOURS
    gradients = GRADIENTS
    min_size = MIN_SIZE
    max_size = MAX_SIZE
