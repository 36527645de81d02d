"""The forms of a video: a new one, and its title."""

import uuid
from typing import Any, cast

from django import forms
from django.db.models import QuerySet

from avatars.models import Avatar
from dashboard.files.missing_files import check_files
from dashboard.jobs.provider_job import ProviderState, current_provider
from videos.missing_files import VOICE_GONE
from videos.models import Video, Voice

MAX_SCRIPT = 20_000  # characters, as the API accepts
SCRIPT_TOO_LONG = f"This script is too long: at most {MAX_SCRIPT:,} characters."


def speakers() -> QuerySet[Avatar]:
    """Avatars that can speak: ready, and known to the current provider."""
    return Avatar.objects.filter(state=ProviderState.READY, provider=current_provider())


class TitleForm(forms.ModelForm):
    class Meta:
        model = Video
        fields = ["title"]


class NewVideoForm(forms.Form):
    """An avatar, a voice (an existing one, or without JavaScript a file), and optionally a title."""

    # Created with the page, so that submitting it twice creates one video.
    ref = forms.UUIDField(initial=uuid.uuid4)
    avatar = forms.ModelChoiceField(
        queryset=Avatar.objects.none(),
        error_messages={
            "required": "Choose an avatar.",
            "invalid_choice": "This avatar was deleted or is not ready yet. Choose another one.",
        },
    )
    voice = forms.ModelChoiceField(
        queryset=Voice.objects.all(),
        required=False,
        error_messages={"invalid_choice": "This voice was deleted. Choose another one."},
    )
    sound = forms.FileField(required=False, allow_empty_file=True, max_length=400)
    script = forms.CharField(
        required=False,
        max_length=MAX_SCRIPT,
        error_messages={"max_length": SCRIPT_TOO_LONG},
    )
    title = forms.CharField(required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["avatar"]).queryset = speakers()

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("voice") and "sound" in check_files(data["voice"]):
            self.add_error("voice", VOICE_GONE)
        if "voice" not in self.errors and not data.get("voice") and not data.get("sound"):
            self.add_error("voice", "Add a voice: upload audio, or choose a recent voice.")
        return data
