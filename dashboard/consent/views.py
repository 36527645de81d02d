"""What the pages of avatars and voices do with a statement: make it later, and change what it says beside its sentence."""

from typing import TypeVar

from django.contrib import messages
from django.db import models

from dashboard.audit.models import Action
from dashboard.audit.recording import recorded
from dashboard.consent.consented_model import ConsentedModel
from dashboard.consent.forms import DetailsForm, read_consent
from dashboard.request import Request
from dashboard.shortcuts import join_errors
from dashboard.uploads import UploadError

Row = TypeVar("Row", bound=ConsentedModel)


def save_consent(request: Request, rows: models.QuerySet[Row], row: Row, kind: str) -> None:
    """Save what was submitted for this row, one of `rows`; what is wrong becomes a message."""
    if row.consent:
        form = DetailsForm(request.POST)
        if form.is_valid():
            details = {f"consent_{name}": value for name, value in form.cleaned_data.items()}
            rows.filter(pk=row.pk).update(**details)
        else:
            messages.error(request, join_errors(form))
        return
    try:
        consent = read_consent(kind, request.POST, request.user)
    except UploadError as error:
        messages.error(request, str(error))
    else:
        subject = f"{row._meta.verbose_name} {row.pk}"
        with recorded(request.user, Action.CONSENT_GIVEN, subject, request):
            rows.filter(pk=row.pk, consent_version="").update(**consent.columns)
