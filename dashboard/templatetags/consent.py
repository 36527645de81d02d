"""Statements on pages: {% load consent %}."""

from typing import Any

from django import template

from dashboard.consent.consented_model import ConsentedModel
from dashboard.consent.wordings import CURRENT, SENTENCES, Kind

register = template.Library()


def _wording(kind: str) -> dict[str, Any]:
    version = CURRENT[Kind(kind)]
    return {"kind": kind, "version": version, "sentence": SENTENCES[version]}


@register.inclusion_tag("consent/_fields.html")
def consent_fields(kind: str, *, needed: bool = True) -> dict[str, Any]:
    """The box to tick, in a form that uploads something without a script. `needed`: the browser insists on it."""
    return {**_wording(kind), "needed": needed}


@register.inclusion_tag("consent/_dialog.html")
def consent_dialog(kind: str) -> dict[str, Any]:
    """The same as a dialog, for pages on which a script uploads."""
    return _wording(kind)


@register.inclusion_tag("consent/_page.html", takes_context=True)
def consent_of(context: template.Context, row: ConsentedModel, kind: str, address: str) -> dict[str, Any]:
    """What was stated about this row, and a form to state it or to change whom it shows."""
    shared = {name: context.get(name) for name in ("user", "csrf_token")}
    return {**shared, **_wording(kind), "row": row, "address": address}
