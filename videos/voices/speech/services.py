"""Saying a text: a voice with its script, or the sound of a sample."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from dashboard.consent.consented_model import Consent
from dashboard.consent.wordings import DRAFT
from dashboard.files import temporary_folders
from dashboard.models import User
from dashboard.uploads import UploadError, voices
from videos.models import Speech, Voice
from videos.voices.services import save_voice
from videos.voices.speech.source import Report, SpeechError
from videos.voices.speech.sources import find_source
from videos.voices.speech.text import find_words, make_name, split_text

NOT_A_SOUND = "What came from this voice is not a sound. Try again, or choose another voice."
NOTHING_TO_SAY = "There is nothing to say in this text. Type some words."
TOO_LONG = "This text takes longer to say than a video may be. Shorten it, or split it into several videos."

Words = list[tuple[str, float, float]]  # with start and end in seconds


@contextmanager
def speak(
    text: str, speaker: str, speed: float, report: Report
) -> Iterator[tuple[voices.JoinedVoice, Words]]:
    """The sound of a text, on disk until the `with` block ends, and when each word is said, if that is known.

    Raises SpeechError.
    """
    source = find_source(speaker)
    pieces = split_text(text, {}, source.max_chars)
    if not pieces:
        raise SpeechError(NOTHING_TO_SAY)
    with temporary_folders.create("speech") as folder:
        spoken = source.speak(pieces, speaker.partition(":")[2], speed, folder, report)
        parts = [(one.path, piece.pause) for one, piece in zip(spoken, pieces, strict=True)]
        max_seconds = settings.CG_AVATAR_MAX_AUDIO_SECONDS or None
        try:
            with voices.join(
                parts, max_seconds=max_seconds, too_long=TOO_LONG, no_sound=NOT_A_SOUND
            ) as sound:
                words: Words = []
                for piece, one, start, end in zip(pieces, spoken, sound.starts, sound.ends, strict=True):
                    times = [(place, start + seconds) for place, seconds in one.words]
                    words += piece.time_words(times, end)
                yield sound, words
        except UploadError as error:
            raise SpeechError(str(error)) from error


def make_voice(speech: Speech, report: Report) -> Voice:
    """The voice of a text; `speech.words` are set, nothing else is saved. Raises SpeechError."""
    with speak(speech.text, speech.speaker, speech.speed, report) as (sound, words):
        speech.words = [(word, round(start, 3), round(end, 3)) for word, start, end in words]
        return save_voice(
            sound,
            name=speech.name or make_name(speech.text),
            made_by=speech.made_by,
            script=find_words(speech.text),
            **speech.consent_columns,
        )


def state_consent(speaker: str, stated: Consent | None) -> dict[str, Any]:
    """The columns of the statement about a voice: what somebody stated, or what the program says of its draft voices."""
    consent = stated if find_source(speaker).needs_consent else Consent(DRAFT)
    return consent.columns if consent else {}


def create_speech(ref: uuid.UUID, user: User, consent: Consent | None, **fields: Any) -> Speech:
    """The row of a text to be said; the same `ref` twice is one row. Call it in a transaction."""
    values = {**fields, **state_consent(fields["speaker"], consent), "made_by": user}
    speech, _ = Speech.objects.get_or_create(ref=ref, defaults=values)
    return speech


def find_last_speaker(user: User) -> str:
    """The synthetic voice that this person used last, or an empty string."""
    rows = Speech.objects.filter(made_by=user).order_by("-state_since")
    return rows.values_list("speaker", flat=True).first() or ""
