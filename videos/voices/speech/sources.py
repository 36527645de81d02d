"""All sources of synthetic voices, and their voices."""

from videos.voices.speech.draft_voices import DraftVoices
from videos.voices.speech.source import Source, Speaker, SpeechError

SOURCES: tuple[Source, ...] = (DraftVoices(),)
DEFAULT_SPEAKER = "draft:en-us"
GONE = "The voice that was chosen for this text is not there any more. Choose another one."


def list_groups() -> list[tuple[Source, list[Speaker]]]:
    """The sources that can be used now, each with its voices."""
    found = [(source, source.list_speakers()) for source in SOURCES]
    return [(source, speakers) for source, speakers in found if speakers]


def find_source(speaker_key: str) -> Source:
    """The source of a voice. Raises SpeechError."""
    for source in SOURCES:
        if speaker_key.partition(":")[0] == source.key:
            return source
    raise SpeechError(GONE)


def find_speaker(speaker_key: str) -> Speaker | None:
    """The voice with this key, if it is there now."""
    try:
        speakers = find_source(speaker_key).list_speakers()
    except SpeechError:
        return None
    return next((speaker for speaker in speakers if speaker.key == speaker_key), None)
