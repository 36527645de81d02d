"""The forms of batches: one for each way to create one, and those of drafts."""

import uuid
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.files import File
from django.http import QueryDict

from avatars.models import Avatar
from dashboard.files.filenames import MAX_NAME
from dashboard.request import parse_id
from dashboard.uploads import sheets
from videos.batches.services import MAX_SOUND, TEXT_FIELDS, explain_too_many
from videos.forms import MAX_SCRIPT, SCRIPT_TOO_LONG, speakers
from videos.models import Batch, BatchItem, Voice

NO_AVATAR = "Choose an avatar."
NO_SOUND = "Add a voice: upload audio, or choose a recent voice."
MAX_FILENAME = 400
NO_SHEET = "Choose the sheet first."
GONE = "One of these was deleted or is not ready yet. Check your selection."


class BatchForm(forms.Form):
    """Without JavaScript, the files `sounds` are uploaded with the form."""

    ref = forms.UUIDField(initial=uuid.uuid4)
    name = forms.CharField(required=False, max_length=MAX_NAME)

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if sentence := explain_too_many(self.count_videos(data)):
            self.add_error(None, sentence)
        return data

    def count_videos(self, data: dict[str, Any]) -> int:
        """How many videos the form requests."""
        raise NotImplementedError


class SpokenForm(BatchForm):
    """Avatars and sounds are chosen on the page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["avatar"]).queryset = speakers()

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
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
        """The names of the files uploaded with the sheet, and the keys of their voices."""
        if not isinstance(self.data, QueryDict):  # not submitted
            return {}
        names, keys = self.data.getlist("filename"), self.data.getlist("filevoice")
        uploaded = {voice.pk for voice in getattr(self, "cleaned_data", {}).get("voice", ())}
        pairs = zip(names, map(parse_id, keys), strict=False)
        return {name[:MAX_FILENAME]: key for name, key in pairs if key is not None and key in uploaded}


class TextsForm(forms.Form):
    """The title and script of a sound."""

    title = forms.CharField(
        required=False,
        max_length=MAX_NAME,
        error_messages={"max_length": f"This title is too long: at most {MAX_NAME} characters."},
    )
    script = forms.CharField(
        required=False, max_length=MAX_SCRIPT, error_messages={"max_length": SCRIPT_TOO_LONG}
    )


class RowForm(forms.ModelForm):
    """One row of a draft, edited on the page."""

    class Meta:
        model = BatchItem
        fields = TEXT_FIELDS
        error_messages = {
            "avatar_text": {"max_length": f"The avatar is too long: at most {MAX_NAME} characters."},
            "sound_text": {"max_length": f"The audio is too long: at most {MAX_SOUND:,} characters."},
            "title": {"max_length": f"The title is too long: at most {MAX_NAME} characters."},
        }


class NameForm(forms.ModelForm):
    class Meta:
        model = Batch
        fields = ("name",)


class FixedSheetForm(forms.Form):
    """A sheet with fixed rows."""

    sheet = forms.FileField(
        allow_empty_file=True,
        max_length=MAX_FILENAME,
        error_messages={"required": NO_SHEET, "max_length": "The name of this file is too long."},
    )


def read_sheet(file: File) -> list[dict[str, Any]]:
    """The rows of a sheet of videos. Raises UploadError."""
    return sheets.read(file, columns=COLUMNS, required=MIN_COLUMNS, max_rows=settings.BATCH_MAX_VIDEOS)


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
    ("row", "row number"),  # in a sheet that was downloaded here
)
MIN_COLUMNS = 2
