"""Reading sheets: XLSX with openpyxl, CSV as Excel, Numbers, LibreOffice and Google write it. Values only.

Formulas are never computed, macros never looked at, and nothing of the file is kept but the text of its cells.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

from dashboard.uploads.decoder import FileRefused

UNREADABLE = "This sheet could not be read. Save it again as XLSX or CSV and try that file."
OLD_EXCEL = (
    "This is an old or a password-protected Excel file. Save it as an ordinary XLSX or CSV and try that file."
)
NO_SHEET = "This is not a sheet we can read. Use an Excel file (XLSX) or a CSV file."
NUL = (
    "Row {number} contains an invisible character (NUL) that no text can have. "
    "Type that cell again, and upload the sheet again."
)
EMPTY = "This sheet is empty."
SEPARATORS = (",", ";", "\t")
# What is inside an XLSX file may be a thousand times larger than the file.
MOST_BYTES_INSIDE = 48 * 2**20
MOST_FILES_INSIDE = 2000
# Rows that are looked at, empty ones included, and columns: what is beyond them was put there by accident.
MOST_ROWS = 5000
MOST_COLUMNS = 40

Row = tuple[int, list[str]]  # its number in the sheet, its cells


def rows(request: dict[str, Any]) -> dict[str, Any]:
    """The filled cells of the columns that are asked for.

    `columns` are the names a column may have, the first of each being the key in the answer. Of `most` rows and one
    more, each is {"number": its row in the sheet, key: text, …}.
    """
    with open(request["source"], "rb") as file:
        content = file.read()
    names = {name: keys[0] for keys in request["columns"] for name in keys}
    found = _xlsx(content) if content.startswith(b"PK") else _csv(content, names)
    header: dict[int, str] = {}
    taken: list[dict[str, Any]] = []
    for number, cells in found:
        if not any(cells):
            continue
        if not header:
            header = _header(cells, names)
            missing = [
                keys[0] for keys in request["columns"][: request["needed"]] if keys[0] not in header.values()
            ]
            if missing:
                return {"missing": missing, "rows": []}
            continue
        row = {key: cells[place] for place, key in header.items() if place < len(cells) and cells[place]}
        if any("\0" in cell for cell in row.values()):
            raise FileRefused(NUL.format(number=number))
        if row:
            taken.append({"number": number, **row})
        if len(taken) > request["most"]:
            break
    if not header:
        raise FileRefused(EMPTY)
    return {"missing": [], "rows": taken}


def _header(cells: list[str], names: dict[str, str]) -> dict[int, str]:
    """Which column holds what; the first of two with the same name counts."""
    found: dict[int, str] = {}
    for place, cell in enumerate(cells):
        key = names.get(_plain(cell))
        if key and key not in found.values():
            found[place] = key
    return found


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split()).rstrip(":*")


# ---------------------------------------------------------------- XLSX
def _xlsx(content: bytes) -> Iterator[Row]:
    _look_inside(content)
    import openpyxl  # only where it is needed, and after the look inside

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # A sheet's own word on its size may be wrong, or meant to be.
        sheet.reset_dimensions()
        found = sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS, values_only=True)
        for number, cells in enumerate(found, 1):
            yield number, [_text(cell) for cell in cells]
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged file makes the library stumble over
        raise FileRefused(UNREADABLE) from error


def _look_inside(content: bytes) -> None:
    """Refuse what would unfold too large: no more than what is declared here is ever read from an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileRefused(UNREADABLE) from error
    if len(inside) > MOST_FILES_INSIDE or sum(one.file_size for one in inside) > MOST_BYTES_INSIDE:
        raise FileRefused("There is too much in this file. Copy the rows into a new sheet and try that file.")
    if not any(one.filename == "[Content_Types].xml" for one in inside):
        raise FileRefused(NO_SHEET)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime | date | time):
        value = value.isoformat()
    return str(value).strip()


# ---------------------------------------------------------------- CSV
def _csv(content: bytes, names: dict[str, str]) -> Iterator[Row]:
    text = _decoded(content)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep="):  # Excel's own way to say it
        separator, text, before = first.strip()[4:5] or ",", rest, 1
    else:
        separator, before = _separator(text, names), 0
    csv.field_size_limit(10**6)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for number, cells in enumerate(reader, before + 1):
            if number > MOST_ROWS:
                return
            yield number, [cell.strip() for cell in cells[:MOST_COLUMNS]]
    except csv.Error as error:
        raise FileRefused(UNREADABLE) from error


def _decoded(content: bytes) -> str:
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(OLD_EXCEL)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise FileRefused(UNREADABLE) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:  # what Excel for Windows saves as "CSV" without more
        if b"\0" in content:
            raise FileRefused(NO_SHEET) from None
        return content.decode("cp1252", errors="replace")


def _separator(text: str, names: dict[str, str]) -> str:
    """The one with which the first row has the most columns that we know."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def known(separator: str) -> int:
        cells: Iterable[str] = next(csv.reader([first], delimiter=separator), [])
        return sum(_plain(cell) in names for cell in cells)

    return max(SEPARATORS, key=known)
