"""The sheet to fill in, as CSV and as XLSX, with an example row and everybody who can speak."""

import csv
import io

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from videos.forms import speakers
from videos.models import Voice

HEADER = ("avatar", "sound", "title", "script")
WIDTHS = (28, 44, 32, 60)
AVATARS_LISTED = 2000
VOICES_LISTED = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r")
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def guarded(text: str) -> str:
    """A cell of a CSV file that no program takes for a formula, whoever named an avatar what."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _example() -> tuple[str, str, str, str]:
    name = speakers().order_by("-created_at").values_list("name", flat=True).first()
    return (name or "Ada", "hello.mp3", "Hello from us", "Hello and welcome.")


def _attached(response: HttpResponse, filename: str) -> HttpResponse:
    response["Content-Disposition"] = content_disposition_header(True, filename)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
def as_csv(request: HttpRequest) -> HttpResponse:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerow(map(guarded, _example()))
    # With a BOM Excel reads it as the UTF-8 that it is.
    return _attached(HttpResponse("\ufeff" + out.getvalue(), content_type=CSV_TYPE), "Videos.csv")


@require_GET
def as_xlsx(request: HttpRequest) -> HttpResponse:
    from openpyxl import Workbook  # here alone: the other pages need no memory for it
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)

    def sheet(title: str, widths: tuple[int, ...], rows: list[tuple[object, ...]]) -> None:
        page = book.create_sheet(title)
        page.freeze_panes = "A2"
        for place, width in enumerate(widths, 1):
            page.column_dimensions[get_column_letter(place)].width = width
        for number, row in enumerate(rows):
            cells = []
            for value in row:
                cell = WriteOnlyCell(page, value=value)
                if isinstance(value, str):
                    cell.data_type = "s"  # never a formula, whoever named an avatar what
                    cell.quotePrefix = value.startswith(FORMULA)
                if number == 0:
                    cell.font = Font(bold=True)
                cells.append(cell)
            page.append(cells)

    sheet("Videos", WIDTHS, [HEADER, _example()])
    people = speakers().order_by("name", "pk").values_list("name", "pk")[:AVATARS_LISTED]
    sheet("Avatars", (40, 10), [("avatar", "number"), *people])
    sounds = Voice.objects.order_by("name", "pk").values_list("name", "pk", "seconds")[:VOICES_LISTED]
    heard = [(name, pk, round(seconds, 1)) for name, pk, seconds in sounds]
    sheet("Sounds used before", (40, 10, 10), [("sound", "number", "seconds"), *heard])
    out = io.BytesIO()
    book.save(out)
    return _attached(HttpResponse(out.getvalue(), content_type=XLSX_TYPE), "Videos.xlsx")
