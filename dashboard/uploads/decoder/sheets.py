"""Reading spreadsheets: XLSX with openpyxl, CSV as Excel, Numbers, LibreOffice and Google write it.

Only the text of the cells is used: formulas are not computed, macros are ignored.
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
# The unpacked content of an XLSX file may be a thousand times larger than the file.
MAX_UNPACKED_BYTES = 48 * 2**20
MAX_PACKED_FILES = 2000
# Rows (empty ones included) and columns that are read: anything beyond them is there by accident.
MAX_ROWS = 5000
MAX_COLUMNS = 40

Row = tuple[int, list[str]]  # its number in the sheet, its cells


def read_rows(request: dict[str, Any]) -> dict[str, Any]:
    """The filled cells of the requested columns, for `max_rows` rows and one more.

    `columns`: the names a column may have, the first of each being its key in the answer. A row in the answer is
    {"number": its row in the sheet, key: text, …}.
    """
    with open(request["source"], "rb") as file:
        content = file.read()
    names = {name: keys[0] for keys in request["columns"] for name in keys}
    found = _read_xlsx(content) if content.startswith(b"PK") else _read_csv(content, names)
    header: dict[int, str] = {}
    rows: list[dict[str, Any]] = []
    for number, cells in found:
        if not any(cells):
            continue
        if not header:
            header = _find_columns(cells, names)
            missing = [
                keys[0]
                for keys in request["columns"][: request["required"]]
                if keys[0] not in header.values()
            ]
            if missing:
                return {"missing": missing, "rows": []}
            continue
        row = {key: cells[place] for place, key in header.items() if place < len(cells) and cells[place]}
        if any("\0" in cell for cell in row.values()):
            raise FileRefused(NUL.format(number=number))
        if row:
            rows.append({"number": number, **row})
        if len(rows) > request["max_rows"]:
            break
    if not header:
        raise FileRefused(EMPTY)
    return {"missing": [], "rows": rows}


def _find_columns(cells: list[str], names: dict[str, str]) -> dict[int, str]:
    """The key of each column by its place; of two columns with the same name the first one counts."""
    found: dict[int, str] = {}
    for place, cell in enumerate(cells):
        key = names.get(_normalize_name(cell))
        if key and key not in found.values():
            found[place] = key
    return found


def _normalize_name(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split()).rstrip(":*")


# ---------------------------------------------------------------- XLSX
def _read_xlsx(content: bytes) -> Iterator[Row]:
    _check_archive(content)
    import openpyxl  # only when needed, and after the check

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # The size that a sheet declares may be wrong, also on purpose.
        sheet.reset_dimensions()
        found = sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True)
        for number, cells in enumerate(found, 1):
            yield number, [_text(cell) for cell in cells]
    except MemoryError:
        raise
    except Exception as error:  # the library has no common error for damaged files
        raise FileRefused(UNREADABLE) from error


def _check_archive(content: bytes) -> None:
    """Refuse an archive that would be too large unpacked: no more than it declares is ever read from it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileRefused(UNREADABLE) from error
    if len(files) > MAX_PACKED_FILES or sum(one.file_size for one in files) > MAX_UNPACKED_BYTES:
        raise FileRefused("There is too much in this file. Copy the rows into a new sheet and try that file.")
    if not any(one.filename == "[Content_Types].xml" for one in files):
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
def _read_csv(content: bytes, names: dict[str, str]) -> Iterator[Row]:
    text = _decode(content)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep="):  # Excel's own way to name it
        separator, text, before = first.strip()[4:5] or ",", rest, 1
    else:
        separator, before = _guess_separator(text, names), 0
    csv.field_size_limit(10**6)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for number, cells in enumerate(reader, before + 1):
            if number > MAX_ROWS:
                return
            yield number, [cell.strip() for cell in cells[:MAX_COLUMNS]]
    except csv.Error as error:
        raise FileRefused(UNREADABLE) from error


def _decode(content: bytes) -> str:
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(OLD_EXCEL)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise FileRefused(UNREADABLE) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:  # Excel for Windows saves "CSV" like this
        if b"\0" in content:
            raise FileRefused(NO_SHEET) from None
        return content.decode("cp1252", errors="replace")


def _guess_separator(text: str, names: dict[str, str]) -> str:
    """The separator that gives the first row the most known columns."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def count_known(separator: str) -> int:
        cells: Iterable[str] = next(csv.reader([first], delimiter=separator), [])
        return sum(_normalize_name(cell) in names for cell in cells)

    return max(SEPARATORS, key=count_known)
