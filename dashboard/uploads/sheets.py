"""Spreadsheets (XLSX, CSV): the text of some columns, whatever program wrote them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.files import File

from dashboard.uploads import UploadError, sandbox

LIMITS = sandbox.Limits(memory=768 * 2**20, seconds=30, file=2**20)
MAX_BYTES = 5 * 2**20
UNREADABLE = "This sheet could not be read. Save it again as XLSX or CSV and try that file."


def read(
    source: File | Path, *, columns: Sequence[Sequence[str]], required: int, max_rows: int
) -> list[dict[str, Any]]:
    """At most `max_rows` rows: {"number": the row in the sheet, column: text, …}. Raises UploadError.

    `columns`: the lower-case names of each column, the first one being its key. The first `required` must be there.
    """
    with sandbox.work_folder() as work:
        facts = sandbox.run(
            "sheet",
            sandbox.to_path(source, work, max_bytes=MAX_BYTES),
            work,
            LIMITS,
            unreadable=UNREADABLE,
            columns=[list(names) for names in columns],
            required=required,
            max_rows=max_rows,
        )
    if facts["missing"]:
        raise UploadError(
            f"The first row must name the columns. Missing: {', '.join(facts['missing'])}. "
            "The template shows how."
        )
    if not facts["rows"]:
        raise UploadError("There are no rows below the names of the columns.")
    if len(facts["rows"]) > max_rows:
        raise UploadError(f"This sheet has more than {max_rows} rows. Split it into several sheets.")
    rows: list[dict[str, Any]] = facts["rows"]
    return rows
