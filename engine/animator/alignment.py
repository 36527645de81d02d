"""When the words of a known text are spoken: pocketsphinx aligns the text with the sound, by word and by phone.

First the whole text is aligned with the whole sound, which gives the words; then the phones inside them, chunk by chunk,
because the memory of that search grows with the square of the length. The result is compared with the phones that were
recognised without the text: a text that does not match is rejected, and a passage that does not match keeps the
recognised phones.
"""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from . import phonemes, posteriors, sound, spelling
from .arrays import Array, Samples
from .phonemes import Phone, Phones
from .results import Word

log = logging.getLogger(__name__)

BEAM = 1e-120
CHUNK_SECONDS = 8.0  # a longer chunk ends at the next pause
MAX_CHUNK_SECONDS = 20.0  # a longer one at the next word
PAUSE_SECONDS = 0.15
MAX_WORDS_PER_SECOND = 9.0
MAX_FOREIGN_SHARE = 0.2  # of letters that English is not written with
MIN_PHONE_SECONDS = 0.03  # three frames, the least that the model allows
WORDS_SHARE = 0.7  # of the work is done when the words are found
TOLERANCE = 4  # frames of 10 ms within which phones count as agreeing
MIN_FIT = 0.10  # of a text to its sound, see `score_fit`

VISEMES = ("SIL", "P B M", "F V", "AA AE AH AO AW AY EH EY OY", "IH IY", "ER OW UH UW W R",
           "S Z SH ZH CH JH TH DH T D N", "L Y K G NG HH")  # fmt: skip
VISEME = {phone: i for i, phones in enumerate(VISEMES) for phone in phones.split()}


@dataclass
class Alignment:
    """Words in order, and phones that cover the whole sound, as `phonemes.recognise` returns them."""

    words: list[Word]
    phones: Phones
    fit: float


class _TextMismatch(Exception):
    """The text cannot be aligned; `str` is the reason for the log."""


class _SpokenWord(NamedTuple):
    start: float
    end: float
    name: str


def align(
    samples: Samples, script: str, recognised: Phones, report: Callable[[float], None] = lambda share: None
) -> Alignment | None:
    """Align an English text with a mono sound at 16 kHz; None if the text does not match.

    `recognised` are the phones recognised without the text; `report` gets the share of the work that is done, 0..1.
    """
    try:
        return _align(samples, script, recognised, report)
    except _TextMismatch as e:
        log.info("script not used: %s", e)
        return None


def _align(samples: Samples, script: str, recognised: Phones, report: Callable[[float], None]) -> Alignment:
    tokens = spelling.tokenise(script)
    spoken = [word for token in tokens for word in token.spoken]
    _check_script(script, spoken, len(samples) / sound.RATE)
    samples = _normalise_level(samples)
    decoder = _decoder()
    _add_unknown_words(decoder, spoken)
    try:
        words = _align_words(decoder, samples, spoken)
        if words is None:
            raise _TextMismatch("no path through the sound with these words")
        report(WORDS_SHARE)
        phones, fit = _align_phones(
            decoder,
            samples,
            words,
            recognised.best,
            lambda share: report(WORDS_SHARE + (1 - WORDS_SHARE) * share),
        )
    except RuntimeError as e:  # pocketsphinx raises it for every failure
        raise _TextMismatch(f"the aligner stopped: {e}") from e
    if fit < MIN_FIT:
        raise _TextMismatch(f"the words do not match the sound: {fit:.2f}, needed {MIN_FIT:.2f}")
    probability = phonemes.one_hot(phones, len(recognised.probability))
    aligned = Phones(phones, probability, recognised.centroid, from_script=True)
    return Alignment(_script_words(tokens, words), aligned, fit)


def _check_script(script: str, spoken: list[str], seconds: float) -> None:
    """Raise _TextMismatch for a text that cannot be what is said, before any expensive work."""
    if not spoken:
        raise _TextMismatch("no words in it")
    if len(spoken) > MAX_WORDS_PER_SECOND * seconds:
        raise _TextMismatch(f"{len(spoken)} words in {seconds:.1f} s, faster than anybody speaks")
    if spelling.foreign_share(script) > MAX_FOREIGN_SHARE:
        raise _TextMismatch("not written in English letters")


def _normalise_level(samples: Samples) -> Samples:
    """Bring the sound to the level that the model was trained with."""
    _floor, top = sound.speech_level(sound.loudness(samples))
    gain = 10 ** ((phonemes.SPEECH_DB - max(top, phonemes.INAUDIBLE_DB)) / 20)
    out = np.empty_like(samples)
    for i in range(0, len(samples), 60 * sound.RATE):  # one minute at a time, to save memory
        part = samples[i : i + 60 * sound.RATE]
        out[i : i + len(part)] = np.clip(part * np.float32(gain), -32768, 32767)
    return out


def _decoder() -> Any:
    """A pocketsphinx.Decoder for alignment."""
    import pocketsphinx

    model = pocketsphinx.get_model_path("en-us")
    return pocketsphinx.Decoder(
        hmm=os.path.join(model, "en-us"),
        dict=os.path.join(model, "cmudict-en-us.dict"),
        lm=None,
        bestpath=False,
        beam=BEAM,
        pbeam=BEAM,
        wbeam=BEAM,
        loglevel="FATAL",
    )


def _add_unknown_words(decoder: Any, words: list[str]) -> None:
    """Add guessed pronunciations of the words that the dictionary does not have."""
    for word in dict.fromkeys(words):
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, spelling.guess_pronunciation(word, decoder.lookup_word), False)


