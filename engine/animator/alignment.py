"""When the words of a known text are spoken: pocketsphinx aligns the text with the sound, word by word, phone by phone.

The whole text goes over the whole sound once, which finds the words; then piece by piece, cut in the pauses, the
phones inside them (their search takes memory with the square of the length). What comes out is compared with the
phones that were heard without the text: a text that does not fit is noticed, and a passage that does not fit keeps the
phones that were heard.
"""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from . import phonemes, sound, spelling
from .arrays import Array
from .phonemes import Phone, Phones
from .results import Word

log = logging.getLogger(__name__)

BEAM = 1e-120
PIECE = 8.0  # s, from here on a piece ends at the next pause
LONGEST_PIECE = 20.0  # s, from here on at the next word
PAUSE = 0.15  # s
FASTEST = 9.0  # words a second
FOREIGN = 0.2  # share of letters that English does not write with
SHORTEST_PHONE = 0.03  # s, three frames: what the model cannot go below
WORDS_SHARE = 0.7  # of the work is done when the words are found
NEAR = 4  # x 10 ms: phones that were heard so near count as agreeing
FITS = 0.10  # least fit of a text to its sound, see `fit`

VISEMES = ("SIL", "P B M", "F V", "AA AE AH AO AW AY EH EY OY", "IH IY", "ER OW UH UW W R",
           "S Z SH ZH CH JH TH DH T D N", "L Y K G NG HH")  # fmt: skip
CLASS = {phone: i for i, phones in enumerate(VISEMES) for phone in phones.split()}


@dataclass
class Alignment:
    """Words in order, and phones that cover the whole sound, as `phonemes.recognise` gives them."""

    words: list[Word]
    phones: Phones
    fit: float


class _Spoken(NamedTuple):
    start: float
    end: float
    name: str


def align(
    x: Array, script: str, heard: Phones, tell: Callable[[float], None] = lambda share: None
) -> Alignment | None:
    """Align an English text with a mono int16 sound at 16 kHz; None where the text does not fit.

    `heard` are the phones recognised without the text; `tell` gets the share of the work that is done.
    """
    tokens = spelling.tokens(script)
    seconds = len(x) / sound.RATE
    spoken = [word for token in tokens for word in token.spoken]
    if not spoken:
        return _left_aside("no words in it")
    if len(spoken) > FASTEST * seconds:
        return _left_aside(f"{len(spoken)} words in {seconds:.1f} s, faster than anybody speaks")
    if spelling.foreign(script) > FOREIGN:
        return _left_aside("not written in English letters")
    x = _levelled(x)
    decoder = _decoder()
    _learn(decoder, spoken)
    try:
        found = _words(decoder, x, spoken)
        if found is None:
            return _left_aside("no way through the sound with these words")
        tell(WORDS_SHARE)
        phones, fits = _phones(
            decoder, x, found, heard.best, lambda share: tell(WORDS_SHARE + (1 - WORDS_SHARE) * share)
        )
    except RuntimeError as e:  # pocketsphinx's word for every failure
        return _left_aside(f"the aligner stopped: {e}")
    if fits < FITS:
        return _left_aside(f"the words do not fit the sound: {fits:.2f}, needed {FITS:.2f}")
    likely = phonemes.certain(phones, len(heard.likely))
    told = Phones(phones, likely, heard.first_formant, known=True)
    return Alignment(_as_written(tokens, found), told, fits)


def _left_aside(why: str) -> None:
    """The script is not used; the log says why."""
    log.info("script left aside: %s", why)


def _levelled(x: Array) -> Array:
    """The same loudness for every sound, as the model learned it."""
    _floor, top = sound.speech_level(sound.loudness(x))
    gain = 10 ** ((-18 - max(top, -65)) / 20)
    out = np.empty_like(x)
    for i in range(0, len(x), 60 * sound.RATE):  # a minute at a time: memory
        part = x[i : i + 60 * sound.RATE]
        out[i : i + len(part)] = np.clip(part * np.float32(gain), -32768, 32767)
    return out


def _decoder() -> object:
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


def _learn(decoder: object, words: list[str]) -> None:
    """Add what the dictionary does not know."""
    for word in dict.fromkeys(words):
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, spelling.guess(word, decoder.lookup_word), False)


def _hear(decoder: object, x: Array) -> None:
    decoder.start_utt()
    decoder.process_raw(x.tobytes(), full_utt=True)
    decoder.end_utt()


def _words(decoder: object, x: Array, words: list[str]) -> list[_Spoken] | None:
    """Times of the words in a sound, None if there is no way through it."""
    decoder.set_align_text(" ".join(words))
    _hear(decoder, x)
    found = [
        _Spoken(s.start_frame / 100, (s.end_frame + 1) / 100, s.word)
        for s in decoder.seg() or []
        if s.word[0] not in "<[+"
    ]
    return found if len(found) == len(words) else None


