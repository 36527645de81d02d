"""How likely each phone is at each moment: posteriors by the forward-backward algorithm (Rabiner 1989).

The recogniser's best path says "N" where M was nearly as likely. Here the scores that pocketsphinx gave every phone in
every 10 ms are summed over all paths through a loop of three-state phones and the model's own pairs of phones. Scores
of neighbouring frames are not independent, so they are flattened, as is usual for confidences (Wessel et al. 2001).
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np

from .arrays import Array

PHONES = ["+NSN+", "+SPN+", "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G",
          "HH", "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "SIL", "T", "TH", "UH",
          "UW", "V", "W", "Y", "Z", "ZH"]  # fmt: skip  # in the order of the model
INDEX = {phone: i for i, phone in enumerate(PHONES)}
STATES = 3
FLATTEN = 0.3  # on all logarithms
LANGUAGE = 2.0  # weight of the pairs of phones against the sound
UNIT = 0.1024  # of the scores in the log, in natural logarithms: 1024 times ln 1.0001
UNHEARD = 2000  # score of a phone that the search had left aside
NOTHING = np.zeros((0, len(PHONES), STATES), np.int16)


@functools.cache
def _pairs() -> Array:
    """(42, 42): log probability of the second phone after the first."""
    import pocketsphinx

    path = pocketsphinx.get_model_path("en-us")
    model = pocketsphinx.NGramModel(
        pocketsphinx.Config(lm=None), pocketsphinx.LogMath(1.0001), os.path.join(path, "en-us-phone.lm.bin")
    )
    units = [[model.prob([second, first]) for second in PHONES] for first in PHONES]
    return np.array(units) * np.log(1.0001)


def read_scores(path: Path) -> Array:
    """(n, 42, 3) costs of all states of all phones, one row every 10 ms, from pocketsphinx's log of scores.

    A frame is written as a count, the distances between the states that were scored (bytes), and their scores.
    """
    data = path.read_bytes()
    at = data.index(b"endhdr\n") + 7 + 4  # the header and the mark of the byte order
    rows = []
    while at + 2 <= len(data):
        count = int.from_bytes(data[at : at + 2], "little")
        end = at + 2 + 3 * count
        if end > len(data):
            break
        row = np.full(len(PHONES) * STATES, UNHEARD, np.int16)
        states = np.frombuffer(data, np.uint8, count, at + 2).cumsum()
        row[states] = np.frombuffer(data, "<i2", count, at + 2 + count)
        rows.append(row)
        at = end
    return np.array(rows, np.int16).reshape(-1, len(PHONES), STATES)


def compute_posteriors(scores: Array) -> Array:
    """(n, 42) float32: probability of every phone, from costs (n, 42, 3)."""
    n = len(scores)
    likely = np.exp((scores.min((1, 2), keepdims=True) - scores) * (UNIT * FLATTEN))
    follows = np.exp(_pairs() * (LANGUAGE * FLATTEN))
    before = np.empty((n, len(PHONES), STATES))
    now = np.zeros((len(PHONES), STATES))
    now[:, 0] = 1
    for i in range(n):
        if i:
            entered = now[:, 2] @ follows
            now[:, 1:] += now[:, :2].copy()
            now[:, 0] += entered
        now *= likely[i]
        now /= now.sum()
        before[i] = now
    out = np.empty((n, len(PHONES)), np.float32)
    after = np.ones((len(PHONES), STATES))
    for i in range(n - 1, -1, -1):
        both = before[i] * after
        out[i] = both.sum(1) / both.sum()
        after *= likely[i]
        left = follows @ after[:, 0]
        after[:, :2] += after[:, 1:].copy()
        after[:, 2] += left
        after /= after.sum()
    return out
