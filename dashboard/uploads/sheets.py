"""Sheets (XLSX, CSV): the text of some columns, whatever program wrote them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.files import File

from dashboard.uploads import UploadError, sandbox

LIMITS = sandbox.Limits(memory=768 * 2**20, seconds=30, file=2**20)
MAX_BYTES = 5 * 2**20
UNREADABLE = "This sheet could not be read. Save it again as XLSX or CSV and try that file."


def read(
    source: File | Path, *, columns: Sequence[Sequence[str]], needed: int, most: int
) -> list[dict[str, Any]]:
    """At most `most` rows: {"number": the row in the sheet, column: text, …}. Raises UploadError.

    `columns` are the names by which each is known, lower case, the first being its key; `needed` of them must be there.
    """
    with sandbox.workplace() as work:
        facts = sandbox.run(
            "sheet",
            sandbox.at_hand(source, work, max_bytes=MAX_BYTES),
            work,
            LIMITS,
            unreadable=UNREADABLE,
            columns=[list(names) for names in columns],
            needed=needed,
            most=most,
        )
    if facts["missing"]:
        raise UploadError(
            f"The first row must name the columns. Missing: {', '.join(facts['missing'])}. "
            "The template shows how."
        )
    if not facts["rows"]:
        raise UploadError("There are no rows below the names of the columns.")
    if len(facts["rows"]) > most:
        raise UploadError(f"This sheet has more than {most} rows. Split it into several sheets.")
    return facts["rows"]
