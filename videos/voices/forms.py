"""What people say about a voice: where it begins and ends, and what it is called."""

import re
from typing import Any, Self

from django import forms
from django.db.models.functions import Lower

from dashboard.gallery import filters
from videos.models import Voice
from videos.voices.edit_spec import Edit, moment

_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6}(?:[.,]\d{1,6})?)")
NO_MOMENT = "Enter minutes and seconds, for example 0:03.5."


class MomentField(forms.Field):
    """A place in a recording, in seconds: 3.5, 1:02.5, 1:02:03."""

    def to_python(self, value: str | None) -> float | None:
        if value in self.empty_values:
            return None
        said = _CLOCK.fullmatch(str(value).strip())
        if not said:
            raise forms.ValidationError(NO_MOMENT)
        hours, minutes, seconds = said.groups("0")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))

    def prepare_value(self, value: Any) -> str:
        return moment(value, 3) if isinstance(value, float) else value or ""


class EditForm(forms.Form):
    """A part of a recording; what is left empty is its own beginning or end."""

    start = MomentField(required=False, label="From")
    end = MomentField(required=False, label="To")
    even = forms.BooleanField(required=False, label="Normalize volume")
    silence = forms.BooleanField(required=False, label="Trim the silence at both ends")

    def __init__(self, original: Voice, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.original = original

    @classmethod
    def showing(cls, original: Voice, edit: Edit) -> Self:
        """Filled with what was done; the recording's own beginning and end are left empty."""
        start, end = edit.start or None, edit.end if edit.end < original.seconds else None
        return cls(original, initial={"start": start, "end": end, "even": edit.even})

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        start, end = data.get("start"), data.get("end")
        if start is not None and end is not None and start >= end:
            self.add_error("end", "The end must be after the start.")
        elif start is not None and start >= self.original.seconds:
            self.add_error("start", "The recording is shorter than that.")
        return data

    def edit(self, speech: tuple[float, float] | None) -> Edit:
        """`speech`: where it is, if the silence around it is to go."""
        data, seconds = self.cleaned_data, self.original.seconds
        start = data["start"] or 0.0
        end = seconds if data["end"] is None else data["end"]
        if data["silence"] and speech:
            start, end = max(start, speech[0]), min(end, speech[1])
        return Edit.of(start, end, seconds, even=data["even"])


class NameForm(forms.ModelForm):
    class Meta:
        model = Voice
        fields = ["name"]


class VoiceFilterForm(filters.FilterForm):
    ORDERS = filters.FilterForm.ORDERS | {
        "name": (Lower("name"), "pk"),
        "longest": ("-seconds", "-pk"),
        "shortest": ("seconds", "pk"),
    }
    SORTS = [
        *filters.FilterForm.SORTS,
        ("longest", "Longest first"),
        ("shortest", "Shortest first"),
    ]
    state = None  # a voice is there or not
