"""Whoever uploads a portrait or a voice states that it may be used: asked for, kept, shown, exported."""

import io
import uuid
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from avatars.models import Avatar
from dashboard.consent.wordings import CURRENT, SENTENCES
from dashboard.jobs.provider_job import ProviderState
from dashboard.uploads.kept_files import FIELD
from tests.conftest import FIXTURES
from tests.consent import PORTRAIT, VOICE
from videos.models import Batch, BatchItem, Voice
from videos.voices import editing
from videos.voices.edit_spec import Edit

HTMX = {"HX-Request": "true"}
DETAILS = {"person": "Ada Lovelace", "reference": "Folder R-17"}
NOT_STATED = "Tick the box first"


@pytest.fixture
def client(signed_in, maria):
    return signed_in(maria)


def portrait(name="Ada.jpg"):
    return SimpleUploadedFile(name, (FIXTURES / "astronaut.jpg").read_bytes(), "image/jpeg")


def sound(name="Morning.wav"):
    return SimpleUploadedFile(name, (FIXTURES / "speech.wav").read_bytes(), "audio/wav")


def today() -> str:
    return timezone.localtime().strftime("%-d %B %Y")


# ---------------------------------------------------------------- asked for


def test_a_portrait_is_refused_without_the_statement_and_kept_with_it(client, maria):
    address = reverse("avatar-upload")
    answer = client.post(address, {"portraits": portrait()}, headers=HTMX)
    assert (answer.status_code, NOT_STATED in answer.text) == (422, True)
    assert not Avatar.objects.exists()
    assert (
        client.post(address, PORTRAIT | DETAILS | {"portraits": portrait()}, headers=HTMX).status_code == 200
    )
    consent = Avatar.objects.get().consent
    assert (consent.version, consent.by_name, consent.by_id) == (PORTRAIT["consent"], "Maria", maria.pk)
    assert (consent.person, consent.reference) == ("Ada Lovelace", "Folder R-17")
    assert consent.sentence == f"Maria stated on {today()}: “{SENTENCES[PORTRAIT['consent']]}”"


def test_a_form_without_a_script_is_refused_with_the_same_sentence(client):
    answer = client.post(
        reverse("avatar-upload"), {"portraits": [portrait(), portrait("Bea.jpg")]}, follow=True
    )
    assert NOT_STATED in answer.text
    assert not Avatar.objects.exists()


@pytest.mark.parametrize("version", ["voice-1", "portrait-0", "on", ""])
def test_only_a_sentence_about_portraits_counts_for_a_portrait(client, version):
    fields = {"portraits": portrait(), "consent": version}
    assert client.post(reverse("avatar-upload"), fields, headers=HTMX).status_code == 422


def test_every_sentence_that_was_ever_shown_stays_readable():
    """A statement keeps the version of its sentence: what stands here may only grow."""
    assert {"portrait-1", "voice-1", "sample-1"} <= set(SENTENCES)
    assert set(CURRENT.values()) <= set(SENTENCES)
    assert all(len(version) <= 24 for version in SENTENCES)


def test_another_picture_for_a_refused_portrait_needs_a_statement_of_its_own(client, new_avatar, maria):
    refused = {"state": ProviderState.FAILED, "portrait_refused": True}
    avatar = new_avatar(made_by=maria, **refused)
    address = reverse("avatar-replace", args=[avatar.pk])
    answer = client.post(address, {"portrait": portrait()}, headers=HTMX)
    assert (answer.status_code, NOT_STATED in answer.text) == (422, True)
    assert client.post(address, PORTRAIT | {"portrait": portrait()}, headers=HTMX).status_code == 200
    avatar.refresh_from_db()
    assert avatar.consent.by_name == "Maria"


