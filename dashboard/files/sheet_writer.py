"""Sheets to download: CSV and XLSX in which no cell is interpreted as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.http import content_disposition_header

Cell = str | int | float | None
Row = Sequence[Cell]

# A cell that starts with one of these is a formula; Excel accepts the full-width forms of Asian keyboards too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# In characters; the default is 8.
WIDTHS = {"row": 8, "avatar": 28, "audio": 44, "title": 32, "script": 60, "reason": 60}


@dataclass(frozen=True)
class Sheet:
    """One table; its first row is the header."""

    title: str
    rows: Iterable[Row]


def guard(text: str) -> str:
    """Escape a text for CSV so that no program interprets it as a formula."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def strip_guard(text: str) -> str:
    """Undo `guard`."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text


def attach(kind: str, name: str, *sheets: Sheet) -> HttpResponse:
    """The sheets as a download; a CSV file contains the first one only."""
    content = _write_csv(sheets[0]) if kind == "csv" else _write_xlsx(sheets)
    response = HttpResponse(content, content_type=TYPES[kind])
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind}")
    response["Cache-Control"] = "no-store"
    return response


def _write_csv(sheet: Sheet) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    for row in sheet.rows:
        writer.writerow([guard(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue().encode("utf-8-sig")  # Excel needs the BOM to recognise UTF-8


def _write_xlsx(sheets: Iterable[Sheet]) -> bytes:
    from openpyxl import Workbook  # imported here because it needs much memory
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        page.freeze_panes = "A2"
        rows = list(sheet.rows)
        for place, name in enumerate(rows[0], 1):
            page.column_dimensions[get_column_letter(place)].width = WIDTHS.get(str(name), 10)
        for number, row in enumerate(rows):
            cells = []
            for value in row:
                if isinstance(value, str):
                    value = ILLEGAL_CHARACTERS_RE.sub("", value)
                    value = guard(value) if value.startswith("'") else value  # see strip_guard
                cell = WriteOnlyCell(page, value=value)
                if isinstance(value, str):
                    cell.data_type = "s"  # text, whatever it begins with
                    cell.quotePrefix = value.startswith(FORMULA)
                if number == 0:
                    cell.font = Font(bold=True)
                cells.append(cell)
            page.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
