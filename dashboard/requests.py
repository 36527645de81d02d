"""Reading what a request says, before anything is looked up by it."""

from django.forms import BaseForm

MAX_DIGITS = 18  # the longest number that surely fits a column of the database


def parse_id(value: object) -> int | None:
    """The number that a person or a page gave for a row, or None when it cannot be one."""
    text = "" if value is None else str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None


def join_errors(form: BaseForm) -> str:
    """All that is wrong with a form, each sentence once."""
    return " ".join(dict.fromkeys(error for errors in form.errors.values() for error in errors))
