"""A sheet of videos: each row is checked and shown with its reason before anything is made."""

import csv as csv_files
import io
import uuid
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard.jobs.provider_job import ProviderState
from tests.consent import VOICE
from tests.videos.batches.conftest import checks, csv, send, sound, xlsx
from videos.batches import poller
from videos.models import Batch, BatchItem, Video, Voice


@pytest.mark.parametrize("sheet", [csv, lambda *rows: xlsx(*(row.split(",") for row in rows))])
def test_a_sheet_is_looked_at_before_anything_is_made(client, maria, speaker, voice, sheet):
    ada = speaker("Ada")
    hello = voice("Hello")
    batch = send(
        client, "sheet", sheet=sheet("Ada,hello,Good morning,Hello there", "ada ,HELLO", "Bob,hello")
    )
    assert checks(batch) == {2: "", 3: "", 4: "There is no avatar called “Bob”."}
    page = client.get(batch.get_absolute_url()).text
    for words in (
        "2 of 3",
        "Good morning",
        "Hello there",
        "no avatar called “Bob”",
        "Make 2 videos",
    ):
        assert words in page
    assert not Video.objects.exists()
    assert client.post(reverse("batch-start", args=[batch.pk]))["Location"] == batch.get_absolute_url()
    videos = Video.objects.order_by("batch_position")
    assert [(v.title, v.script, v.avatar, v.voice, v.made_by, v.batch) for v in videos] == [
        ("Good morning", "Hello there", ada, hello, maria, batch),
        ("Ada: Hello", "", ada, hello, maria, batch),
    ]
    assert "1 row of the sheet needs fixing." in client.get(batch.get_absolute_url()).text


def test_every_reason_is_told_in_words(client, speaker, voice, settings):
    settings.CG_AVATAR_MAX_AUDIO_SECONDS = 60
    speaker("Ada")
    one, two = speaker("María"), speaker("maría")
    speaker("Nils", state=ProviderState.SENDING, remote_id="")
    speaker("Otto", state=ProviderState.FAILED, remote_id="")
    speaker("Pia", provider="https://elsewhere.example")
    voice("Hello")
    twins = [voice("Twin"), voice("Twin")]
    voice("Long one", seconds=90.0)
    rows = [
        ("", "hello", "The avatar is missing."),
        ("Adda", "hello", "There is no avatar called “Adda”. Did you mean “Ada”?"),
        ("MARÍA", "hello", f"2 avatars are called “MARÍA”: {one.pk} (Maria, "),
        ("Nils", "hello", "“Nils” is still being prepared."),
        ("Otto", "hello", "“Otto” cannot be used"),
        ("Pia", "hello", "“Pia” cannot be used"),
        ("Ada", "", "The audio is missing."),
        ("Ada", "new.mp3", "There is no audio file or voice called “new.mp3”. Upload the file below"),
        ("Ada", "twin", f"2 voices are called “twin”: {twins[0].pk} (0:01, "),
        ("Ada", "long one", "This voice is 1:30 long. The limit is 1:00."),
        ("Ada", "ftp://a.example/x.mp3", "This address is not valid"),
        ("Ada", "https://", "This address is not valid"),
        (f"#{two.pk}", str(twins[1].pk), ""),
        (str(one.pk), "https://a.example/x.mp3?a=1", ""),
    ]
    batch = send(client, "sheet", sheet=csv(*(f"{who},{what}" for who, what, _ in rows)))
    found = list(checks(batch).values())
    for said, (_, _, reason) in zip(found, rows, strict=True):
        assert reason in said if reason else said == ""
    last = batch.items.get(number=15)
    assert (last.avatar, last.audio_url) == (one, "https://a.example/x.mp3?a=1")
    page = client.get(batch.get_absolute_url()).text
    assert "Missing audio files:" in page
    assert "new.mp3" in page


