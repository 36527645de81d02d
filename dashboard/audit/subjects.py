"""What entries about things that were made are about: their kind and number is kept, and their name looked up when shown.

So the log keeps no name of a person whose picture or voice is forgotten, and each entry leads to what is still there.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model

from dashboard.audit.models import Action, AuditEntry
from dashboard.audit.recording import record
from dashboard.models import OwnedModel, User

_SUBJECT = re.compile(r"([a-z ]+) (\d{1,18})( \(.*\))?")


@dataclass(frozen=True)
class Subject:
    """Something that is still there."""

    name: str
    address: str
    more: str  # said about it, for example how many videos


def record_making(actor: User | None, action: Action, row: Model, more: str = "") -> None:
    """Add an entry about something that was made; `more` is a few words about it, without names."""
    record(actor, action, f"{row._meta.verbose_name} {row.pk}{f' ({more})' if more else ''}")


def find_subjects(entries: Iterable[AuditEntry]) -> dict[int, Subject]:
    """What is still there of the things that entries are about, by the key of the entry."""
    wanted: dict[str, dict[int, list[tuple[int, str]]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        if match := _SUBJECT.fullmatch(entry.subject):
            wanted[match[1]][int(match[2])].append((entry.pk, (match[3] or "").strip()))
    found: dict[int, Subject] = {}
    for kind, by_key in wanted.items():
        model: Any = _models().get(kind)
        for row in model._default_manager.filter(pk__in=by_key) if model else ():
            for entry_pk, more in by_key[row.pk]:
                found[entry_pk] = Subject(str(row), row.get_absolute_url(), more)
    return found


def _models() -> dict[str, type[Model]]:
    return {
        str(model._meta.verbose_name): model
        for model in apps.get_models()
        if issubclass(model, OwnedModel) and hasattr(model, "get_absolute_url")
    }
