"""What is typed and chosen for a batch, in each of the three ways to make one."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core.files import File

from avatars.models import Avatar
from dashboard.files.filenames import MAX_NAME
from dashboard.request import parse_id
from dashboard.uploads import sheets
from videos.batches.services import MAX_SOUND, TEXTS, explain_too_many
from videos.forms import MAX_SCRIPT, SCRIPT_TOO_LONG, speakers
from videos.models import Batch, BatchItem, Voice

NO_AVATAR = "Choose an avatar."
NO_SOUND = "Add a voice: upload audio, or choose a recent voice."
MAX_FILENAME = 400
NO_SHEET = "Choose the sheet first."
GONE = "One of these was deleted or is not ready yet. Check your selection."


class BatchForm(forms.Form):
    """`sounds` are files that come with the form itself, from somebody without JavaScript."""

    ref = forms.UUIDField(initial=uuid.uuid4)
    name = forms.CharField(required=False, max_length=MAX_NAME)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if sentence := explain_too_many(self.count_videos(data)):
            self.add_error(None, sentence)
        return data

    def count_videos(self, data: dict[str, Any]) -> int:
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

    def count_videos(self, data: dict[str, Any]) -> int:
        return len(data.get("voice") or ()) + len(self.files.getlist("sounds"))


class SpeakersForm(SpokenForm):
    """Several avatars, one sound."""

    avatar = forms.ModelMultipleChoiceField(
        Avatar.objects.none(), error_messages={"required": NO_AVATAR, "invalid_choice": GONE}
    )
    voice = forms.ModelChoiceField(
        Voice.objects.all(), required=False, error_messages={"invalid_choice": GONE}
    )

    def count_videos(self, data: dict[str, Any]) -> int:
        return len(data.get("avatar") or ())


class SheetForm(BatchForm):
    """A sheet, and the sound files that it names."""

    sheet = forms.FileField(
        allow_empty_file=True, max_length=MAX_FILENAME, error_messages={"required": NO_SHEET}
    )
    voice = forms.ModelMultipleChoiceField(
        Voice.objects.all(), required=False, error_messages={"invalid_choice": GONE}
    )

    def count_videos(self, data: dict[str, Any]) -> int:
        return 0  # the sheet is counted when it is read

    def list_files(self) -> dict[str, int]:
        """The names of the files that were uploaded before the sheet, and their voices."""
        names, keys = self.data.getlist("filename"), self.data.getlist("filevoice")
        there = {voice.pk for voice in getattr(self, "cleaned_data", {}).get("voice", ())}
        pairs = zip(names, map(parse_id, keys), strict=False)
        return {name[:MAX_FILENAME]: key for name, key in pairs if key in there}


class TextsForm(forms.Form):
    """What may be typed beside a sound."""

    title = forms.CharField(
        required=False,
        max_length=MAX_NAME,
        error_messages={"max_length": f"This title is too long: at most {MAX_NAME} characters."},
    )
    script = forms.CharField(
        required=False, max_length=MAX_SCRIPT, error_messages={"max_length": SCRIPT_TOO_LONG}
    )


class RowForm(forms.ModelForm):
    """One row of a draft, fixed by hand."""

    class Meta:
        model = BatchItem
        fields = TEXTS
        error_messages = {
            "avatar_text": {"max_length": f"The avatar is too long: at most {MAX_NAME} characters."},
            "sound_text": {"max_length": f"The audio is too long: at most {MAX_SOUND:,} characters."},
            "title": {"max_length": f"The title is too long: at most {MAX_NAME} characters."},
        }


class NameForm(forms.ModelForm):
    class Meta:
        model = Batch
        fields = ("name",)


class MendedSheetForm(forms.Form):
    """The rows of a draft, changed in a program for sheets."""

    sheet = forms.FileField(
        allow_empty_file=True,
        max_length=MAX_FILENAME,
        error_messages={"required": NO_SHEET, "max_length": "The name of this file is too long."},
    )


def read_sheet(file: File) -> list[dict[str, Any]]:
    """The rows of a sheet of videos. Raises UploadError."""
    return sheets.read(file, columns=COLUMNS, required=NEEDED, max_rows=settings.BATCH_MAX_VIDEOS)


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
        "audio",
        "sound",
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
    ("row", "row number"),  # of a sheet that was downloaded here
)
NEEDED = 2