def test_a_voice_is_refused_without_the_statement_wherever_it_is_added(client, maria):
    batch = Batch.objects.create(name="Spring", made_by=maria)
    BatchItem.objects.create(batch=batch, number=2, state="draft", sound_text="Morning.wav")
    for address in (
        reverse("voice-upload"),
        reverse("batch-sound", args=["sounds"]),
        reverse("batch-sound", args=["sheet"]),
        reverse("batch-sounds", args=[batch.pk]),
    ):
        answer = client.post(address, {"sound": sound()}, headers=HTMX)
        assert (answer.status_code, NOT_STATED in answer.text) == (422, True), address
        assert not Voice.objects.exists()
        answer = client.post(address, VOICE | {"sound": sound()}, headers=HTMX)
        assert answer.status_code == 200, address
        assert Voice.objects.get().consent.by_name == "Maria"
        Voice.objects.all().delete()


def test_no_piece_of_a_large_file_is_received_in_vain(client, settings):
    content = (FIXTURES / "speech.wav").read_bytes()
    pieces = {"first": (0, 50_000), "second": (50_000, len(content))}

    def send(which, **fields):
        start, end = pieces[which]
        headers = {
            **HTMX,
            "Idempotency-Key": "6d1f3d34-58dc-4c0a-9f0b-2f6d4d4f0f99",
            "Content-Range": f"bytes {start}-{end - 1}/{len(content)}",
        }
        piece = SimpleUploadedFile("Morning.wav", content[start:end])
        return client.post(reverse("voice-upload"), {"sound": piece, **fields}, headers=headers)

    assert send("first").status_code == 422
    assert send("first", **VOICE).status_code == 202
    assert send("second").status_code == 422  # nothing is lost by that
    assert send("second", **VOICE).status_code == 200
    assert Voice.objects.get().consent


# ---------------------------------------------------------------- a form without a script that was refused


def test_the_file_of_a_refused_video_need_not_be_chosen_again(client, speaker):
    fields = {"ref": str(uuid.uuid4()), "avatar": speaker.pk, "title": "Welcome"}
    answer = client.post(reverse("video-new"), fields | {"sound": sound()})
    assert answer.status_code == 422
    assert NOT_STATED in answer.text
    assert "Morning.wav" in answer.text
    kept = answer.context["kept"].token
    assert not Voice.objects.exists()
    answer = client.post(reverse("video-new"), VOICE | fields | {FIELD: kept})
    assert answer.status_code == 302
    voice = Voice.objects.get()
    assert (voice.name, voice.consent.by_name) == ("Morning", "Maria")


def test_kept_files_are_their_owners_and_go_when_they_have_been_used(
    client, signed_in, tom, speaker, settings
):
    fields = {"ref": str(uuid.uuid4()), "avatar": speaker.pk}
    kept = client.post(reverse("video-new"), fields | {"sound": sound()}).context["kept"].token
    answer = signed_in(tom).post(reverse("video-new"), VOICE | fields | {FIELD: kept})
    assert answer.status_code == 422
    assert client.post(reverse("video-new"), VOICE | fields | {FIELD: kept}).status_code == 302
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.glob("upload-kept-*"))
    fields["ref"] = str(uuid.uuid4())
    assert client.post(reverse("video-new"), VOICE | fields | {FIELD: kept}).status_code == 422
    assert client.post(reverse("video-new"), VOICE | fields | {FIELD: "forged"}).status_code == 422


def test_the_sounds_and_the_sheet_of_a_refused_batch_need_not_be_chosen_again(client, speaker):
    sheet = SimpleUploadedFile("Spring.csv", b"avatar,audio\r\nAda,Morning.wav")
    fields = {"ref": str(uuid.uuid4())}
    address = reverse("batch-new", args=["sheet"])
    answer = client.post(address, fields | {"sheet": sheet, "sounds": [sound()]})
    assert answer.status_code == 422
    assert "Spring.csv" in answer.text
    assert "Morning.wav" in answer.text
    answer = client.post(address, VOICE | fields | {FIELD: answer.context["kept"].token})
    assert answer.status_code == 302
    batch = Batch.objects.get()
    assert [item.error for item in batch.items.all()] == [""]
    assert batch.consent.by_name == "Maria"


