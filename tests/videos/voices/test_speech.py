"""From a typed text to a voice: draft voices, the task, and what becomes of it."""

import wave

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from dashboard.jobs.local_job import LocalState
from videos.models import Speech, Voice
from videos.voices import services as voice_services
from videos.voices.speech import poller, services, tasks
from videos.voices.speech.draft_voices import LANGUAGES

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TEXT = "Good morning, NASA. [pause 2]\n\nHere is the news."


@pytest.fixture
def new_speech(maria):
    def make(text: str = TEXT, **fields) -> Speech:
        values = {"speaker": "draft:en-us", "made_by": maria} | services.state_consent("draft:x", None)
        return Speech.objects.create(text=text, **values | fields)

    return make


def test_who_typed_a_text_hears_on_any_page_that_its_voice_is_there(new_speech, maria, signed_in):
    tasks.work(new_speech().pk)
    (item,) = signed_in(maria).get("/news/", {"since": "2026-01-01T00:00:00Z"}).json()["items"]
    assert "Good morning, NASA." in item["text"]
    assert not item["bad"]


def test_a_text_becomes_an_ordinary_voice_that_knows_its_script(new_speech, maria):
    speech = new_speech()
    tasks.work(speech.pk)
    speech.refresh_from_db()
    voice = speech.voice
    assert (speech.state, voice.made_by, voice.script) == (
        LocalState.READY,
        maria,
        "Good morning, NASA.\n\nHere is the news.",
    )
    assert voice.consent.is_ours
    assert voice.name == "Good morning, NASA. Here is the news."
    assert [word for word, _, _ in speech.words] == [
        "Good",
        "morning,",
        "NASA.",
        "Here",
        "is",
        "the",
        "news.",
    ]
    gap = speech.words[3][1] - speech.words[2][2]
    assert 2.4 < gap < 3.2  # the mark and the paragraph
    with voice.sound.open("rb") as file, wave.open(file) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(voice.seconds, abs=0.01)
    assert speech.words[-1][2] <= voice.seconds


def test_a_draft_voice_is_there_for_some_forty_languages_and_speaks_them(tmp_path):
    assert 40 <= len(LANGUAGES) == len(set(LANGUAGES))
    for code in LANGUAGES:  # a library call each; the numbers are read in every script
        with services.speak("1 2 3", f"draft:{code}", 1.0, lambda percent: None) as (sound, _):
            assert sound.seconds > 0.3, code
        if code == "bn":  # the others are tried by hand: each takes a second in child processes
            break


def test_twice_the_speed_is_much_shorter():
    lengths = []
    for speed in (1.0, 2.0):
        with services.speak(
            "This is the usual text for it.", "draft:en-gb+f3", speed, lambda percent: None
        ) as (
            sound,
            _,
        ):
            lengths.append(sound.seconds)
    assert lengths[1] < 0.7 * lengths[0]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": "[pause]"}, services.NOTHING_TO_SAY),
        ({"speaker": "draft:tlh"}, "This draft voice is not there. Choose another voice."),
        (
            {"speaker": "gone:x"},
            "The voice that was chosen for this text is not there any more. Choose another one.",
        ),
    ],
)
def test_what_cannot_be_said_fails_with_a_sentence_and_leaves_nothing(new_speech, fields, sentence):
    speech = new_speech(**fields)
    tasks.work(speech.pk)
    speech.refresh_from_db()
    assert (speech.state, speech.error) == (LocalState.FAILED, sentence)
    assert not Voice.objects.exists()


def test_a_text_that_takes_too_long_says_so(new_speech, settings):
    settings.CG_AVATAR_MAX_AUDIO_SECONDS = 2
    speech = new_speech()
    tasks.work(speech.pk)
    speech.refresh_from_db()
    assert speech.error == services.TOO_LONG


def test_what_was_cancelled_while_it_was_said_leaves_no_voice(new_speech, monkeypatch):
    speech = new_speech()
    make = services.make_voice

    def cancel_then(row, report):
        voice = make(row, report)
        assert tasks.cancel(row)
        return voice

    monkeypatch.setattr(services, "make_voice", cancel_then)
    tasks.work(speech.pk)
    assert not Speech.objects.exists()
    assert not Voice.objects.exists()


def test_a_sample_is_only_a_sound_and_goes_after_an_hour(new_speech):
    speech = new_speech("Listen.", is_sample=True)
    tasks.work(speech.pk)
    speech.refresh_from_db()
    assert speech.is_ready
    assert not Voice.objects.exists()
    assert default_storage.exists(speech.sound.name)
    Speech.objects.update(created_at=timezone.now() - 2 * poller.KEEP_SAMPLES)
    poller.step()
    assert not Speech.objects.exists()


def test_the_text_goes_with_its_voice(new_speech):
    speech = new_speech()
    tasks.work(speech.pk)
    speech.refresh_from_db()
    voice_services.remove(speech.voice)
    assert not Speech.objects.exists()
