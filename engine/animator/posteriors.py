"""The probability of every phone at every moment, by the forward-backward algorithm (Rabiner 1989).

The recogniser's best path may say "N" where M was nearly as likely. Here pocketsphinx's acoustic scores, of every phone
every 10 ms, are summed over all paths through a loop of three-state phones and the model's phone bigrams. Scores of
neighbouring frames are not independent, so they are flattened, as is usual for confidences (Wessel et al. 2001).
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .arrays import Array

PHONES = ["+NSN+", "+SPN+", "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G",
          "HH", "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "SIL", "T", "TH", "UH",
          "UW", "V", "W", "Y", "Z", "ZH"]  # fmt: skip  # in the order of the model
INDEX = {phone: i for i, phone in enumerate(PHONES)}
STATES = 3
FLATTENING = 0.3  # factor on all logarithms
BIGRAM_WEIGHT = 2.0  # of the bigrams against the acoustic scores
SCORE_UNIT = 0.1024  # natural logarithms for one unit of a score in the log: 1024 times ln 1.0001
PRUNED_COST = 2000  # for states that the search did not score
NO_SCORES: npt.NDArray[np.int16] = np.zeros((0, len(PHONES), STATES), np.int16)


@functools.cache
def _bigrams() -> Array:
    """(42, 42): natural logarithm of the probability of the second phone after the first."""
    import pocketsphinx

    path = pocketsphinx.get_model_path("en-us")
    model = pocketsphinx.NGramModel(
        pocketsphinx.Config(lm=None), pocketsphinx.LogMath(1.0001), os.path.join(path, "en-us-phone.lm.bin")
    )
    units = [[model.prob([second, first]) for second in PHONES] for first in PHONES]
    return np.array(units) * np.log(1.0001)


def read_scores(path: Path) -> npt.NDArray[np.int16]:
    """(n, 42, 3) costs of all states of all phones, one row every 10 ms, from pocketsphinx's log of scores.

    A frame is stored as a count, the differences between the numbers of the scored states (bytes), and their scores.
    """
    data = path.read_bytes()
    at = data.index(b"endhdr\n") + 7 + 4  # skip the header and the byte order mark
    rows = []
    while at + 2 <= len(data):
        count = int.from_bytes(data[at : at + 2], "little")
        end = at + 2 + 3 * count
        if end > len(data):
            break
        row = np.full(len(PHONES) * STATES, PRUNED_COST, np.int16)
        states = np.frombuffer(data, np.uint8, count, at + 2).cumsum()
        row[states] = np.frombuffer(data, "<i2", count, at + 2 + count)
        rows.append(row)
        at = end
    return np.array(rows, np.int16).reshape(-1, len(PHONES), STATES)


def compute_posteriors(scores: npt.NDArray[np.int16]) -> Array:
    """(n, 42) float32: the probability of every phone, from costs (n, 42, 3)."""
    n = len(scores)
    likelihood = np.exp((scores.min((1, 2), keepdims=True) - scores) * (SCORE_UNIT * FLATTENING))
    transition = np.exp(_bigrams() * (BIGRAM_WEIGHT * FLATTENING))
    forward = np.empty((n, len(PHONES), STATES))
    state = np.zeros((len(PHONES), STATES))
    state[:, 0] = 1
    for i in range(n):
        if i:
            entered = state[:, 2] @ transition
            state[:, 1:] += state[:, :2].copy()
            state[:, 0] += entered
        state *= likelihood[i]
        state /= state.sum()
        forward[i] = state
    out = np.empty((n, len(PHONES)), np.float32)
    backward = np.ones((len(PHONES), STATES))
    for i in range(n - 1, -1, -1):
        product = forward[i] * backward
        out[i] = product.sum(1) / product.sum()
        backward *= likelihood[i]
        left = transition @ backward[:, 0]
        backward[:, :2] += backward[:, 1:].copy()
        backward[:, 2] += left
        backward /= backward.sum()
    return out
