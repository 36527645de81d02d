"""The columns of rows that need somebody's statement that they may be used."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format

from dashboard.consent.wordings import DRAFT, SAMPLE, SENTENCES
from dashboard.models import User

MAX_PERSON = 120
MAX_REFERENCE = 200
NOBODY_STATED = "Nobody has stated yet that this may be used."


@dataclass(frozen=True)
class Consent:
    """A statement: who, when, in which words, about whom."""

    version: str
    by_name: str = ""  # empty: the program itself
    at: datetime = field(default_factory=timezone.now)
    by_id: int | None = None
    person: str = ""  # who is shown or heard
    reference: str = ""  # where the release is filed

    @property
    def wording(self) -> str:
        return SENTENCES.get(self.version, "")

    @property
    def is_ours(self) -> bool:
        """About what comes with the program: the sample, the draft voices."""
        return self.version in (SAMPLE, DRAFT)

    @property
    def day(self) -> str:
        return date_format(timezone.localtime(self.at), "j F Y")

    @property
    def sentence(self) -> str:
        """ "Maria stated on 25 November 2026: “…”"."""
        if self.is_ours:
            return self.wording
        return f"{self.by_name} stated on {self.day}: “{self.wording}”"

    @property
    def columns(self) -> dict[str, Any]:
        """The values for the columns of a ConsentedModel."""
        return {
            "consent_version": self.version,
            "consent_by_id": self.by_id,
            "consent_by_name": self.by_name,
            "consent_at": self.at,
            "consent_person": self.person,
            "consent_reference": self.reference,
        }


class ConsentedModel(models.Model):
    """Something that may be used only if somebody states so. The columns go with the row when it is deleted."""

    consent_version = models.CharField(
        max_length=24, blank=True, help_text="Of the sentence, see dashboard.consent.wordings. Empty: none."
    )
    consent_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    consent_by_name = models.CharField(
        max_length=254, blank=True, help_text="Kept when the account is removed."
    )
    consent_at = models.DateTimeField(null=True)
    consent_person = models.CharField(max_length=MAX_PERSON, blank=True, help_text="Who is shown or heard.")
    consent_reference = models.CharField(
        max_length=MAX_REFERENCE, blank=True, help_text="Where the release is filed."
    )

    class Meta:
        abstract = True

    @property
    def consent(self) -> Consent | None:
        """What was stated about this; None: nothing."""
        if not self.consent_version or self.consent_at is None:
            return None
        return Consent(
            self.consent_version,
            self.consent_by_name,
            self.consent_at,
            self.consent_by_id,
            self.consent_person,
            self.consent_reference,
        )

    @property
    def consent_columns(self) -> dict[str, Any]:
        """For a row that is made of this one, such as a part of a recording."""
        return self.consent.columns if self.consent else {}
