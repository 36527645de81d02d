"""The look as a form: plain fields, so that it works without JavaScript too."""

from dataclasses import asdict
from typing import Any, Self

from django import forms
from django.core.files.uploadedfile import UploadedFile

from dashboard.models import User
from dashboard.uploads import UploadError
from videos.looks import backdrops
from videos.looks.look import (
    BACKGROUNDS,
    DEFAULT_PLACEMENT,
    FRAMES,
    MAX_SIZE,
    MAX_SPEAKER,
    MIN_SIZE,
    RESOLUTIONS,
    Look,
    LookError,
    is_label,
)
from videos.models import Backdrop

# The fields that matter for each background; the others keep the defaults of Look.
BACKGROUND_FIELDS = {
    "colour": ("colour",),
    "gradient": ("colour", "colour2", "angle"),
    "picture": ("picture",),
}
GONE = "This picture was deleted. Choose another one."
LETTERS = "The font of the video has Latin, Greek and Cyrillic letters only. Write this with them."
NONE_CHOSEN = "Choose a picture for the background, or add one."


class LookForm(forms.Form):
    """Fields named `look-…`, all optional: the default is the original. If valid, the form has a `look`."""

    prefix = "look"
    background = forms.ChoiceField(choices=[(name, name) for name in BACKGROUNDS], required=False)
    colour = forms.RegexField(r"^#[0-9a-fA-F]{6}$", required=False)
    colour2 = forms.RegexField(r"^#[0-9a-fA-F]{6}$", required=False)
    angle = forms.IntegerField(min_value=0, max_value=359, required=False)
    picture = forms.ModelChoiceField(
        queryset=Backdrop.objects.filter(missing_files=[]),
        required=False,
        error_messages={"invalid_choice": GONE},
    )
    # Used without JavaScript only; a script uploads the picture first and selects it.
    upload = forms.FileField(required=False, allow_empty_file=True, max_length=400)
    frame = forms.ChoiceField(choices=[(name, name) for name in FRAMES], required=False)
    resolution = forms.TypedChoiceField(
        choices=[("", "own"), *((each, each) for each in RESOLUTIONS)],
        coerce=int,
        empty_value=None,
        required=False,
    )
    label = forms.BooleanField(required=False)  # for this video; see LabelSetting for all
    # Shown at the bottom during the first seconds; nothing is shown while both are empty.
    speaker_name = forms.CharField(max_length=MAX_SPEAKER, required=False)
    speaker_title = forms.CharField(max_length=MAX_SPEAKER, required=False)
    # While this is on, the three fields below are ignored, although the page sends them.
    automatic = forms.BooleanField(required=False)
    size = forms.FloatField(min_value=MIN_SIZE, max_value=MAX_SIZE, required=False)
    x = forms.FloatField(min_value=0, max_value=1, required=False)
    y = forms.FloatField(min_value=0, max_value=1, required=False)

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.look = Look()

    @classmethod
    def from_look(cls, look: Look) -> Self:
        """An unbound form with this look as its initial values."""
        values = asdict(look)
        initial = {name: values[name] for name in cls.base_fields if name in values}
        return cls(initial=initial | {"automatic": look.is_automatic, "label": look.label_chosen})

    def clean_speaker_name(self) -> str:
        return self._check_letters("speaker_name")

    def clean_speaker_title(self) -> str:
        return self._check_letters("speaker_title")

    def _check_letters(self, name: str) -> str:
        words = " ".join(self.cleaned_data[name].split())
        if not is_label(words):
            raise forms.ValidationError(LETTERS)
        return words

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if self.errors:
            return data
        background = data["background"] or "own"
        if background == "picture" and data["upload"]:
            data["picture"] = self._create_backdrop(data["upload"])
        if background == "picture" and not data["picture"]:
            if not self.errors:
                self.add_error("picture", NONE_CHOSEN)
            return data
        values = {
            "background": background,
            "frame": data["frame"] or "own",
            "resolution": data["resolution"],
            "label_chosen": data["label"],
            "speaker_name": data["speaker_name"],
            "speaker_title": data["speaker_title"],
        }
        placement = () if data["automatic"] else DEFAULT_PLACEMENT
        for name in (*BACKGROUND_FIELDS.get(background, ()), *placement):
            if data[name] not in (None, ""):
                values[name] = data[name]
        try:
            self.look = Look.from_dict(self._normalize(values))
        except LookError as error:  # the controls of the page cannot send this
            self.add_error(None, f"These settings cannot be used ({error}).")
        return data

    @staticmethod
    def _normalize(values: dict[str, Any]) -> dict[str, Any]:
        """The values as Look takes them, rounded, so that looks that are drawn the same have the same key."""
        for name in DEFAULT_PLACEMENT:
            if name in values:
                values[name] = round(values[name], 3)
        for name in ("colour", "colour2"):
            if name in values:
                values[name] = values[name].lower()
        if "picture" in values:
            values["picture"] = values["picture"].pk
        return values

    def _create_backdrop(self, upload: UploadedFile) -> Backdrop | None:
        try:
            backdrop = backdrops.create_backdrop(upload, upload.name or "", self.user)
        except UploadError as error:
            self.add_error("upload", str(error))
            return None
        # If another field has an error, the picture is selected when the page is rendered again.
        self.data = {**self.data, self.add_prefix("picture"): str(backdrop.pk)}
        return backdrop
