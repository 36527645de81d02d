"""The form of a text to be said."""

import uuid
from typing import Any

from django import forms

from videos.forms import MAX_SCRIPT
from videos.models import Speech
from videos.voices.speech.sources import DEFAULT_SPEAKER, GONE, find_speaker, list_groups

SPEEDS = (
    (0.7, "0.7 × (slow)"),
    (0.85, "0.85 ×"),
    (1.0, "Normal"),
    (1.15, "1.15 ×"),
    (1.3, "1.3 ×"),
    (1.6, "1.6 × (fast)"),
)
MAX_SAMPLE = 400  # characters


class SpeechForm(forms.ModelForm):
    """A text, a synthetic voice and its speed; `sample`: only to listen to."""

    ref = forms.UUIDField(initial=uuid.uuid4)
    text = forms.CharField(
        max_length=MAX_SCRIPT,
        error_messages={
            "required": "Type what is to be said.",
            "max_length": f"This text is too long: at most {MAX_SCRIPT:,} characters.",
        },
    )
    speed = forms.TypedChoiceField(choices=SPEEDS, coerce=float, initial=1.0, required=False)
    sample = forms.BooleanField(required=False)

    class Meta:
        model = Speech
        fields = ("name", "text", "speaker", "speed")
        error_messages = {"speaker": {"required": "Choose a voice."}}

    def clean_speaker(self) -> str:
        speaker: str = self.cleaned_data["speaker"]
        if find_speaker(speaker) is None:
            raise forms.ValidationError(GONE)
        return speaker

    def clean_speed(self) -> float:
        return float(self.cleaned_data["speed"] or 1.0)

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("sample") and len(data.get("text", "")) > MAX_SAMPLE:
            data["text"] = data["text"][:MAX_SAMPLE]
        return data


def describe_choices(chosen: str = "") -> dict[str, Any]:
    """What the editor offers, and what is chosen at first."""
    groups = list_groups()
    known = {speaker.key for _, speakers in groups for speaker in speakers}
    if chosen not in known:
        chosen = DEFAULT_SPEAKER if DEFAULT_SPEAKER in known else next(iter(known), "")
    others = any(source.needs_consent for source, _ in groups)
    return {"groups": groups, "speeds": SPEEDS, "speaker": chosen, "has_other_sources": others}
