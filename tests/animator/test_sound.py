"""Which sounds are accepted, and that no other file is ever read."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from engine.animator import SoundError, render, sound


def write_wav(path: Path, x: np.ndarray, rate: int, width: int = 2) -> Path:
    """x (n,) or (n, channels), -1..1."""
    with wave.open(str(path), "wb") as w:
        w.setnchannels(1 if x.ndim == 1 else x.shape[1])
        w.setsampwidth(width)
        w.setframerate(rate)
        data = (x * 32767).astype("<i2") if width == 2 else (x * 127 + 128).astype(np.uint8)
        w.writeframes(data.tobytes())
    return path


def tone(seconds: float, rate: int) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * 220 * np.arange(int(seconds * rate)) / rate)


@pytest.mark.parametrize("name", ["hello.wav", "hello.mp3", "hello.ogg", "hello.m4a"])
def test_the_usual_formats_are_heard_alike(fixtures, name):
    x = sound.decode(fixtures / name)
    assert len(x) / sound.RATE == pytest.approx(1.85, abs=0.25)
    assert np.abs(x).max() > 3000


def test_eight_channels_at_96_khz_and_8_bit_at_8_khz_are_heard(tmp_path):
    many = write_wav(tmp_path / "many.wav", np.repeat(tone(0.5, 96000)[:, None], 8, 1), 96000)
    few = write_wav(tmp_path / "few.wav", tone(0.5, 8000), 8000, width=1)
    for path in (many, few):
        assert len(sound.decode(path)) == pytest.approx(8000, abs=200)


def test_a_streamed_wav_whose_header_says_four_gigabytes_is_heard_to_its_end(tmp_path):
    path = write_wav(tmp_path / "s.wav", tone(1.0, 16000), 16000)
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(data)
    assert len(sound.decode(path, 600)) == pytest.approx(16000, abs=100)


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    "script", [PLAYLIST, "ffconcat version 1.0\nfile '{}'\n", "<smil><audio src='{}'/></smil>"]
)
@pytest.mark.parametrize("name", ["x.wav", "x.mp3", "x.m3u8"])
def test_a_playlist_dressed_up_as_a_sound_is_refused_and_nothing_it_names_is_read(
    tmp_path, fixtures, script, name, monkeypatch
):
    bait = fixtures / "hello.wav"
    (tmp_path / name).write_text(script.format(bait))
    opened: list[str] = []
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *a, **k: opened.append(str(self)) or real(self, *a, **k))
    with pytest.raises(SoundError) as e:
        sound.decode(tmp_path / name)
    assert e.value.reason == "unreadable"
    assert str(bait) not in opened


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: p.write_bytes(b""), "unreadable"),
        (lambda p: p.write_text("not a sound at all"), "unreadable"),
        (lambda p: write_wav(p, np.zeros(0), 16000), "no_sound"),
        (lambda p: write_wav(p, np.zeros(1), 16000), "too_short"),
    ],
)
def test_what_is_no_sound_is_refused_with_its_reason(tmp_path, make, reason):
    make(tmp_path / "x.wav")
    with pytest.raises(SoundError) as e:
        sound.decode(tmp_path / "x.wav")
    assert e.value.reason == reason
    assert str(e.value).endswith(".")


@pytest.mark.parametrize(
    "x",
    [
        tone(0.1, 16000),
        np.random.default_rng(0).normal(0, 0.3, 24000).clip(-1, 1),
        np.sign(tone(1.0, 16000)),
        np.full(8000, 0.5),
    ],
    ids=["a tenth of a second", "noise", "overdriven", "direct current"],
)
def test_odd_sounds_still_become_a_video(rig, tmp_path, x):
    path = write_wav(tmp_path / "odd.wav", x, 16000)
    done = render(rig[0], path, tmp_path / "o.mp4", None, size=160)
    assert done.frames == -(-len(x) * 25 // 16000)
    assert (tmp_path / "o.mp4").stat().st_size > 1000