def _align_words(decoder: Any, samples: Samples, words: list[str]) -> list[_SpokenWord] | None:
    """The times of the words in a sound; None if no path was found."""
    decoder.set_align_text(" ".join(words))
    phonemes.decode_utterance(decoder, samples)
    found = [
        _SpokenWord(s.start_frame / 100, (s.end_frame + 1) / 100, s.word)
        for s in decoder.seg() or []
        if s.word[0] not in "<[+"
    ]
    return found if len(found) == len(words) else None


def _align_phones(
    decoder: Any,
    samples: Samples,
    words: list[_SpokenWord],
    recognised: list[Phone],
    report: Callable[[float], None],
) -> tuple[list[Phone], float]:
    """Phones over the whole sound, chunk by chunk, and the average fit of the chunks."""
    phones: list[Phone] = []
    fit = 0.0
    seconds = len(samples) / sound.RATE
    for group, start, end in _split_into_chunks(words, seconds):
        chunk = samples[round(start * sound.RATE) : round(end * sound.RATE)]
        aligned = _align_chunk(decoder, chunk, [w.name.partition("(")[0] for w in group], start, end)
        without_text = _clip(recognised, start, end)
        chunk_fit = score_fit(*aligned, without_text, end) if aligned else -1.0
        phones += aligned[0] if aligned and chunk_fit >= MIN_FIT else without_text
        fit += chunk_fit * (end - start) / seconds
        report(end / seconds)
    return phones, fit


def _split_into_chunks(
    words: list[_SpokenWord], seconds: float
) -> list[tuple[list[_SpokenWord], float, float]]:
    """Groups of words, with the start and end in s of their part of the sound."""
    out, first, start = [], 0, 0.0
    for i, (word, following) in enumerate(itertools.pairwise(words)):
        length = word.end - start
        is_pause = following.start - word.end > PAUSE_SECONDS
        if length > MAX_CHUNK_SECONDS or (length > CHUNK_SECONDS and is_pause):
            cut = (word.end + following.start) / 2
            out.append((words[first : i + 1], start, cut))
            first, start = i + 1, cut
    return [*out, (words[first:], start, seconds)]


def _align_chunk(
    decoder: Any, samples: Samples, words: list[str], start: float, end: float
) -> tuple[list[Phone], list[float]] | None:
    """The phones of the chunk from `start` to `end`, and the score of each; None if the words cannot be aligned."""
    if _align_words(decoder, samples, words) is None:
        return None
    decoder.set_alignment()
    phonemes.decode_utterance(decoder, samples)
    phones, scores = [], []
    for word in decoder.get_alignment():
        for p in word:
            name = "SIL" if p.name in phonemes.SILENCES else p.name
            begin = start + p.start / 100
            phones.append(Phone(name, begin, min(begin + p.duration / 100, end)))
            scores.append(p.score * posteriors.SCORE_UNIT / max(p.duration, 1))
    if phones and phones[-1].end < end:
        phones[-1] = phones[-1]._replace(end=end)
    return phones, scores


def _clip(phones: list[Phone], start: float, end: float) -> list[Phone]:
    """The part of the phones between start and end, in s."""
    clipped = [Phone(p.name, max(p.start, start), min(p.end, end)) for p in phones]
    return [p for p in clipped if p.end > p.start]


def _visemes(phones: list[Phone], start: float, n: int) -> Array:
    """The viseme class (n,) of every 10 ms from `start` s on."""
    out = np.zeros(n, int)
    for p in phones:
        out[round((p.start - start) * 100) : round((p.end - start) * 100)] = VISEME.get(p.name, 0)
    return out


def score_fit(phones: list[Phone], scores: list[float], recognised: list[Phone], end: float) -> float:
    """How well a text matches: about .6 to 1 for the right text of a human voice, .2 of a synthetic one, else below 0.

    The share of the time in which the lips do the same as without the text, minus the share of phones that are too
    short and the share of speech that the text leaves out, plus a term for the acoustic scores.
    """
    start = phones[0].start if phones else 0.0
    n = max(1, round((end - start) * 100))
    aligned, free = _visemes(phones, start, n), _visemes(recognised, start, n)
    lengths = [(p.end - p.start, s) for p, s in zip(phones, scores, strict=True) if p.name != "SIL"]
    if not lengths:
        return 1.0 if not free.any() else 0.0
    padded = np.pad(free, TOLERANCE, mode="edge")
    near = np.lib.stride_tricks.sliding_window_view(padded, 2 * TOLERANCE + 1)
    agrees = (near == aligned[:, None]).any(1)[aligned > 0]
    too_short = np.mean([length < MIN_PHONE_SECONDS + 0.001 for length, _ in lengths])
    left_out = ((aligned == 0) & (free > 0)).sum() / max(int((free > 0).sum()), 1)
    acoustic = 0.05 * (np.mean([s for _, s in lengths]) + 4)
    return float(agrees.mean() - too_short - left_out + acoustic) if len(agrees) else 0.0


def _script_words(tokens: list[spelling.Token], spoken: list[_SpokenWord]) -> list[Word]:
    """The words as the script writes them, with the times of what is spoken for them."""
    out, i = [], 0
    for token in tokens:
        said = spoken[i : i + len(token.spoken)]
        i += len(token.spoken)
        out.append(Word(said[0].start, said[-1].end, token.text))
    return out
