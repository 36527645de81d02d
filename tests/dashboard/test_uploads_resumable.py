"""Files that come in pieces: nothing is lost, nothing is taken twice, and nobody gets at another person's pieces."""

import threading
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from avatars.models import Avatar
from dashboard.uploads import resumable
from tests.conftest import FIXTURES
from tests.consent import OURS, PORTRAIT, VOICE
from tests.sign_in import expect_sign_in
from tests.stored_files import list_stored
from videos.models import Voice
from videos.voices import services

SOUND = (FIXTURES / "speech.wav").read_bytes()
PIECE = 40_000
KEY = "6d1f3d34-58dc-4c0a-9f0b-2f6d4d4f0f11"


@pytest.fixture
def client(signed_in, maria):
    return signed_in(maria)


@pytest.fixture
def parts(settings):
    """How large the files are whose pieces wait on the disk."""
    pattern = "upload-*.part"
    for path in settings.FILE_UPLOAD_TEMP_DIR.glob(pattern):  # other tests'
        path.unlink()
    return lambda: [path.stat().st_size for path in settings.FILE_UPLOAD_TEMP_DIR.glob(pattern)]


def send(client, start, end=None, *, key=KEY, content=SOUND, total=None, path=None, **headers):
    end = min(len(content), start + PIECE) if end is None else end
    file = SimpleUploadedFile("Morning.wav", content[start:end], "audio/wav")
    headers = {
        "HX-Request": "true",
        "Idempotency-Key": key,
        "Content-Range": f"bytes {start}-{end - 1}/{total or len(content)}",
    } | headers
    headers = {name: value for name, value in headers.items() if value is not None}
    return client.post(path or reverse("voice-upload"), VOICE | {"sound": file}, headers=headers)


def whole(client, key=KEY):
    return send(client, 0, len(SOUND), key=key, **{"Content-Range": None})


def test_the_pieces_become_one_sound_and_the_last_one_gets_the_answer(client, parts):
    for start in (0, PIECE):
        answer = send(client, start)
        assert (answer.status_code, answer.json()) == (202, {"received": start + PIECE})
    assert not Voice.objects.exists()
    answer = send(client, 2 * PIECE)
    assert answer.status_code == 200
    voice = Voice.objects.get()
    assert (voice.name, f'id="voice-{voice.pk}"' in answer.text) == ("Morning", True)
    assert voice.seconds == pytest.approx(
        services.create_voice(FIXTURES / "speech.wav", "x", voice.made_by, consent=OURS).seconds
    )
    assert parts() == []


def test_a_piece_that_does_not_fit_is_told_where_to_go_on(client, parts):
    send(client, 0)
    answer = send(client, 2 * PIECE)  # a piece is missing
    assert (answer.status_code, answer.json()) == (409, {"received": PIECE})
    answer = send(client, 0)  # the answer was lost: it is here already
    assert (answer.status_code, answer.json()) == (202, {"received": PIECE})
    assert parts() == [PIECE]
    answer = send(client, PIECE, key=str(uuid.uuid4()))  # nothing is here, perhaps after a day
    assert (answer.status_code, answer.json()) == (409, {"received": 0})


@pytest.mark.parametrize("again", [whole, lambda client: send(client, 2 * PIECE)])
def test_a_file_whose_answer_was_lost_is_not_taken_twice(client, again):
    for start in (0, PIECE, 2 * PIECE):
        send(client, start)
    assert again(client).status_code == 200
    assert Voice.objects.count() == 1


def test_a_portrait_that_is_sent_twice_is_one_avatar(client):
    picture = (FIXTURES / "astronaut.jpg").read_bytes()
    answers = []
    for _ in range(2):
        file = SimpleUploadedFile("ada.jpg", picture, "image/jpeg")
        headers = {"HX-Request": "true", "Idempotency-Key": KEY}
        answers.append(
            client.post(reverse("avatar-upload"), PORTRAIT | {"portraits": file}, headers=headers).status_code
        )
    assert answers == [200, 200]
    assert Avatar.objects.count() == 1


def test_a_sound_that_is_sent_twice_to_a_draft_is_one_sound(client, maria, parts):
    from videos.models import Batch, BatchItem

    batch = Batch.objects.create(name="Spring", made_by=maria)
    BatchItem.objects.create(batch=batch, number=2, state="draft", sound_text="Morning.wav")
    path = reverse("batch-sounds", args=[batch.pk])
    for _ in range(2):
        answer = send(client, 0, len(SOUND), path=path)
        assert answer.text == "For row 2"
    assert Voice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_the_same_moment_make_one_sound(client, parts):
    """The browser gave one up and sends again what the server is still reading."""
    for start in (0, PIECE):
        send(client, start)
    statuses = []

    def last() -> None:
        statuses.append(send(client, 2 * PIECE).status_code)
        connection.close()

    threads = [threading.Thread(target=last) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200, 200]
    assert Voice.objects.count() == 1
    assert parts() == []


@pytest.mark.django_db(transaction=True)
def test_two_whole_files_at_the_same_moment_make_one_sound(client, settings):
    threads = [threading.Thread(target=lambda: (whole(client), connection.close())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Voice.objects.count() == 1
    assert list_stored("videos/voices")


def test_another_person_with_the_same_reference_has_pieces_and_sounds_of_their_own(signed_in, client, tom):
    send(client, 0)
    toms = signed_in(tom)
    assert send(toms, PIECE).json() == {"received": 0}
    for one in (client, toms):
        assert whole(one).status_code == 200
    assert Voice.objects.count() == 2


def test_a_file_that_cannot_be_read_is_a_sentence_and_leaves_nothing(client, parts):
    content = b"no sound" * 10_000
    send(client, 0, content=content)
    answer = send(client, PIECE, content=content)
    assert answer.status_code == 422
    assert "not an audio file we can read" in answer.text
    assert parts() == []


def test_after_a_fault_of_ours_the_last_piece_is_enough(client, monkeypatch, parts):
    for start in (0, PIECE):
        send(client, start)
    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(services, "create_voice", lambda *args, **kwargs: 1 / 0)
        assert send(client, 2 * PIECE).status_code == 500
    assert parts() == [len(SOUND)]
    assert send(client, 2 * PIECE).status_code == 200
    assert Voice.objects.count() == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Range": "bytes 0-/9"}, 400),
        ({"Content-Range": "bytes 0-5/110278"}, 400),
        ({"Content-Range": "bytes 0-39999/39999"}, 400),
        ({"Content-Range": "chapters 0-39999/110278"}, 400),
        ({"Idempotency-Key": None}, 400),
        ({"Idempotency-Key": "../../etc"}, 400),
        ({"Content-Range": f"bytes 0-39999/{2**40}"}, 413),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_kept(client, parts, headers, status):
    assert send(client, 0, PIECE, **headers).status_code == status
    assert parts() == []


def test_nobody_sends_pieces_without_signing_in(db, client, parts):
    client.logout()
    with expect_sign_in():
        assert send(client, 0)["HX-Redirect"].startswith("/accounts/login/")
    assert parts() == []


def test_a_piece_is_not_lost_to_a_file_that_was_deleted_while_it_waited(client, parts, tmp_path):
    path = tmp_path / "upload.part"
    with resumable._lock(path) as first:
        first.write(b"x")
        waiting = threading.Thread(target=_write, args=(path,))
        waiting.start()
        path.unlink()
    waiting.join()
    assert path.read_bytes() == b"y"


def _write(path):
    with resumable._lock(path) as part:
        part.write(b"y")
        part.flush()
