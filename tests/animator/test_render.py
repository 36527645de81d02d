"""From a rig and a sound to a video and its mask."""

from __future__ import annotations

import av
import numpy as np
import pytest

from engine.animator import FPS, SoundError, phonemes, render, renderer, sound, visemes

from .helpers import ends, frames, lip_gap

pytestmark = pytest.mark.slow


def test_picture_and_sound_are_equally_long_within_a_frame(spoken, fixtures):
    video, _, info = spoken
    picture, heard = ends(video)
    with av.open(str(fixtures / "speech.wav")) as box:
        wanted = box.duration / 1e6
    assert abs(picture - wanted) <= 1 / FPS
    assert abs(heard - wanted) <= 1 / FPS
    assert abs(info.duration - wanted) < 0.01


def test_the_file_is_what_browsers_play(spoken):
    video, _, info = spoken
    with av.open(str(video)) as box:
        v, a = box.streams.video[0], box.streams.audio[0]
        assert (v.codec_context.name, v.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert a.codec_context.name == "aac"
        assert v.average_rate == 25
        assert (v.width, v.height) == (info.width, info.height)
        assert v.width % 2 == v.height % 2 == 0
    data = video.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "faststart: the index comes first"


def test_the_mask_has_the_same_size_and_number_of_frames(spoken):
    video, mask, info = spoken
    a, b = frames(video), frames(mask)
    assert len(a) == len(b) == info.frames
    assert a[0].shape == b[0].shape
    grey = b[len(b) // 2].mean(2)
    assert grey.min() < 8
    assert grey.max() > 247
    assert ((grey > 30) & (grey < 220)).mean() > 0.001, "soft edges"


def test_the_lips_meet_at_p_b_m_and_part_at_open_vowels(spoken, fixtures):
    heard = sound.decode(fixtures / "speech.wav")
    phones = phonemes.recognise(heard).best
    shown = frames(spoken[0])
    closed = [p for p in phones if p.name in visemes.BILABIAL]
    opened = [p for p in phones if p.name in ("AA", "AE", "AY", "AW") and p.end - p.start > 0.1]
    assert len(closed) >= 2
    assert opened
    middle = lambda p: shown[min(len(shown) - 1, round((p.start + p.end) / 2 * FPS))]  # noqa: E731
    shut = sorted(lip_gap(middle(p)) for p in closed[:5])
    wide = sorted(lip_gap(middle(p)) for p in opened[:5])
    assert shut[len(shut) // 2] < 0.035
    assert wide[len(wide) // 2] > 0.08


def test_silence_keeps_the_mouth_shut(rig, fixtures, tmp_path):
    render(rig[0], fixtures / "silence.wav", tmp_path / "o.mp4", None, size=320)
    shown = frames(tmp_path / "o.mp4")
    assert all(lip_gap(f) < 0.035 for f in shown[::9])


def test_the_background_stands_still_and_the_head_does_not(spoken):
    video, mask, _ = spoken
    shown = np.stack([f.mean(2) for f in frames(video)])
    person = np.stack([f.mean(2) for f in frames(mask)]).max(0)
    wavering = shown.std(0)
    assert wavering[person < 4].mean() < 0.6
    assert wavering[person > 200].mean() > 1.5


def test_the_same_seed_gives_the_same_frames_and_another_another_performance(rig, fixtures, tmp_path):
    seen = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        render(rig[0], fixtures / "silence.wav", tmp_path / name, None, size=160, seed=seed)
        # The frames, not the file: in what order picture and sound are interleaved is the threads' affair.
        with av.open(str(tmp_path / name)) as file:
            seen.append(np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]))
    a, b, c = seen
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_raising_in_progress_aborts_and_leaves_nothing(rig, fixtures, tmp_path):
    class Stop(Exception):
        pass

    def progress(share: float) -> None:
        if share > 0.1:
            raise Stop

    with pytest.raises(Stop):
        render(
            rig[0],
            fixtures / "speech.wav",
            tmp_path / "o.mp4",
            tmp_path / "m.mp4",
            size=320,
            progress=progress,
        )
    assert list(tmp_path.iterdir()) == []


def test_progress_rises_to_one(rig, fixtures, tmp_path):
    told: list[float] = []
    render(rig[0], fixtures / "silence.wav", tmp_path / "o.mp4", None, size=160, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_progress_does_not_stand_still_before_the_first_picture(rig, fixtures, tmp_path, monkeypatch):
    monkeypatch.setattr(renderer, "REPORT_SECONDS", 0)
    told: list[float] = []
    script = "Papa may buy a map."
    options = {"size": 160, "progress": told.append, "script": script}
    render(rig[0], fixtures / "speech.wav", tmp_path / "o.mp4", None, **options)
    listening = [share for share in told if share < renderer.RECOGNITION_SHARE + renderer.ALIGNMENT_SHARE]
    assert {0.01, renderer.RECOGNITION_SHARE} <= set(listening)
    assert told == sorted(told)


def test_a_sound_longer_than_allowed_is_refused_before_anything_is_drawn(rig, fixtures, tmp_path):
    with pytest.raises(SoundError) as e:
        render(rig[0], fixtures / "speech.wav", tmp_path / "o.mp4", None, max_seconds=1)
    assert e.value.reason == "too_long"
    assert list(tmp_path.iterdir()) == []