def test_a_sheet_asks_the_database_no_more_for_many_rows(client, speaker, voice):
    speaker("Ada")
    voice("Hello")
    few = send(client, "sheet", sheet=csv(*["Ada,hello"] * 2))
    many = send(client, "sheet", sheet=csv(*["Ada,hello"] * 60, *["Bob,x"] * 60))
    counts = []
    for batch in (few, many):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(batch.get_absolute_url()).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("sheet", "sentence"),
    [
        (csv(*["Ada,hello"] * 6), "This sheet has more than 5 rows. Split it into several sheets."),
        (SimpleUploadedFile("a.xlsx", b"PK\x03\x04broken"), "could not be read"),
        (SimpleUploadedFile("a.csv", b"one,two\n1,2\n"), "Missing: avatar, audio. The template shows how."),
        (SimpleUploadedFile("a.csv", b""), "This file is empty."),
    ],
)
def test_a_sheet_that_cannot_be_used_is_told_on_the_page_and_nothing_is_kept(
    client, settings, sheet, sentence
):
    settings.BATCH_MAX_VIDEOS = 5
    answer = send(client, "sheet", sheet=sheet)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Batch.objects.exists()


def test_files_dropped_beside_the_sheet_are_the_sounds_that_it_names(client, speaker):
    speaker("Ada")
    keys = []
    for name in ("One Day.mp3", "two.mp3"):
        answer = client.post(
            reverse("batch-sound", args=["sheet"]),
            VOICE | {"sound": sound(name)},
            headers={"HX-Request": "true"},
        )
        assert name in answer.text
        keys.append(Voice.objects.latest("pk").pk)
    batch = send(
        client,
        "sheet",
        sheet=csv("Ada,one day.MP3", "Ada,C:\\sounds\\two.mp3", "Ada,two"),
        voice=keys,
        filevoice=keys,
        filename=["One Day.mp3", "two.mp3"],
    )
    assert [item.voice_id for item in batch.items.all()] == [keys[0], keys[1], keys[1]]


def test_without_a_script_the_sounds_come_with_the_sheet(client, speaker):
    speaker("Ada")
    batch = send(client, "sheet", sheet=csv("Ada,one.mp3"), sounds=[sound("one.mp3")])
    assert checks(batch) == {2: ""}


