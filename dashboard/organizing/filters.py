"""The filters of a gallery by project, tag and favourites. A select is there as soon as it has something to offer."""

from typing import Any, ClassVar

from dashboard.gallery import filters
from dashboard.models import User
from dashboard.organizing.choices import load_choices

NONE = "0"  # of no project


class OrganizedFilterForm(filters.FilterForm):
    """For galleries of an OrganizedModel."""

    GALLERY: ClassVar[str]  # the name of its address

    project = filters.ChoiceField(required=False, label="Project")
    tag = filters.ChoiceField(required=False, label="Tag")
    favourite = filters.ChoiceField(
        required=False, label="Favourites", choices=[("", "Everything"), ("yes", "My favourites")]
    )

    def set_choices(self, user: User) -> None:
        super().set_choices(user)
        self.user = user
        choices = load_choices(user, self.GALLERY)
        self.saved = choices.saved
        projects = [*choices.projects, (NONE, "No project")] if choices.projects else []
        self._offer("project", "Any project", projects)
        self._offer("tag", "Any tag", [(key, f"#{name}") for key, name in choices.tags])

    def _offer(self, name: str, every: str, choices: list[tuple[str, str]]) -> None:
        if choices:
            self.choice_field(name).choices = [("", every), *choices]
        else:
            del self.fields[name]

    def apply(self, rows: Any) -> Any:
        rows = super().apply(rows)
        if project := self.active.get("project"):
            rows = rows.filter(project=None if project == NONE else int(project))
        if tag := self.active.get("tag"):
            rows = rows.filter(pk__in=_linked(rows.model, "tags", tag_id=int(tag)))
        if self.active.get("favourite"):
            rows = rows.filter(pk__in=_linked(rows.model, "favourite_of", user_id=self.user.pk))
        return rows


def _linked(model: Any, relation: str, **wanted: int) -> Any:
    links = getattr(model, relation).through.objects.filter(**wanted)
    return links.values(f"{model._meta.model_name}_id")
