"""Making the rows that are fine, and fixing the others: on the page, or in a sheet that goes out and comes back."""

import csv as csv_files
import io
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tests.videos.batches.conftest import csv, send
from videos.batches import poller
from videos.models import Batch, Video, Voice


@pytest.fixture
def partly(client, speaker, voice):
    """A batch of which rows 2 and 4 are being made, while rows 3 and 5 still have to be fixed."""
    speaker("Ada")
    voice("Hello")
    rows = ("Ada,hello,One,First words", "Bob,hello,Two,Second words", "Ada,hello,Three", "Ada,,Four")
    batch = send(client, "sheet", sheet=csv(*rows), name="Spring")
    client.post(reverse("batch-start", args=[batch.pk]))
    batch.refresh_from_db()
    return batch


def to_fix(batch):
    return list(batch.drafts.values_list("number", "avatar_text", "sound_text", "title", "script"))


def titles(batch):
    return list(batch.videos.order_by("batch_position").values_list("title", flat=True))


def test_making_the_rows_that_are_fine_keeps_the_others_with_their_reasons(client, partly):
    assert titles(partly) == ["One", "Three"]
    assert to_fix(partly) == [(3, "Bob", "hello", "Two", "Second words"), (5, "Ada", "", "Four", "")]
    page = client.get(partly.get_absolute_url()).text
    assert "0 of 2 ready, 2 to fix" in page
    assert f'href="{reverse("batch-draft", args=[partly.pk])}"' in page
    page = client.get(reverse("batch-draft", args=[partly.pk])).text
    for words in (
        "no avatar called “Bob”",
        "audio is missing",
        "Second words",
        "Make videos",
    ):
        assert words in page
    assert "First words" not in page


def test_a_row_that_is_fixed_later_joins_its_batch_and_no_row_is_made_twice(client, partly):
    Batch.objects.update(done_at=timezone.now())
    bob = partly.drafts.get(number=3)
    said = {"avatar_text": "Ada", "sound_text": "hello", "title": "Two", "script": "Second words"}
    client.post(reverse("batch-row", args=[partly.pk, bob.pk]), said)
    for _ in range(2):  # pressed twice
        answer = client.post(reverse("batch-start", args=[partly.pk]))
        assert answer["Location"] == partly.get_absolute_url()
    assert titles(partly) == ["One", "Two", "Three"]
    assert Batch.objects.get().done_at is None
    assert [number for number, *_ in to_fix(partly)] == [5]


def test_a_row_that_is_made_cannot_be_changed_and_a_row_to_fix_cannot_be_cancelled(client, partly):
    made = partly.items.get(number=2)
    for name in ("batch-row", "batch-row-remove"):
        client.post(reverse(name, args=[partly.pk, made.pk]), {"avatar_text": "Bob"})
    made.refresh_from_db()
    assert (made.avatar_text, made.state) == ("Ada", "ready")
    draft = partly.items.get(number=3)
    for name in ("batch-row-retry", "batch-row-cancel"):
        assert client.post(reverse(name, args=[partly.pk, draft.pk])).status_code == 404


def test_discarding_what_is_left_keeps_what_is_made(client, partly):
    answer = client.post(reverse("batch-discard", args=[partly.pk]), follow=True)
    assert "2 rows of the sheet were discarded" in answer.text
    assert titles(partly) == ["One", "Three"]
    assert to_fix(partly) == []
    address = reverse("batch-draft", args=[partly.pk])
    assert client.get(address)["Location"] == partly.get_absolute_url()


def test_rows_to_fix_are_kept_however_long_it_takes(partly):
    Batch.objects.update(created_at=timezone.now() - timedelta(days=400))
    poller.step()
    assert len(to_fix(partly)) == 2


