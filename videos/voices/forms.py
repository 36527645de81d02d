"""The forms of the voice pages: an edit, the name, the gallery's filters."""

import re
from typing import Any, Self

from django import forms
from django.db.models.functions import Lower

from dashboard.gallery import filters
from dashboard.organizing.filters import OrganizedFilterForm
from videos.models import Voice
from videos.voices.edit_spec import Edit, format_time

_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6}(?:[.,]\d{1,6})?)")
NO_TIME = "Enter minutes and seconds, for example 0:03.5."


class TimeField(forms.Field):
    """A time in a recording: 3.5, 1:02.5, 1:02:03. The value is in seconds."""

    def to_python(self, value: str | None) -> float | None:
        if value in self.empty_values:
            return None
        match = _CLOCK.fullmatch(str(value).strip())
        if not match:
            raise forms.ValidationError(NO_TIME)
        hours, minutes, seconds = match.groups("0")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))

    def prepare_value(self, value: Any) -> str:
        return format_time(value, 3) if isinstance(value, float) else value or ""


class EditForm(forms.Form):
    """A part of a recording; an empty start or end is that of the recording."""

    start = TimeField(required=False, label="From")
    end = TimeField(required=False, label="To")
    even = forms.BooleanField(required=False, label="Normalize volume")
    silence = forms.BooleanField(required=False, label="Trim the silence at both ends")

    def __init__(self, original: Voice, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.original = original

    @classmethod
    def from_edit(cls, original: Voice, edit: Edit) -> Self:
        """An unbound form with this edit; the start and end of the recording are left empty."""
        start, end = edit.start or None, edit.end if edit.end < original.seconds else None
        return cls(original, initial={"start": start, "end": end, "even": edit.even})

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        start, end = data.get("start"), data.get("end")
        if start is not None and end is not None and start >= end:
            self.add_error("end", "The end must be after the start.")
        elif start is not None and start >= self.original.seconds:
            self.add_error("start", "The recording is shorter than that.")
        return data

    def edit(self, speech: tuple[float, float] | None) -> Edit:
        """`speech` is where the speech starts and ends, to trim the silence around it."""
        data, seconds = self.cleaned_data, self.original.seconds
        start = data["start"] or 0.0
        end = seconds if data["end"] is None else data["end"]
        if data["silence"] and speech:
            start, end = max(start, speech[0]), min(end, speech[1])
        return Edit.within(start, end, seconds, even=data["even"])


class NameForm(forms.ModelForm):
    class Meta:
        model = Voice
        fields = ["name"]


class VoiceFilterForm(OrganizedFilterForm):
    GALLERY = "voices"
    field_order = ("q", "project", "tag", "favourite", "person", "made", "sort")
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
    state = None  # type: ignore[assignment]  # removes the inherited field: voices have no states
