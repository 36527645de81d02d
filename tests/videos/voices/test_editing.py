"""Cutting voices, and how long they stay: through the pages, with real sounds."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tests.conftest import FIXTURES
from tests.consent import OURS
from videos.models import Batch, BatchItem, Video, Voice
from videos.voices import editing
from videos.voices import services as voice_services
from videos.voices.edit_spec import Edit, format_time

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def recording(maria) -> Voice:
    return voice_services.create_voice(FIXTURES / "speech.wav", "Morning.wav", maria, consent=OURS)


@pytest.fixture
def cut(signed_in, maria, recording):
    """What the editor sends -> the voice that comes of it."""

    def send(user=None, voice=None, **fields) -> Voice:
        address = reverse("voice-edit", args=[(voice or recording).pk])
        answer = signed_in(user or maria).post(address, fields, headers=HTMX)
        assert answer.status_code == 200, answer.text
        return Voice.objects.get(pk=answer.text.split('value="')[1].split('"')[0])

    return send


def files() -> set[str]:
    return {path.name for path in Path(default_storage.location, "videos/voices").glob("*.wav")}


def test_a_cut_is_a_voice_of_its_own_and_the_recording_stays_as_it_was(cut, recording, maria):
    before = recording.sound.open().read()
    part = cut(start="0.5", end="0:02.3", even="on")
    assert part.name == "Morning, 0:00.5 to 0:02.3, normalized"
    assert part.seconds == pytest.approx(1.8, abs=0.001)
    assert (part.original, part.made_by, len(part.peaks)) == (recording, maria, 200)
    assert part.edit == {"start": 0.5, "end": 2.3, "even": True}
    assert recording.sound.open().read() == before
    assert part.sound.name != recording.sound.name


def test_the_same_cut_asked_for_twice_is_one_voice(cut, recording):
    first = cut(start="0.5")
    assert cut(start="0:00.500", end=f"{recording.seconds:.6f}") == first
    assert Voice.objects.count() == 2


def test_cutting_a_cut_begins_again_at_the_recording(cut, recording):
    part = cut(start="1", end="2")
    longer = cut(voice=part, start="0.5", end="3")
    assert longer.original == recording
    assert longer.seconds == pytest.approx(2.5, abs=0.001)
    assert cut(voice=longer) == recording  # nothing cut and nothing evened: the recording itself


def test_silence_is_cut_at_both_ends_without_a_script(signed_in, maria, recording):
    speech = editing.load_waveform(recording).speech
    answer = signed_in(maria).post(reverse("voice-edit", args=[recording.pk]), {"silence": "on"}, follow=True)
    assert "was saved as a new voice" in answer.text
    assert recording.edits.get().edit == {"start": speech[0], "end": speech[1], "even": False}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"start": "x"}, "Enter minutes and seconds"),
        ({"start": "2", "end": "1"}, "The end must be after the start."),
        ({"start": "99"}, "The recording is shorter than that."),
        ({"start": "1", "end": "1.05"}, "Choose a longer part."),
        ({"end": "-1"}, "Enter minutes and seconds"),
        ({"end": "nan"}, "Enter minutes and seconds"),
    ],
)
def test_a_cut_that_cannot_be_is_a_sentence_and_leaves_nothing(signed_in, maria, recording, fields, sentence):
    address, there = reverse("voice-edit", args=[recording.pk]), files()
    assert sentence in signed_in(maria).post(address, fields, headers=HTMX).text
    page = signed_in(maria).post(address, fields)
    assert page.status_code == 422
    assert sentence in page.text
    assert Voice.objects.count() == 1
    assert files() == there


def test_a_recording_whose_file_is_gone_says_so(signed_in, maria, recording):
    default_storage.delete(recording.sound.name)
    client = signed_in(maria)
    for address in (reverse("voice-facts", args=[recording.pk]), reverse("voice-edit", args=[recording.pk])):
        answer = (
            client.get(address) if "facts" in address else client.post(address, {"start": "1"}, headers=HTMX)
        )
        assert (answer.status_code, answer.text) == (
            422,
            "The file of this recording is missing. Upload it again.",
        )
    assert client.get(recording.get_absolute_url()).status_code == 200


def test_what_was_only_listened_to_goes_when_it_is_changed_again(cut, recording, tom):
    heard = cut(even="on")
    better = cut(even="on", start="0.5", replaces=heard.pk)
    assert set(Voice.objects.all()) == {recording, better}
    Video.objects.create(title="Used", voice=better)
    kept = cut(even="on", start="0.6", replaces=better.pk)
    assert set(recording.edits.all()) == {better, kept}  # a video needs the one
    assert cut(user=tom, start="0.7", replaces=kept.pk).original == recording
    assert kept in recording.edits.all()  # and the other is not Tom's
    assert cut(start="0.6", replaces=recording.pk) != recording
    assert Voice.objects.filter(pk=recording.pk).exists()


def test_a_cut_of_somebody_else_s_recording_is_one_s_own(cut, recording, tom):
    mine, hers = cut(user=tom, start="1"), cut(start="1")
    assert mine != hers
    assert (mine.made_by, mine.original) == (tom, recording)


@pytest.mark.django_db(transaction=True)
def test_the_same_cut_asked_for_at_the_same_moment_is_one_voice(recording, maria):
    made = []

    def make() -> None:
        made.append(
            editing.create_edit(recording, Edit.within(0.5, 2, recording.seconds, even=False), maria).pk
        )
        connection.close()

    there = files()
    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert len(files() - there) == 1


def test_words_stay_with_what_keeps_all_of_them(recording, cut):
    Video.objects.create(title="x", voice=recording, script="Papa may buy my big blue map.")
    start, end = editing.load_waveform(recording).speech
    assert cut(even="on").script == "Papa may buy my big blue map."
    assert cut(start=f"{start:.3f}", end=f"{end:.3f}").script == "Papa may buy my big blue map."
    assert cut(start="1.5").script == ""


def test_the_editor_is_told_all_it_needs(signed_in, maria, recording, cut):
    part = cut(start="1", end="2")
    client = signed_in(maria)
    facts = client.get(reverse("voice-facts", args=[part.pk])).json()
    assert facts["edit"] == {"start": 1.0, "end": 2.0, "even": False}
    assert facts["seconds"] == recording.seconds
    shape = client.get(facts["shape"])
    assert shape["Content-Type"] == "application/json"
    assert set(b"".join(shape).decode()) > set('{"step": , "peaks": ')
    assert (
        client.get(facts["sound"])["Content-Type"]
        == client.get(facts["result"])["Content-Type"]
        == "audio/wav"
    )
    name = Voice.objects.get(pk=recording.pk).shape.name
    client.get(reverse("voice-facts", args=[recording.pk]))
    assert Voice.objects.get(pk=recording.pk).shape.name == name  # looked at once


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (3.04, "0:03"), (9.96, "0:10"), (59.96, "1:00"), (72.45, "1:12.4")]
)
def test_a_moment_is_written_as_people_read_it(seconds, words):
    assert format_time(seconds) == words


def test_the_name_of_a_cut_fits_whatever_the_recording_is_called():
    name = Edit(1.0, 72.5, True).name("x" * 200, 100)
    assert len(name) <= 200
    assert name.endswith("x, 0:01 to 1:12.5, normalized")
    assert Edit(0.0, 8.0, True).name("Hi", 8.0) == "Hi, normalized"


# ---------------------------------------------------------------- how long they stay


def swept(voice: Voice, days: float) -> bool:
    """Whether the voice is gone after the poller has looked again so many days later."""
    voice_services.delete_unused()
    for one in Voice.objects.exclude(unused_since=None):
        Voice.objects.filter(pk=one.pk).update(unused_since=one.unused_since - timedelta(days=days))
    voice_services.delete_unused()
    return not Voice.objects.filter(pk=voice.pk).exists()


def test_a_voice_that_nothing_uses_stays_for_thirty_days(
    signed_in, maria, recording, django_capture_on_commit_callbacks
):
    page = signed_in(maria).get(recording.get_absolute_url()).text
    day = timezone.localtime() + timedelta(days=30)
    assert f"It is deleted on {day.day} {day:%B %Y}" in page
    assert not swept(recording, 29.9)
    with django_capture_on_commit_callbacks(execute=True):
        assert swept(recording, 0.2)
    assert not default_storage.exists(recording.sound.name)


def test_the_days_are_counted_from_when_it_was_last_used(recording):
    video = Video.objects.create(title="x", voice=recording)
    Voice.objects.update(created_at=timezone.now() - timedelta(days=400))
    assert not swept(recording, 400)
    video.delete()
    assert not swept(recording, 29)
    Video.objects.create(title="again", voice=recording)
    assert not swept(recording, 5)
    assert Voice.objects.get().unused_since is None


@pytest.mark.parametrize("user", ["a cut of it", "a row of a batch", "its maker"])
def test_what_something_needs_stays(recording, cut, signed_in, maria, user):
    if user == "a cut of it":
        Video.objects.create(title="x", voice=cut(start="1"))
    elif user == "a row of a batch":
        BatchItem.objects.create(batch=Batch.objects.create(name="b"), number=1, voice=recording)
    else:
        page = signed_in(maria).post(reverse("voice-keep", args=[recording.pk]), {"keep": "yes"}, follow=True)
        assert "This voice is kept" in page.text
    assert not swept(recording, 400)
    Video.objects.all().delete()
    Batch.objects.all().delete()
    signed_in(maria).post(reverse("voice-keep", args=[recording.pk]))
    Voice.objects.exclude(pk=recording.pk).delete()
    assert swept(recording, 31)