def read_download(client, batch, kind):
    answer = client.get(reverse("batch-sheet-download", args=[batch.pk, kind]))
    assert f'filename="Spring to fix.{kind}"' in answer["Content-Disposition"]
    if kind == "csv":
        return list(csv_files.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return [["" if cell is None else str(cell) for cell in row] for row in book.active.values]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_rows_to_fix_are_downloaded_with_their_reasons_mended_and_sent_back(client, partly, kind):
    rows = read_download(client, partly, kind)
    assert rows[0] == ["row", "avatar", "audio", "title", "script", "reason"]
    assert rows[1] == ["3", "Bob", "hello", "Two", "Second words", "There is no avatar called “Bob”."]
    assert rows[2][:2] + rows[2][5:] == ["5", "Ada", "The audio is missing."]
    rows[1][1], rows[2][2] = "Ada", "hello"
    answer = mend(client, partly, kind, rows)
    assert "2 rows updated." in answer.text
    client.post(reverse("batch-start", args=[partly.pk]))
    assert titles(partly) == ["One", "Two", "Three", "Four"]
    assert mend(client, partly, kind, rows).status_code == 404  # from a page that was left open
    assert Video.objects.count() == 4


def mend(client, batch, kind, rows):
    if kind == "csv":
        out = io.StringIO()
        csv_files.writer(out).writerows(rows)
        content = out.getvalue().encode()
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        out = io.BytesIO()
        book.save(out)
        content = out.getvalue()
    sheet = SimpleUploadedFile(f"mended.{kind}", content)
    return client.post(reverse("batch-sheet", args=[batch.pk]), {"sheet": sheet}, follow=True)


def test_the_sheet_from_the_start_can_be_mended_and_sent_again(client, partly):
    rows = [
        ["avatar", "sound", "title", "script"],
        ["Ada", "hello", "One", "First words"],
        ["Ada", "hello", "Two", "Second words"],
        ["Ada", "hello", "Three", ""],
        ["Ada", "", "Four", ""],
        ["Ada", "hello", "Five", ""],
    ]
    answer = mend(client, partly, "csv", rows)
    assert "1 row updated, 1 row added, 2 rows skipped, because they are already made." in answer.text
    client.post(reverse("batch-start", args=[partly.pk]))
    assert titles(partly) == ["One", "Two", "Three", "Five"]
    assert to_fix(partly) == [(5, "Ada", "", "Four", "")]


def test_a_mended_sheet_takes_no_row_away_and_overwrites_none_by_mistake(client, partly):
    rows = [
        ["row", "avatar", "sound", "title", "script"],
        ["3", "Ada", "hello", "Two", "a"],
        ["3", "Ada", "hello", "Two again", "b"],  # a line that was copied in Excel
        ["5", "", "", "", ""],
    ]
    mend(client, partly, "csv", rows)
    assert to_fix(partly) == [
        (3, "Ada", "hello", "Two", "a"),
        (5, "Ada", "", "Four", ""),
        (6, "Ada", "hello", "Two again", "b"),
    ]


@pytest.mark.parametrize("content", [b"", b"one,two\n1,2\n", b"\x89PNG\0\0", None])
def test_a_mended_sheet_that_cannot_be_read_changes_nothing(client, partly, content):
    data = {} if content is None else {"sheet": SimpleUploadedFile("a.csv", content)}
    before = to_fix(partly)
    answer = client.post(reverse("batch-sheet", args=[partly.pk]), data, follow=True)
    assert answer.status_code == 200
    assert 'class="toast is-bad"' in answer.text
    assert to_fix(partly) == before


def test_a_mended_sheet_may_not_make_the_draft_larger_than_a_batch(client, partly, settings):
    settings.BATCH_MAX_VIDEOS = 3
    rows = [["avatar", "sound"], *[["Ada", f"{number}.mp3"] for number in range(3)]]
    answer = mend(client, partly, "csv", rows)
    assert "The limit is 3 at a time." in answer.text
    assert len(to_fix(partly)) == 2


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("text", ["=1+1", "+1", "-2", "@SUM(A1)", "＝1+1", "'=1+1", "''-2", "'quoted'"])
def test_a_cell_of_the_download_never_starts_a_formula_and_comes_back_as_it_was(client, partly, kind, text):
    partly.drafts.update(title=text)
    content = client.get(reverse("batch-sheet-download", args=[partly.pk, kind])).content
    if kind == "csv":
        cell = list(csv_files.reader(io.StringIO(content.decode("utf-8-sig"))))[1][3]
        assert cell[0] not in "=+-@＝"
    else:
        cell = openpyxl.load_workbook(io.BytesIO(content)).active["D2"]
        assert cell.data_type in ("s", "inlineStr")
    partly.drafts.update(title="")
    sheet = SimpleUploadedFile(f"a.{kind}", content)
    client.post(reverse("batch-sheet", args=[partly.pk]), {"sheet": sheet})
    assert set(partly.drafts.values_list("title", flat=True)) == {text}


# ---------------------------------------------------------------- characters that no text can have


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_nul_in_a_cell_is_told_with_its_row(client, speaker, voice, encoding):
    speaker("Ada")
    voice("Hello")
    content = "avatar,sound,title\nAda,hello,One\nAda,hello,T\0wo\n".encode(encoding)
    answer = send(client, "sheet", sheet=SimpleUploadedFile("a.csv", content))
    assert answer.status_code == 422
    assert "Row 3 contains an invisible character (NUL)" in answer.text
    assert not Batch.objects.exists()


def test_a_file_that_is_no_text_is_still_told_as_such(client):
    answer = send(client, "sheet", sheet=SimpleUploadedFile("a.csv", b"\x89PNG\r\n\0\0\0\rIHDR"))
    assert "This is not a sheet we can read." in answer.text


NUL_SENTENCE = "The text contains a character that cannot be used."


@pytest.mark.parametrize("field", ["title", "script"])
def test_a_nul_in_what_is_typed_beside_a_sound_is_a_sentence(client, speaker, voice, field):
    ada, hello = speaker("Ada"), voice("Hello")
    answer = send(client, "sounds", avatar=ada.pk, voice=[hello.pk], **{f"{field}-{hello.pk}": "a\0b"})
    assert answer.status_code == 400
    assert NUL_SENTENCE in answer.text
    assert not Batch.objects.exists()


def test_a_title_that_is_too_long_is_told_with_its_sound(client, speaker, voice):
    ada, hello = speaker("Ada"), voice("Hello")
    answer = send(client, "sounds", avatar=ada.pk, voice=[hello.pk], **{f"title-{hello.pk}": "x" * 201})
    assert answer.status_code == 422
    assert "Hello: This title is too long: at most 200 characters." in answer.text


def test_a_nul_in_a_row_that_is_fixed_by_hand_is_a_sentence(client, partly):
    row = partly.drafts.get(number=3)
    answer = client.post(
        reverse("batch-row", args=[partly.pk, row.pk]),
        {"avatar_text": "Ada\0", "sound_text": "hello"},
        headers={"HX-Request": "true"},
    )
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert NUL_SENTENCE in answer.text
    assert to_fix(partly)[0][1] == "Bob"


def test_names_with_control_characters_go_into_sheets_and_file_names(client, speaker, voice, partly):
    speaker("Eve\x01")
    voice("Hi\x0b")
    assert client.get(reverse("batch-template-xlsx")).status_code == 200
    partly.drafts.update(avatar_text="Bob\x02" + ("\0" if connection.vendor == "sqlite" else ""))
    for kind in ("csv", "xlsx"):
        assert client.get(reverse("batch-sheet-download", args=[partly.pk, kind])).status_code == 200
    keys = {"voice": Voice.objects.first().pk, "filevoice": Voice.objects.first().pk}
    answer = send(client, "sheet", sheet=csv("Ada,a"), filename="a\0.mp3", **keys)
    assert NUL_SENTENCE in answer.text
    batch = send(client, "sheet", sheet=csv("Ada,a", name="a\0b.csv"), filename="a.mp3", **keys)
    assert client.get(batch.get_absolute_url()).status_code == 200
