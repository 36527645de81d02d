"""What is typed and chosen for a batch, in each of the three ways to make one."""

import uuid
from typing import Any

from django import forms

from avatars.models import Avatar
from dashboard.files.filenames import MAX_NAME
from videos.batches.services import too_many
from videos.forms import speakers
from videos.models import Batch, BatchItem, Voice

NO_AVATAR = "Choose who speaks."
NO_SOUND = "Choose what is said: add sound files, or choose sounds used before."
GONE = "One of these is not there any more, or not ready yet. Look at your choice again."


class BatchForm(forms.Form):
    """`sounds` are files that come with the form itself, from somebody without JavaScript."""

    ref = forms.UUIDField(initial=uuid.uuid4)
    name = forms.CharField(required=False, max_length=MAX_NAME)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if sentence := too_many(self.number(data)):
            self.add_error(None, sentence)
        return data

    def number(self, data: dict[str, Any]) -> int:
        """How many videos are asked for."""
        raise NotImplementedError


class SpokenForm(BatchForm):
    """Without a sheet: whoever speaks and what is said are chosen on the page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["avatar"].queryset = speakers()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "voice" not in self.errors and not data.get("voice") and not self.files.getlist("sounds"):
            self.add_error("voice", NO_SOUND)
        return data


class SoundsForm(SpokenForm):
    """Several sounds, one avatar."""

    avatar = forms.ModelChoiceField(
        Avatar.objects.none(), error_messages={"required": NO_AVATAR, "invalid_choice": GONE}
    )
    voice = forms.ModelMultipleChoiceField(
        Voice.objects.all(), required=False, error_messages={"invalid_choice": GONE}
    )

    def number(self, data: dict[str, Any]) -> int:
        return len(data.get("voice") or ()) + len(self.files.getlist("sounds"))


class SpeakersForm(SpokenForm):
    """Several avatars, one sound."""

    avatar = forms.ModelMultipleChoiceField(
        Avatar.objects.none(), error_messages={"required": NO_AVATAR, "invalid_choice": GONE}
    )
    voice = forms.ModelChoiceField(
        Voice.objects.all(), required=False, error_messages={"invalid_choice": GONE}
    )

    def number(self, data: dict[str, Any]) -> int:
        return len(data.get("avatar") or ())


class SheetForm(BatchForm):
    """A sheet, and the sound files that it names."""

    sheet = forms.FileField(
        allow_empty_file=True, max_length=400, error_messages={"required": "Choose the sheet first."}
    )
    voice = forms.ModelMultipleChoiceField(
        Voice.objects.all(), required=False, error_messages={"invalid_choice": GONE}
    )

    def number(self, data: dict[str, Any]) -> int:
        return 0  # the sheet is counted when it is read

    def came_along(self) -> dict[str, int]:
        """The names of the files that were uploaded before the sheet, and their voices."""
        names, keys = self.data.getlist("filename"), self.data.getlist("filevoice")
        there = {voice.pk for voice in getattr(self, "cleaned_data", {}).get("voice", ())}
        pairs = zip(names, keys, strict=False)
        return {name[:400]: int(key) for name, key in pairs if key.isdecimal() and int(key) in there}


class RowForm(forms.ModelForm):
    """One row of a draft, put right by hand."""

    class Meta:
        model = BatchItem
        fields = ("said_avatar", "said_sound", "title", "script")


class NameForm(forms.ModelForm):
    class Meta:
        model = Batch
        fields = ("name",)


WAYS: dict[str, type[BatchForm]] = {"sounds": SoundsForm, "speakers": SpeakersForm, "sheet": SheetForm}
COLUMNS = (
    (
        "avatar",
        "avatars",
        "who",
        "person",
        "speaker",
        "avatar name",
        "avatar number",
        "avatar name or number",
    ),
    (
        "sound",
        "audio",
        "voice",
        "audio file",
        "sound file",
        "file",
        "audio url",
        "audio address",
        "url",
        "address",
    ),
    ("title", "name", "video", "video title"),
    ("script", "words", "text", "what they say", "transcript"),
)
NEEDED = 2
