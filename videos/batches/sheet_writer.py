"""Sheets that people download: CSV and XLSX in which no cell is ever taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.http import content_disposition_header

Cell = str | int | float | None
Row = Sequence[Cell]

# With these a cell begins to compute; the wide forms are what an Asian keyboard writes, and Excel takes them too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# By itself a column is as wide as eight letters.
WIDTHS = {"row": 8, "avatar": 28, "audio": 44, "title": 32, "script": 60, "reason": 60}


@dataclass(frozen=True)
class Sheet:
    """One table; the first of its rows names the columns."""

    title: str
    rows: Iterable[Row]


def guard(text: str) -> str:
    """The text as a cell of a CSV file that no program takes for a formula."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def strip_guard(text: str) -> str:
    """What stood there before `guard`."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text


def attach(kind: str, name: str, *sheets: Sheet) -> HttpResponse:
    """The sheets as a download; a CSV file has the first one alone."""
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
    return out.getvalue().encode("utf-8-sig")  # with a BOM Excel reads it as the UTF-8 that it is


def _write_xlsx(sheets: Iterable[Sheet]) -> bytes:
    from openpyxl import Workbook  # here alone: the other pages need no memory for it
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
