"""The movement that people asked for, on the tracks of a performance."""

from dataclasses import fields

import numpy as np
import pytest

from engine.animator import Direction
from engine.animator.performance import direct, perform
from engine.animator.visemes import Mouth, Span

FRAMES, SEED = 500, 7


@pytest.fixture(scope="module")
def natural():
    n = FRAMES * 4
    wave = 0.5 + 0.5 * np.sin(np.arange(n) / 12)
    closures: list[Span] = [(1.0, 1.1)]
    zeros = np.zeros(n)
    mouth = Mouth(
        aperture=0.15 * wave,
        width=0.2 * wave,
        tuck=zeros,
        active=np.ones(n),
        closures=closures,
        labiodentals=[],
    )
    return perform(mouth, -40 + 25 * wave, FRAMES, SEED)


def changed(before, after):
    return {
        f.name for f in fields(before) if not np.array_equal(getattr(before, f.name), getattr(after, f.name))
    }


def test_the_default_changes_nothing(natural):
    assert changed(natural, direct(natural, Direction(), SEED)) == set()


@pytest.mark.parametrize(
    ("wish", "tracks"),
    [
        ({"motion": "calm"}, {"yaw", "pitch", "roll", "shift", "brow"}),
        ({"gaze": "camera"}, {"gaze"}),
        ({"blink": "few"}, {"blink"}),
        ({"expression": "friendly"}, {"width"}),
        ({"mouth": 1.3}, {"aperture", "jaw"}),
    ],
)
def test_each_wish_changes_its_own_tracks_only(natural, wish, tracks):
    assert changed(natural, direct(natural, Direction(**wish), SEED)) == tracks


def test_more_motion_moves_more_and_still_not_at_all(natural):
    words = ("still", "calm", "natural", "lively")
    spread = [float(np.std(direct(natural, Direction(motion=word), SEED).yaw)) for word in words]
    assert spread == sorted(spread)
    assert spread[0] == 0


def test_eyes_blink_less_or_never(natural):
    def blinks(word):
        shut = direct(natural, Direction(blink=word), SEED).blink > 0.9
        return int(np.sum(np.diff(shut.astype(int)) > 0))

    assert blinks("natural") > blinks("few") > blinks("none") == 0


def test_closed_lips_stay_closed_however_far_the_mouth_opens(natural):
    closed = natural.aperture == 0
    assert closed.any()
    assert not direct(natural, Direction(mouth=1.3), SEED).aperture[closed].any()
