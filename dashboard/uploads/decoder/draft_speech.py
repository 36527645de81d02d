"""Saying texts with espeak-ng, whose library and data a Python package carries. Loaded by this child process alone."""

import contextlib
import ctypes
import json
import wave
from pathlib import Path
from typing import Any

from dashboard.uploads.decoder import FileRefused

NOTHING_SAID = "The draft voice cannot say this text. Check that the text is in its language."
NO_SUCH_VOICE = "This draft voice is not there. Choose another voice."
RETRIEVAL, DONT_EXIT = 2, 0x8000  # espeak_AUDIO_OUTPUT, an option of espeak_Initialize
CHARS_UTF8, END_PAUSE, BY_CHARACTER = 1, 0x1000, 1
RATE, LOWEST_RATE, HIGHEST_RATE = 165, 80, 450  # words a minute: of speed 1, and what the library can
WORD, END_OF_LIST = 1, 0  # espeak_EVENT_TYPE


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


class _Voice(ctypes.Structure):
    """The beginning of espeak_VOICE."""

    _fields_ = [("name", ctypes.c_char_p), ("languages", ctypes.c_char_p), ("identifier", ctypes.c_char_p)]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


def speak(request: dict[str, Any]) -> dict[str, Any]:
    """Write part-0.wav and so on, one for each of the pieces in the source file. Raises FileRefused.

    "words" of the answer: for each piece, the place of each word in it and the seconds at which it begins.
    """
    with open(request["source"], encoding="utf-8") as file:
        pieces: list[str] = json.load(file)
    library, rate = _load()
    _choose(library, request["voice"])
    words_a_minute = min(max(round(RATE * request["speed"]), LOWEST_RATE), HIGHEST_RATE)
    library.espeak_SetParameter(1, words_a_minute, 0)
    times = []
    for number, text in enumerate(pieces):
        samples, words = _speak_piece(library, text)
        if not samples:
            samples = bytes(rate // 5 * 2)  # a fifth of a second for what cannot be said
        with contextlib.closing(wave.open(str(Path(request["work"]) / f"part-{number}.wav"), "wb")) as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(rate)
            out.writeframes(samples)
        times.append(words)
    if not any(times):
        raise FileRefused(NOTHING_SAID)
    return {"words": times}


def _load() -> tuple[ctypes.CDLL, int]:
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(RETRIEVAL, 0, espeakng_loader.get_data_path().encode(), DONT_EXIT)
    if rate <= 0:
        raise FileRefused("The draft voices cannot be loaded on this server.")
    return library, rate


def _choose(library: ctypes.CDLL, voice: str) -> None:
    """A voice by its language, as "de", perhaps with a variant, as "de+f3". Raises FileRefused."""
    language, plus, variant = voice.partition("+")
    if library.espeak_SetVoiceByName(language.encode()):
        raise FileRefused(NO_SUCH_VOICE)
    if plus:  # a variant goes with the name of the voice's file only
        library.espeak_GetCurrentVoice.restype = ctypes.POINTER(_Voice)
        file = library.espeak_GetCurrentVoice().contents.identifier
        if library.espeak_SetVoiceByName(file + b"+" + variant.encode()):
            raise FileRefused(NO_SUCH_VOICE)


def _speak_piece(library: ctypes.CDLL, text: str) -> tuple[bytes, list[tuple[int, float]]]:
    """16-bit samples, and the words."""
    sound, words = bytearray(), []

    def take(samples: int | None, count: int, events: Any) -> int:
        if samples and count > 0:
            sound.extend(ctypes.string_at(samples, 2 * count))
        index = 0
        while events[index].type != END_OF_LIST:
            event = events[index]
            if event.type == WORD:
                words.append((max(event.text_position - 1, 0), event.audio_position / 1000))
            index += 1
        return 0

    callback = _Callback(take)
    library.espeak_SetSynthCallback(callback)
    content = text.replace("\0", " ").encode() + b"\0"
    library.espeak_Synth(content, len(content), 0, BY_CHARACTER, 0, CHARS_UTF8 | END_PAUSE, None, None)
    library.espeak_Synchronize()
    return bytes(sound), words
