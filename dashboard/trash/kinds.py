"""What can be in the trash: each app registers its models in `AppConfig.ready`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models.fields.files import FieldFile

from dashboard.models import User
from dashboard.permissions import Permission


@dataclass(frozen=True)
class TrashKind:
    """A model whose rows go to the trash."""

    model: type[models.Model]  # a TrashableModel
    one: str  # "video", also in addresses
    many: str
    icon: str
    delete: Callable[[Any], None]  # for good, with its files
    # Continues what the row was waiting for. Called in the transaction that takes it out of the trash.
    resume: Callable[[Any], None] = lambda row: None
    get_picture: Callable[[Any], FieldFile | None] = lambda row: None

    @property
    def rows(self) -> models.QuerySet[Any]:
        """All rows in the trash."""
        return self.model.all_objects.exclude(trashed_at=None)  # type: ignore[attr-defined]

    def rows_of(self, user: User) -> models.QuerySet[Any]:
        """Those that this person may restore or delete: see User.may_change."""
        if user.may(Permission.CHANGE_ALL):
            return self.rows
        return self.rows.filter(made_by=user) if user.may(Permission.MAKE) else self.rows.none()

    def count(self, number: int) -> str:
        """ "1 video", "3 videos"."""
        return f"{number} {self.one if number == 1 else self.many}"


_kinds: dict[type[models.Model], TrashKind] = {}
_use_checks: list[tuple[type[models.Model], Callable[[Any], str]]] = []


def register(kind: TrashKind) -> None:
    """Let rows of this model go to the trash."""
    _kinds[kind.model] = kind


def register_use(model: type[models.Model], explain: Callable[[Any], str]) -> None:
    """Ask `explain` before a row goes for good: a sentence if something needs it now, otherwise an empty string."""
    _use_checks.append((model, explain))


def list_kinds() -> list[TrashKind]:
    """In the order in which they are deleted: videos before the avatars and voices that they use."""
    return sorted(_kinds.values(), key=lambda kind: kind.one, reverse=True)


def kind_of(row: models.Model) -> TrashKind:
    return _kinds[type(row)]


def find_kind(name: str) -> TrashKind | None:
    return next((kind for kind in _kinds.values() if kind.one == name), None)


def explain_use(row: models.Model) -> str:
    """Why the row cannot go for good now; an empty string if nothing needs it."""
    return next(_explanations(row), "")


def _explanations(row: models.Model) -> Iterator[str]:
    return (words for model, explain in _use_checks if isinstance(row, model) and (words := explain(row)))
