"""What many views need, beside django.shortcuts."""

from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string

from dashboard.files import disk
from dashboard.models import OwnedModel, User
from dashboard.permissions import LOOK_ONLY, Permission

Row = TypeVar("Row", bound=OwnedModel)
NOT_YOURS = "Only the person who made this, an admin or an owner can change it."


def get_changeable_or_403(rows: type[Row] | QuerySet[Row], pk: int, user: User) -> Row:
    """The row, if this person may change it. Raises Http404, PermissionDenied."""
    row = get_object_or_404(rows, pk=pk)
    if not user.may_change(row):
        raise PermissionDenied(NOT_YOURS if user.may(Permission.MAKE) else LOOK_ONLY)
    return row


def respond_sentence(sentence: str, *, status: int = 422) -> HttpResponse:
    """A sentence for a script to show, where a page would be of no use."""
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")


def respond_no_room(request: HttpRequest, obstacle: str) -> HttpResponse:
    """507 with what is wrong with the disk: a sentence for a script, else a page."""
    sentence = f"{obstacle} {disk.NOT_SAVED}"
    if "HX-Request" in request.headers:
        return respond_sentence(sentence, status=507)
    return HttpResponse(render_to_string("507.html", {"sentence": sentence}), status=507)


def join_errors(form: BaseForm) -> str:
    """All that is wrong with a form, each sentence once."""
    sentences = (str(error) for errors in form.errors.values() for error in errors)
    return " ".join(dict.fromkeys(sentences))
