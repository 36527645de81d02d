"""Sheets of every program, and sheets that mean no good."""

import io
import time
import zipfile

import openpyxl
import pytest
from django.core.files.base import ContentFile

from dashboard.uploads import UploadError, sheets

pytestmark = pytest.mark.slow

COLUMNS = [("avatar", "who"), ("sound", "audio file"), ("title",), ("script", "words")]


def read(content: bytes, most: int = 20) -> list[dict]:
    return sheets.read(ContentFile(content), columns=COLUMNS, required=2, max_rows=most)


def workbook(*rows: list, **more_sheets: list) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name, lines in more_sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(content: bytes, **replaced: str) -> bytes:
    """The same archive with some of its files written anew."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            key = info.filename.replace("/", "_").replace(".", "_")
            new.writestr(info.filename, replaced.pop(key, None) or old.read(info))
        for name, text in replaced.items():
            new.writestr(name, text)
    return out.getvalue()


PLAIN = workbook(["Avatar", "Audio file", "Title"], ["Ada", "one.mp3", "One"])


def test_an_excel_sheet_is_read_by_the_names_of_its_columns():
    content = workbook(
        ["Note", "WORDS", "Audio_File:", "who*"],
        ["x", "Hello there", "one.mp3", "Ada"],
        [],
        [None, None, 7.0, 12],
        Avatars=[["Number", "Name"], [1, "Ada"]],
    )
    assert read(content) == [
        {"number": 2, "script": "Hello there", "sound": "one.mp3", "avatar": "Ada"},
        {"number": 4, "sound": "7", "avatar": "12"},
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_csv_is_read_whatever_program_saved_it(separator, encoding):
    lines = [
        ["avatar", "sound", "title", "script"],
        ["Zoë", "a.mp3", f"1{separator} 2", 'She said "Hi"\r\ntwice'],
    ]
    quoted = [
        "\r\n".join(separator.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    ]
    rows = read("".join(quoted).encode(encoding))
    assert rows == [
        {
            "number": 2,
            "avatar": "Zoë",
            "sound": "a.mp3",
            "title": f"1{separator} 2",
            "script": 'She said "Hi"\r\ntwice',
        }
    ]


def test_excels_own_word_for_the_separator_is_obeyed_and_counts_as_a_row():
    assert read(b"sep=;\r\navatar;sound\r\nAda;a,b.mp3\r\n") == [
        {"number": 3, "avatar": "Ada", "sound": "a,b.mp3"}
    ]


def test_formulas_in_a_csv_are_text_and_nothing_is_computed():
    assert read(b'avatar,sound\n=1+1,"=HYPERLINK(""http://a"")"\n')[0]["sound"] == '=HYPERLINK("http://a")'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\n\n", "This sheet is empty."),
        (b"avatar,sound\n,\n", "There are no rows below the names of the columns."),
        (b"name,file\nAda,a.mp3\n", "Missing: avatar, sound."),
        (b"who;title\nAda;One\n", "Missing: sound."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old or a password-protected Excel file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a sheet we can read"),
        (PLAIN[: len(PLAIN) // 2], "could not be read"),
        (b"PK\x03\x04" + bytes(50), "could not be read"),
        (workbook(), "This sheet is empty."),
        (b"avatar,sound\n" + b"Ada,a.mp3\n" * 21, "more than 20 rows"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(content, sentence):
    with pytest.raises(UploadError) as refused:
        read(content)
    assert sentence in str(refused.value)


def test_a_zip_of_something_else_is_no_sheet():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with pytest.raises(UploadError, match="not a sheet we can read"):
        read(out.getvalue())


# ---------------------------------------------------------------- what means no good
def test_a_zip_bomb_is_refused_before_it_unfolds():
    bomb = repacked(PLAIN, xl_worksheets_sheet1_xml="<worksheet>" + " " * (60 * 2**20) + "</worksheet>")
    assert len(bomb) < 200_000
    started = time.monotonic()
    with pytest.raises(UploadError, match="too much in this file"):
        read(bomb)
    assert time.monotonic() - started < 15


def test_a_zip_bomb_that_lies_about_its_size_yields_no_more_than_it_says():
    bomb = bytearray(
        repacked(PLAIN, xl_worksheets_sheet1_xml="<worksheet>" + " " * (60 * 2**20) + "</worksheet>")
    )
    size = (len("<worksheet></worksheet>") + 60 * 2**20).to_bytes(4, "little")
    assert bomb.count(size) == 2
    for _ in range(2):
        place = bomb.index(size)
        bomb[place : place + 4] = (1000).to_bytes(4, "little")
    with pytest.raises(UploadError, match="could not be read"):
        read(bytes(bomb))


def test_a_million_rows_are_not_read_to_their_end():
    row = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>Ada</t></is></c></row>'
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData>'
    header = '<row r="1"><c r="A1" t="inlineStr"><is><t>avatar</t></is></c><c r="B1" t="inlineStr"><is><t>sound</t></is></c></row>'
    many = head + header + "".join(row.format(n) for n in range(2, 500_000)) + "</sheetData></worksheet>"
    content = repacked(PLAIN, xl_worksheets_sheet1_xml=many)
    started = time.monotonic()
    with pytest.raises(UploadError, match="more than 20 rows"):
        read(content)
    assert time.monotonic() - started < 15
    far = head + header + row.format(1_048_576) + "</sheetData></worksheet>"  # a gap of a million rows
    with pytest.raises(UploadError, match="no rows below"):
        read(repacked(PLAIN, xl_worksheets_sheet1_xml=far))


def test_macros_are_never_looked_at():
    kind = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    types = zipfile.ZipFile(io.BytesIO(PLAIN)).read("[Content_Types].xml").decode()
    types = types.replace("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", kind)
    macros = repacked(PLAIN, **{"[Content_Types]_xml": types, "xl/vbaProject.bin": "Sub Auto_Open()"})
    assert read(macros) == [{"number": 2, "avatar": "Ada", "sound": "one.mp3", "title": "One"}]


def test_entities_are_not_unfolded():
    lol = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    sheet = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
    with pytest.raises(UploadError, match="could not be read"):
        read(repacked(PLAIN, xl_worksheets_sheet1_xml=lol + sheet))


def test_a_sheet_without_end_runs_out_of_its_limits(monkeypatch):
    monkeypatch.setattr(sheets, "LIMITS", sheets.sandbox.Limits(memory=64 * 2**20, seconds=5, file=2**20))
    head = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    )
    wide = head + "<c><v>1</v></c>" * 2_000_000 + "</row></sheetData></worksheet>"
    with pytest.raises(UploadError, match="could not be read"):
        read(repacked(PLAIN, xl_worksheets_sheet1_xml=wide))