def _phones(
    decoder: object,
    x: Array,
    words: list[_Spoken],
    heard: list[Phone],
    tell: Callable[[float], None],
) -> tuple[list[Phone], float]:
    """Phones over the whole sound, a piece at a time, and how well the pieces fit on average."""
    phones: list[Phone] = []
    fits = 0.0
    seconds = len(x) / sound.RATE
    for group, start, end in _pieces(words, seconds):
        part = x[round(start * sound.RATE) : round(end * sound.RATE)]
        inside = _inside(decoder, part, [w.name.partition("(")[0] for w in group], start, end)
        there = _cut(heard, start, end)
        fits_here = fit(*inside, there, end) if inside else -1.0
        phones += inside[0] if inside and fits_here >= FITS else there
        fits += fits_here * (end - start) / seconds
        tell(end / seconds)
    return phones, fits


def _pieces(words: list[_Spoken], seconds: float) -> list[tuple[list[_Spoken], float, float]]:
    """Words that are aligned together, with the start and end in s of their part of the sound."""
    out, first, start = [], 0, 0.0
    for i, (word, following) in enumerate(itertools.pairwise(words)):
        long = word.end - start
        if long > LONGEST_PIECE or (long > PIECE and following.start - word.end > PAUSE):
            cut = (word.end + following.start) / 2
            out.append((words[first : i + 1], start, cut))
            first, start = i + 1, cut
    return [*out, (words[first:], start, seconds)]


def _inside(
    decoder: object, x: Array, words: list[str], start: float, end: float
) -> tuple[list[Phone], list[float]] | None:
    """Phones of a piece, moved to where it lies, and their scores."""
    if _words(decoder, x, words) is None:
        return None
    decoder.set_alignment()
    _hear(decoder, x)
    phones, scores = [], []
    for word in decoder.get_alignment():
        for p in word:
            name = "SIL" if p.name in phonemes.SILENCES else p.name
            begin = start + p.start / 100
            phones.append(Phone(name, begin, min(begin + p.duration / 100, end)))
            scores.append(p.score * 0.1024 / max(p.duration, 1))  # to natural logarithms
    if phones and phones[-1].end < end:
        phones[-1] = phones[-1]._replace(end=end)
    return phones, scores


def _cut(phones: list[Phone], start: float, end: float) -> list[Phone]:
    """The part of the phones between start and end, in s."""
    moved = [Phone(p.name, max(p.start, start), min(p.end, end)) for p in phones]
    return [p for p in moved if p.end > p.start]


def _classes(phones: list[Phone], start: float, n: int) -> Array:
    """Viseme class of every 10 ms (n,), from `start` s."""
    out = np.zeros(n, int)
    for p in phones:
        out[round((p.start - start) * 100) : round((p.end - start) * 100)] = CLASS.get(p.name, 0)
    return out


def fit(phones: list[Phone], scores: list[float], heard: list[Phone], end: float) -> float:
    """How well a text fits: about .6 to 1 for what was said by a person, .2 for a synthetic voice, below 0 else.

    The share of the time in which the lips do the same as without the text, less the share of phones that had to be
    squeezed and that of the speech that the text leaves out; and how much the model likes it.
    """
    start = phones[0].start if phones else 0.0
    n = max(1, round((end - start) * 100))
    told, free = _classes(phones, start, n), _classes(heard, start, n)
    lengths = [(p.end - p.start, s) for p, s in zip(phones, scores, strict=True) if p.name != "SIL"]
    if not lengths:
        return 1.0 if not free.any() else 0.0
    near = np.lib.stride_tricks.sliding_window_view(np.pad(free, NEAR, mode="edge"), 2 * NEAR + 1)
    agrees = (near == told[:, None]).any(1)[told > 0]
    squeezed = np.mean([length < SHORTEST_PHONE + 0.001 for length, _ in lengths])
    left_out = ((told == 0) & (free > 0)).sum() / max(int((free > 0).sum()), 1)
    liked = 0.05 * (np.mean([s for _, s in lengths]) + 4)
    return float(agrees.mean() - squeezed - left_out + liked) if len(agrees) else 0.0


def _as_written(tokens: list[spelling.Token], found: list[_Spoken]) -> list[Word]:
    """The script's own words with the times of what is spoken for them."""
    out, i = [], 0
    for token in tokens:
        said = found[i : i + len(token.spoken)]
        i += len(token.spoken)
        out.append(Word(said[0].start, said[-1].end, token.text))
    return out
