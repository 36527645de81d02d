"""The sentences by which people state that they may use a portrait or a voice.

Rows keep the version of the sentence that was shown. So a sentence is never changed or removed here: another wording
gets another version.
"""

from django.db import models


class Kind(models.TextChoices):
    """What a statement is about."""

    PORTRAIT = "portrait"
    VOICE = "voice"
    SPEECH = "speech"  # a synthetic voice


SENTENCES = {
    "portrait-1": "I may use this picture, and the person in it agreed to appear in AI-generated videos. "
    "Or it is a picture of me, or of nobody real.",
    "voice-1": "I may use this recording, and the person speaking agreed to be heard in AI-generated videos. "
    "Or it is my own voice, or nobody’s.",
    "speech-1": "I may use this voice: it is nobody’s, or the person it was made from agreed to be heard in "
    "AI-generated videos.",
    "draft-1": "A draft voice of this program says it. It is nobody’s voice.",
    "sample-1": "This sample comes with the program, and everybody may use it.",
}
CURRENT = {Kind.PORTRAIT: "portrait-1", Kind.VOICE: "voice-1", Kind.SPEECH: "speech-1"}
# Stated by the program itself.
SAMPLE, DRAFT = "sample-1", "draft-1"


def versions_of(kind: str) -> list[str]:
    """All versions for this kind: a page may have been open while a new one came."""
    return [version for version in SENTENCES if version.startswith(f"{kind}-")]
