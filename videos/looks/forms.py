"""The look as it comes from a page: plain fields, so that it works without a script too."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from dashboard.models import User
from dashboard.uploads import UploadError
from videos.looks import backdrops
from videos.looks.look import BACKGROUNDS, FRAMES, MAX_SIZE, MIN_SIZE, PLACED, RESOLUTIONS, Look, LookError
from videos.models import Backdrop

# What each background has to say for itself; the rest of a look is left as it is plain.
SAID = {"colour": ("colour",), "gradient": ("colour", "colour2", "angle"), "picture": ("picture",)}
GONE = "This picture was deleted. Choose another one."
NONE_CHOSEN = "Choose a picture for the background, or add one."


class LookForm(forms.Form):
    """Fields named `look-…`, none of them required: what is not said is the original. Valid, it has a `look`."""

    prefix = "look"
    background = forms.ChoiceField(choices=[(name, name) for name in BACKGROUNDS], required=False)
    colour = forms.RegexField(r"^#[0-9a-fA-F]{6}$", required=False)
    colour2 = forms.RegexField(r"^#[0-9a-fA-F]{6}$", required=False)
    angle = forms.IntegerField(min_value=0, max_value=359, required=False)
    picture = forms.ModelChoiceField(
        queryset=Backdrop.objects.all(), required=False, error_messages={"invalid_choice": GONE}
    )
    # From somebody without JavaScript; a script sends its file ahead and chooses it.
    upload = forms.FileField(required=False, allow_empty_file=True, max_length=400)
    frame = forms.ChoiceField(choices=[(name, name) for name in FRAMES], required=False)
    resolution = forms.TypedChoiceField(
        choices=[("", "own"), *((each, each) for each in RESOLUTIONS)],
        coerce=int,
        empty_value=None,
        required=False,
    )
    # While this is on, the three below say nothing, although their controls are sent.
    automatic = forms.BooleanField(required=False)
    size = forms.FloatField(min_value=MIN_SIZE, max_value=MAX_SIZE, required=False)
    x = forms.FloatField(min_value=0, max_value=1, required=False)
    y = forms.FloatField(min_value=0, max_value=1, required=False)

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.look = Look()

    @classmethod
    def showing(cls, look: Look) -> "LookForm":
        """The form before anybody has touched it."""
        values = asdict(look)
        initial = {name: values[name] for name in cls.base_fields if name in values}
        return cls(initial=initial | {"automatic": look.is_automatic})

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if self.errors:
            return data
        background = data["background"] or "own"
        if background == "picture" and data["upload"]:
            data["picture"] = self._taken_in(data["upload"])
        if background == "picture" and not data["picture"]:
            if not self.errors:
                self.add_error("picture", NONE_CHOSEN)
            return data
        said = {"background": background, "frame": data["frame"] or "own", "resolution": data["resolution"]}
        placed = () if data["automatic"] else PLACED
        for name in (*SAID.get(background, ()), *placed):
            if data[name] not in (None, ""):
                said[name] = data[name]
        try:
            self.look = Look.of(self._plain(said))
        except LookError as error:  # nothing that the page's own controls can send
            self.add_error(None, f"These settings cannot be used ({error}).")
        return data

    @staticmethod
    def _plain(said: dict[str, Any]) -> dict[str, Any]:
        """Values as a Look takes them, rounded, so that the same picture has one name."""
        for name in PLACED:
            if name in said:
                said[name] = round(said[name], 3)
        for name in ("colour", "colour2"):
            if name in said:
                said[name] = said[name].lower()
        if "picture" in said:
            said["picture"] = said["picture"].pk
        return said

    def _taken_in(self, upload: UploadedFile) -> Backdrop | None:
        try:
            backdrop = backdrops.take_in(upload, upload.name, self.user)
        except UploadError as error:
            self.add_error("upload", str(error))
            return None
        # If anything else on the page is wrong, the picture is chosen when the page comes back.
        self.data = self.data.copy()
        self.data[self.add_prefix("picture")] = str(backdrop.pk)
        return backdrop


def look_from(data: QueryDict, files: MultiValueDict | None = None, *, user: User | None = None) -> Look:
    """The look that a page has sent. Raises ValidationError with sentences for a person."""
    form = LookForm(data, files, user=user)
    if not form.is_valid():
        raise forms.ValidationError([error for errors in form.errors.values() for error in errors])
    return form.look