# ---------------------------------------------------------------- kept, shown, exported


def test_the_page_shows_what_was_stated_and_offers_it_where_nothing_was(
    client, new_avatar, maria, signed_in, tom
):
    avatar = new_avatar(made_by=maria, state=ProviderState.READY)
    page = reverse("avatar", args=[avatar.pk])
    assert "Nobody has stated yet that this picture may be used." in client.get(page).text
    assert "State it now" not in signed_in(tom).get(page).text
    address = reverse("avatar-consent", args=[avatar.pk])
    assert signed_in(tom).post(address, PORTRAIT).status_code == 403
    answer = client.post(address, DETAILS, follow=True)
    assert NOT_STATED in answer.text
    answer = client.post(address, PORTRAIT | DETAILS, follow=True)
    assert f"Maria stated on {today()}" in answer.text
    assert "Ada Lovelace" in answer.text
    assert "Folder R-17" in answer.text


def test_who_it_is_may_be_changed_later_but_not_who_stated_it(client, owner, signed_in, maria, finished):
    voice = finished().voice
    Voice.objects.update(made_by=maria)
    address = reverse("voice-consent", args=[voice.pk])
    client.post(address, VOICE)
    before = Voice.objects.get().consent
    signed_in(owner).post(address, VOICE | DETAILS)
    after = Voice.objects.get().consent
    assert (after.by_name, after.at, after.person) == ("Maria", before.at, "Ada Lovelace")


def test_the_name_of_who_stated_it_stays_when_the_account_is_removed(client, maria):
    client.post(reverse("avatar-upload"), PORTRAIT | {"portraits": portrait()}, headers=HTMX)
    maria.delete()
    assert Avatar.objects.get().consent.sentence.startswith("Maria stated on ")


def test_a_part_of_a_recording_and_another_face_have_the_statement_of_the_whole(client, maria):
    client.post(reverse("voice-upload"), VOICE | DETAILS | {"sound": sound()}, headers=HTMX)
    whole = Voice.objects.get()
    part = editing.create_edit(whole, Edit.within(0.2, 0.8, whole.seconds, even=False), maria)
    assert part.consent == whole.consent
    client.post(reverse("avatar-upload"), PORTRAIT | DETAILS | {"portraits": portrait()}, headers=HTMX)
    avatar = Avatar.objects.get()
    Avatar.objects.update(faces=[[0, 0, 0.4, 0.4], [0.5, 0, 0.4, 0.4]])
    client.post(reverse("avatar-face", args=[avatar.pk]), {"face": "2"})
    other = Avatar.objects.exclude(pk=avatar.pk).get()
    assert other.consent.sentence == avatar.consent.sentence


def test_our_own_sample_needs_no_statement(client):
    client.post(reverse("sample"))
    page = client.get(Avatar.objects.get().get_absolute_url()).text
    assert SENTENCES["sample-1"] in page
    assert "State it now" not in page


def test_a_zip_lists_the_statements_of_what_is_in_it(client, finished):
    video = finished(title="Welcome")
    client.post(reverse("avatar-consent", args=[video.avatar_id]), PORTRAIT | DETAILS)
    for address, row, name in (
        ("videos-zip", video, "Welcome.mp4"),
        ("avatars-zip", video.avatar, "Ada.jpg"),
    ):
        answer = client.get(reverse(address), {"pk": row.pk})
        with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
            text = archive.read("Permissions.txt").decode()
        assert name in text
        assert f"Portrait: Maria stated on {today()}" in text
        assert "Release: Folder R-17" in text
    assert "Voice: Nobody has stated yet" in client_text(client, video)


def client_text(client, video) -> str:
    answer = client.get(reverse("videos-zip"), {"pk": video.pk})
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        return archive.read("Permissions.txt").decode()