def test_a_sound_that_is_added_later_finds_its_rows(client, speaker):
    speaker("Ada")
    batch = send(client, "sheet", sheet=csv("Ada,one.mp3", "Ada,two.mp3", "Ada,one.mp3"))
    address = reverse("batch-sounds", args=[batch.pk])
    answer = client.post(address, VOICE | {"sound": sound("one.mp3")}, headers={"HX-Request": "true"})
    assert answer.text == "For rows 2, 4"
    answer = client.post(address, VOICE | {"sound": sound("three.mp3")}, headers={"HX-Request": "true"})
    assert answer.text == "No row uses this file."
    answer = client.post(
        address, VOICE | {"sound": SimpleUploadedFile("two.mp3", b"?")}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert [bool(reason) for reason in checks(batch).values()] == [False, True, False]
    client.post(address, VOICE | {"sound": [sound("two.mp3")]})  # a form without a script
    assert checks(batch) == {2: "", 3: "", 4: ""}


def test_a_row_is_put_right_by_hand_or_left_out(client, speaker, voice):
    speaker("Ada")
    voice("Hello")
    batch = send(client, "sheet", sheet=csv("Bob,hello,First", "Carl,hello"))
    first, second = batch.items.all()
    page = client.get(batch.get_absolute_url(), {"row": first.pk}).text
    assert 'name="avatar_text" value="Bob"' in page
    said = {"avatar_text": "Ada", "sound_text": "hello", "title": "First", "script": ""}
    client.post(reverse("batch-row", args=[batch.pk, first.pk]), said)
    assert "1 of 2" in client.get(batch.get_absolute_url()).text
    assert checks(batch)[2] == ""
    answer = client.post(
        reverse("batch-row-remove", args=[batch.pk, second.pk]), headers={"HX-Request": "true"}
    )
    assert "The row is ready." in answer.text
    assert batch.items.count() == 1


def test_a_draft_survives_reload_and_what_changed_meanwhile_is_seen(client, speaker, voice):
    ada = speaker("Ada")
    voice("Hello")
    batch = send(client, "sheet", sheet=csv("Ada,hello"))
    assert "The row is ready." in client.get(batch.get_absolute_url()).text
    ada.delete()
    page = client.get(batch.get_absolute_url()).text
    assert "no avatar called “Ada”" in page
    assert "Make videos" in page
    answer = client.post(reverse("batch-start", args=[batch.pk]), follow=True)
    assert "No row is ready yet" in answer.text
    assert Batch.objects.get().is_draft


def test_the_same_sheet_sent_twice_and_begun_twice_is_one_batch(client, speaker, voice):
    speaker("Ada")
    voice("Hello")
    ref = str(uuid.uuid4())
    first = send(client, "sheet", ref=ref, sheet=csv("Ada,hello"))
    assert send(client, "sheet", ref=ref, sheet=csv("Ada,hello")) == first
    for _ in range(2):
        client.post(reverse("batch-start", args=[first.pk]))
    assert Video.objects.count() == 1
    for late in ("batch-row", "batch-row-remove"):  # a page that was left open
        assert client.post(reverse(late, args=[first.pk, first.items.get().pk])).status_code == 404


def test_only_who_made_it_and_the_owner_may_change_a_draft(signed_in, client, tom, owner, speaker, voice):
    speaker("Ada")
    voice("Hello")
    batch = send(client, "sheet", sheet=csv("Ada,hello"))
    item = batch.items.get()
    toms = signed_in(tom)
    assert "Make the video" not in toms.get(batch.get_absolute_url()).text
    for name, args in [
        ("batch-start", [batch.pk]),
        ("batch-sounds", [batch.pk]),
        ("batch-rename", [batch.pk]),
        ("batch-delete", [batch.pk]),
        ("batch-row", [batch.pk, item.pk]),
        ("batch-row-remove", [batch.pk, item.pk]),
    ]:
        assert toms.post(reverse(name, args=args)).status_code == 403, name
        assert toms.get(reverse(name, args=args)).status_code == 405, name
    assert signed_in(owner).post(reverse("batch-start", args=[batch.pk])).status_code == 302
    assert Video.objects.get().made_by == item.batch.made_by


def test_a_draft_that_nobody_comes_back_to_is_cleared_after_a_week(client, speaker, voice):
    speaker("Ada")
    voice("Hello")
    old, new, begun = (send(client, "sheet", sheet=csv("Ada,hello")) for _ in range(3))
    client.post(reverse("batch-start", args=[begun.pk]))
    Batch.objects.exclude(pk=new.pk).update(created_at=timezone.now() - timedelta(days=8))
    poller.step()
    assert set(Batch.objects.all()) == {new, begun}
    assert not BatchItem.objects.filter(batch=old.pk).exists()


# ---------------------------------------------------------------- the template


def test_the_templates_can_be_sent_back_as_they_are(client, speaker, voice):
    speaker("Zoë")
    voice("Hello")
    for address, name in (
        (reverse("batch-template-csv"), "Videos.csv"),
        (reverse("batch-template-xlsx"), "Videos.xlsx"),
    ):
        answer = client.get(address)
        assert name in answer["Content-Disposition"]
        batch = send(client, "sheet", sheet=SimpleUploadedFile(name, answer.content))
        item = batch.items.get()
        assert (item.avatar_text, item.sound_text, item.error) == ("Zoë", "hello.mp3", "")


def test_the_excel_template_lists_who_can_speak_and_what_was_said_before(client, speaker, voice, new_avatar):
    ada, hello = speaker("Ada"), voice("Hello")
    new_avatar(name="Not ready")
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("batch-template-xlsx")).content))
    assert list(book["Avatars"].values) == [("avatar", "number"), ("Ada", ada.pk)]
    assert list(book["Voices"].values)[1] == ("Hello", hello.pk, 1)


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-2", "@SUM(A1)", "=1+1"])
def test_a_name_that_looks_like_a_formula_is_never_one_and_still_finds_its_avatar(
    client, speaker, voice, name
):
    avatar = speaker(name)
    voice("Hello")
    content = client.get(reverse("batch-template-csv")).content
    row = list(csv_files.reader(io.StringIO(content.decode("utf-8-sig"))))[1]
    assert row[0] == f"'{name}"
    assert send(client, "sheet", sheet=SimpleUploadedFile("a.csv", content)).items.get().avatar == avatar
    content = client.get(reverse("batch-template-xlsx")).content
    for cell in (openpyxl.load_workbook(io.BytesIO(content))[sheet]["A2"] for sheet in ("Videos", "Avatars")):
        assert (cell.data_type, cell.value) in {("s", name), ("inlineStr", name)}
    assert send(client, "sheet", sheet=SimpleUploadedFile("a.xlsx", content)).items.get().avatar == avatar
