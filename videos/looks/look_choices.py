"""What the part "Look" of a page shows: the form, background pictures, colours and gradients to choose from."""

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from dashboard.models import User
from dashboard.request import parse_id
from videos.looks import backdrops
from videos.looks.forms import LookForm
from videos.looks.look import DEFAULT_PLACEMENT, MAX_SIZE, MAX_SPEAKER, MIN_SIZE, Look
from videos.models import Backdrop, LabelSetting, Video

MAX_RECENT_VIDEOS = 50  # searched for the last look

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
class LookChoices:
    """The context variable `look` of templates/videos/_look.html."""

    form: LookForm
    user: User

    @cached_property
    def values(self) -> dict[str, Any]:
        """What the controls show: the submitted values, or those of the look."""
        defaults = asdict(Look()) | DEFAULT_PLACEMENT
        names = [name for name in (*defaults, "automatic") if name in self.form.fields]
        values = {name: self.form[name].value() for name in names}
        return {name: defaults.get(name) if value in (None, "") else value for name, value in values.items()}

    @cached_property
    def resolution(self) -> str:
        """As the value of its control."""
        return str(self.values["resolution"] or "")

    @cached_property
    def picture(self) -> int | None:
        """The key of the chosen picture."""
        return parse_id(self.values["picture"])

    @cached_property
    def label(self) -> LabelSetting:
        """The words of the label, and whether it is on for all videos."""
        return LabelSetting.get()

    @cached_property
    def backdrops(self) -> list[Backdrop]:
        return backdrops.list_backdrops(self.picture)

    @cached_property
    def is_gone(self) -> bool:
        """Whether the chosen picture has been deleted."""
        return self.picture is not None and self.picture not in {each.pk for each in self.backdrops}

    @cached_property
    def last(self) -> str:
        """The look that this person used last, as JSON; empty if there is none whose picture still exists."""
        recent = Video.objects.filter(made_by=self.user).order_by("-created_at", "-pk")
        pictures = {None, *(each.pk for each in self.backdrops)}
        for look in recent.values_list("look", flat=True)[:MAX_RECENT_VIDEOS]:
            look = {name: value for name, value in look.items() if not name.startswith(("label", "speaker"))}
            if look and look.get("picture") in pictures:
                return json.dumps(look)
        return ""

    frames = FRAMES
    resolutions = RESOLUTIONS
    colours = COLOURS
    gradients = GRADIENTS
    min_size = MIN_SIZE
    max_size = MAX_SIZE
    max_speaker = MAX_SPEAKER
