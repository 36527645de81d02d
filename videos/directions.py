"""How the avatar of a video is to move: what our own engine offers beyond the API of the original provider."""

from typing import Any

from django import forms
from django.conf import settings

from videos.models import Video

CHOICES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "motion": (
        "Head movement",
        [("still", "Still"), ("calm", "Calm"), ("natural", "Natural"), ("lively", "Lively")],
    ),
    "gaze": ("Eyes", [("natural", "Look around a little"), ("camera", "Look straight ahead")]),
    "blink": ("Blinking", [("natural", "Natural"), ("few", "Rarely"), ("none", "Never")]),
    "expression": (
        "Expression",
        [("portrait", "As in the portrait"), ("neutral", "Neutral"), ("friendly", "Friendly")],
    ),
    "mouth": (
        "Mouth movement",
        [("0.7", "Small"), ("0.85", "Smaller"), ("1.0", "Natural"), ("1.15", "Larger"), ("1.3", "Large")],
    ),
}
DEFAULTS = {
    "motion": "natural",
    "gaze": "natural",
    "blink": "natural",
    "expression": "portrait",
    "mouth": "1.0",
}


def _field(label: str, choices: list[tuple[str, str]], default: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        required=False,
        initial=default,
        widget=forms.Select(attrs={"class": "input", "autocomplete": "off"}),
        error_messages={"invalid_choice": f"{label}: choose one of the list."},
    )


class DirectionForm(forms.Form):
    """The group "Movement" of a form; `direction` is what was chosen, without what is natural anyway."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, choices) in CHOICES.items():
            self.fields[name] = _field(label, choices, DEFAULTS[name])

    @classmethod
    def from_direction(cls, direction: dict[str, Any]) -> "DirectionForm":
        return cls(initial={name: str(value) for name, value in direction.items() if name in CHOICES})

    @property
    def direction(self) -> dict[str, Any]:
        chosen = {
            name: value for name, value in self.cleaned_data.items() if value not in ("", DEFAULTS[name])
        }
        return chosen | ({"mouth": float(chosen["mouth"])} if "mouth" in chosen else {})

    @property
    def is_open(self) -> bool:
        """Whether something in it differs from the natural movement."""
        return any((self[name].value() or DEFAULTS[name]) != DEFAULTS[name] for name in self.fields)

    @property
    def is_ignored(self) -> bool:
        """Whether the avatar service cannot do it."""
        return not settings.EMBEDDED


def find_direction(copied: Video | None, avatar_pk: int | None) -> dict[str, Any]:
    """That of the video which is copied, else that of the newest video of the avatar."""
    if copied is None and avatar_pk:
        copied = (
            Video.objects.filter(avatar=avatar_pk).order_by("-created_at", "-pk").only("direction").first()
        )
    return copied.direction if copied else {}


def describe(direction: dict[str, Any]) -> str:
    """In the words of the form; empty for the natural movement."""
    words = []
    for name, (label, choices) in CHOICES.items():
        if name in direction:
            value = str(direction[name])
            words.append(f"{label}: {dict(choices).get(value, value).lower()}")
    return ", ".join(words)
