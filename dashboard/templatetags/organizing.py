"""Projects, tags, favourites and saved filters in templates: {% load organizing %}."""

from typing import Any

from django import template
from django.template import Context

from dashboard.models import User
from dashboard.organizing.models import Project, Tag

register = template.Library()


@register.inclusion_tag("organizing/_organize.html", takes_context=True)
def organize(context: Context, row: Any) -> dict[str, Any]:
    """Project, tags and star of one row, with the form to change them."""
    user: User = context["user"]
    may_change = user.may_change(row)
    return {
        "row": row,
        "kind": row._meta.model_name,
        "gallery": str(row._meta.verbose_name_plural),
        "tags": list(row.tags.all()),
        "is_favourite": row.favourite_of.filter(pk=user.pk).exists(),
        "may_change": may_change,
        "projects": list(Project.objects.all()) if may_change else [],
        "all_tags": list(Tag.objects.all()) if may_change else [],
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("organizing/_saved_filters.html", takes_context=True)
def saved_filters(context: Context) -> dict[str, Any]:
    """The filters that this person saved for the gallery of `form`."""
    form = context["form"]
    return {
        "filters": form.saved,
        "here": form.query_string().removeprefix("?"),
        "address": context["request"].path,
        "csrf_token": context.get("csrf_token"),
    }
