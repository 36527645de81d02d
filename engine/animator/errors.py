"""What can be wrong with a picture or a sound, as sentences that say what to do."""

from __future__ import annotations

# {pixels}: the smaller side of the face, {least}: MIN_FACE
PORTRAIT_SENTENCES = {
    "no_face": "We could not find a person's face in this picture. Use a photo that shows one face from the front.",
    "animal": "This looks like an animal. Use a portrait of a person.",
    "face_too_small": "The face in this picture is too small. Use a closer photo, in which the face is at least "
    "64 pixels wide and high.",
    "turned_away": "The face is turned too far to the side. Use a photo in which the person looks towards "
    "the camera.",
    "too_dark": "The face is too dark to make out. Use a photo with more light on the face.",
    "too_blurred": "The face is too blurred. Use a sharp photo, taken with a steady hand and in good light.",
    "covered": "Part of the face is covered. Use a photo in which mouth and eyes can be seen.",
    "unreadable": "This file could not be read as a picture. Use a JPEG, PNG or WebP photo.",
}
SOUND_SENTENCES = {
    "no_sound": "This file has no audio. Use a file with an audio track.",
    "too_short": "This audio is too short. Use a recording of at least a tenth of a second.",
    "too_long": "This audio is too long. Use a shorter recording.",
    "unreadable": "This file could not be read as audio. Use a WAV, MP3, M4A, OGG, WebM or FLAC recording.",
}
WARNINGS = {
    "blurred": "The face looks out of focus; a sharper photo gives a better result.",
    "dark": "The face is rather dark; more light on it gives a better result.",
    "several_faces": "There are several faces in this picture; the largest one was used.",
    "turned": "The head is turned to the side; a photo from the front gives a better result.",
    "rotated": "The picture was sideways or upside down and was rotated.",
    "small": "The face is small in this picture ({pixels} pixels): the video will be a little soft. "
    "A closer photo gives a sharper one.",
}


class AnimatorError(ValueError):
    """Base of errors that the user can fix; ``str(e)`` is the sentence, ``e.reason`` a stable key."""

    sentences: dict[str, str] = {}

    def __init__(self, reason: str, sentence: str | None = None) -> None:
        super().__init__(sentence or self.sentences[reason])
        self.reason = reason

    def __reduce__(self) -> tuple[type[AnimatorError], tuple[str, str]]:
        return type(self), (self.reason, str(self))


class PortraitError(AnimatorError):
    """The picture cannot be animated: the keys of PORTRAIT_SENTENCES."""

    sentences = PORTRAIT_SENTENCES


class SoundError(AnimatorError):
    """The sound cannot be used: no_sound, too_short, too_long, unreadable."""

    sentences = SOUND_SENTENCES
