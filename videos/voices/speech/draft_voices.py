"""Draft voices: espeak-ng, in a child process. They sound robotic, and need no set-up."""

import functools
import importlib.util
from collections.abc import Sequence
from pathlib import Path

from dashboard.uploads import UploadError
from dashboard.uploads.voices import speak_draft
from videos.voices.speech.languages import name_language
from videos.voices.speech.source import Report, Speaker, SpeechError, SpokenPiece
from videos.voices.speech.text import Piece

# Of espeak-ng's languages those that many people speak or that it speaks well, by the codes that they have there.
LANGUAGES = (
    *("af", "ar", "az", "be", "bg", "bn", "bs", "ca", "cmn", "cs", "cy", "da", "de", "el", "en-gb", "en-us"),
    *("eo", "es", "es-419", "et", "eu", "fa", "fi", "fr", "ga", "gu", "he", "hi", "hr", "hu", "hy", "id"),
    *("is", "it", "ka", "kk", "kn", "ko", "lt", "lv", "mk", "ml", "mr", "ms", "nb", "ne", "nl", "pa", "pl"),
    *(
        "pt",
        "pt-br",
        "ro",
        "ru",
        "sk",
        "sl",
        "sq",
        "sr",
        "sv",
        "sw",
        "ta",
        "te",
        "tr",
        "uk",
        "ur",
        "uz",
        "vi",
    ),
)
NAMES = {"en-gb": "en"}  # of their files, where those are not the code
# A voice of the library, and the variant that makes it higher.
PITCHES = {"": "deep", "+f3": "high"}


class DraftVoices:
    """The source `draft`."""

    key = "draft"
    label = "Draft voices: robotic, for drafts and timing"
    max_chars = 4000
    needs_consent = False

    @functools.cached_property
    def _speakers(self) -> list[Speaker]:
        if importlib.util.find_spec("espeakng_loader") is None:  # no package for this kind of machine
            return []
        named = {code: name_language(code) for code in LANGUAGES}
        return [
            Speaker(f"{self.key}:{code}{variant}", f"{named[code]}, {pitch}", code)
            for code in sorted(LANGUAGES, key=lambda code: named[code].casefold())
            for variant, pitch in PITCHES.items()
        ]

    def list_speakers(self) -> list[Speaker]:
        return self._speakers

    def speak(
        self, pieces: Sequence[Piece], name: str, speed: float, folder: Path, report: Report
    ) -> list[SpokenPiece]:
        """All pieces in one child process. Raises SpeechError."""
        try:
            language, plus, variant = name.partition("+")
            voice = f"{NAMES.get(language, language)}{plus}{variant}"
            words = speak_draft([piece.spoken for piece in pieces], voice, speed, folder)
        except UploadError as error:
            raise SpeechError(str(error)) from error
        report(90)
        return [SpokenPiece(folder / f"part-{number}.wav", times) for number, times in enumerate(words)]
