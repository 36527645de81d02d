"""Reading a statement from a request."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms

from dashboard.consent.consented_model import MAX_PERSON, MAX_REFERENCE, Consent
from dashboard.consent.wordings import versions_of
from dashboard.models import User
from dashboard.request import Request
from dashboard.shortcuts import join_errors
from dashboard.uploads import UploadError

NOT_STATED = {
    "portrait": "Tick the box first: it says that you may use this picture.",
    "voice": "Tick the box first: it says that you may use this recording.",
    "speech": "Tick the box first: it says that you may use this voice.",
}
MAX_NAME = 254


class DetailsForm(forms.Form):
    """Whom it shows, and where the release is filed: both optional."""

    person = forms.CharField(
        required=False,
        max_length=MAX_PERSON,
        error_messages={"max_length": f"The person’s name is too long: at most {MAX_PERSON} characters."},
    )
    reference = forms.CharField(
        required=False,
        max_length=MAX_REFERENCE,
        error_messages={"max_length": f"The note is too long: at most {MAX_REFERENCE} characters."},
    )


class ConsentForm(DetailsForm):
    """The ticked box has the version of its sentence as its value."""

    consent = forms.ChoiceField()

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["consent"]
        field.choices = [(version, version) for version in versions_of(kind)]  # type: ignore[attr-defined]
        field.error_messages = dict.fromkeys(("required", "invalid_choice"), NOT_STATED[kind])


def read_consent(kind: str, data: Mapping[str, Any], user: User) -> Consent:
    """The statement in a form that uploads something. Raises UploadError where it is missing."""
    form = ConsentForm(kind, data)
    if not form.is_valid():
        raise UploadError(join_errors(form))
    fields = form.cleaned_data
    return Consent(
        fields["consent"],
        str(user)[:MAX_NAME],
        by_id=user.pk,
        person=fields["person"],
        reference=fields["reference"],
    )


def consent_needed(kind: str) -> Callable[[Request], Consent]:
    """Reads the statement of an upload's request: the `check` of dashboard.uploads.resumable."""
    return lambda request: read_consent(kind, request.POST, request.user)
