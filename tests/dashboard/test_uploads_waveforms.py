"""Parts of recordings: exact to the sample, their silence found, their loudness as an independent meter reads it."""

import base64
import hashlib
import re
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from dashboard.uploads import UploadError, voices
from tests.conftest import FIXTURES
from tests.dashboard.test_uploads_voices import Taken, tone

pytestmark = pytest.mark.slow

RATE = 16_000
rng = np.random.default_rng(4)


def speechlike(seconds: float, rate: int = RATE, volume: float = 0.1) -> np.ndarray:
    """Syllables of noise, four a second, with peaks far above their mean as speech has them."""
    time = np.arange(round(seconds * rate)) / rate
    return np.clip(
        volume * rng.standard_normal(len(time)) * (0.1 + np.sin(np.pi * 4 * time) ** 4), -0.99, 0.99
    )


@pytest.fixture
def stored(tmp_path):
    """Samples (-1 to 1; a second column is a second channel) as a stored recording."""

    def store(samples: np.ndarray, rate: int = RATE) -> Path:
        path = tmp_path / "stored.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1 if samples.ndim == 1 else 2)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())
        return path

    return store


def samples_of(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())


def measured(path: Path) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBTP), by the ffmpeg program of this machine."""
    if not shutil.which("ffmpeg"):
        pytest.skip("no ffmpeg program to measure with")
    command = ["ffmpeg", "-nostats", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr.rsplit("Summary:", 1)[1]
    return float(re.search(r"I: +(\S+) LUFS", said)[1]), float(re.search(r"Peak: +(\S+) dBFS", said)[1])


@pytest.mark.parametrize("channels", [1, 2])
def test_a_part_is_what_was_there_sample_by_sample_and_the_original_is_untouched(stored, channels):
    samples = speechlike(3.7, 44_100)
    path = stored(samples if channels == 1 else np.stack([samples, samples[::-1]], axis=1), 44_100)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    with voices.cut(path, 0.5, 2.123, normalize=False) as part:
        assert (samples_of(part.path) == samples_of(path)[22_050 : round(2.123 * 44_100)]).all()
        assert part.seconds == round(1.623 * 44_100) / 44_100
        assert len(part.peaks) == 200
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert not part.path.exists()


@pytest.mark.parametrize(("start", "end"), [(1.0, 1.1), (2.0, 1.0), (5.0, 9.0)])
def test_a_part_with_nothing_in_it_is_refused_in_words(stored, start, end):
    with (
        pytest.raises(UploadError, match="Choose a longer part"),
        voices.cut(stored(tone(2)), start, end, normalize=False),
    ):
        pass


@pytest.mark.parametrize(
    ("volume", "rate", "channels"),
    [(0.004, 16_000, 1), (0.05, 48_000, 1), (0.6, 22_050, 1), (0.1, 44_100, 2), (0.02, 8000, 1)],
)
def test_it_is_evened_out_to_minus_16_lufs_with_peaks_below_minus_1(stored, volume, rate, channels):
    samples = speechlike(6, rate, volume)
    path = stored(samples if channels == 1 else np.stack([samples, 0.5 * samples], axis=1), rate)
    with voices.cut(path, 0, 6, normalize=True) as part:
        loudness, peak = measured(part.path)
        assert loudness == pytest.approx(-16, abs=0.5)
        assert peak <= -1
        assert samples_of(part.path).shape == samples_of(path).shape


def test_real_speech_is_evened_out_too_and_stays_in_its_place(stored):
    path = FIXTURES / "speech.wav"
    with voices.cut(path, 0.25, 3, normalize=True) as part:
        loudness, peak = measured(part.path)
        evened, before = samples_of(part.path)[:, 0], samples_of(path)[4000:48_000, 0]
    assert loudness == pytest.approx(-16, abs=0.5)
    assert peak <= -1
    assert len(evened) == len(before)
    size = 2 * len(before)
    both = np.fft.irfft(np.fft.rfft(evened, size) * np.conj(np.fft.rfft(before, size)))
    assert both.argmax() == 0  # not a sample too late
    assert np.corrcoef(evened, before)[0, 1] > 0.98  # and the same words


def test_a_loud_click_does_not_keep_the_speech_quiet(stored):
    samples = speechlike(6, volume=0.01)
    samples[30_000:30_003] = [0.9, -0.9, 0.9]
    with voices.cut(stored(samples), 0, 6, normalize=True) as part:
        loudness, peak = measured(part.path)
    assert loudness == pytest.approx(-16, abs=0.5)
    assert peak <= -1


def test_nothing_but_silence_is_not_made_louder(stored):
    samples = 0.0002 * rng.standard_normal(3 * RATE)
    with (
        pytest.raises(UploadError, match="too quiet to be normalized"),
        voices.cut(stored(samples), 0, 3, normalize=True),
    ):
        pass


def test_what_takes_too_long_to_even_out_is_said_before_it_begins(tmp_path):
    with (
        pytest.raises(UploadError, match="half an hour"),
        voices.cut(tmp_path / "x", 0, 1801, normalize=True),
    ):
        pass


# ---------------------------------------------------------------- what the editor draws


def test_the_silence_at_both_ends_is_found(stored):
    room = 0.0005 * rng.standard_normal(round(8 * RATE))
    room[2 * RATE : 5 * RATE] += speechlike(3)
    start, end = voices.compute_waveform(stored(room)).speech
    assert 1.75 < start <= 2.0
    assert 5.0 <= end < 5.35


def test_a_click_before_the_speech_is_no_speech_and_a_pause_within_it_is_no_end(stored):
    samples = np.zeros(6 * RATE)
    samples[3200:3360] = 0.8
    samples[2 * RATE : 3 * RATE] = speechlike(1)
    samples[round(4.5 * RATE) : 5 * RATE] = speechlike(0.5)
    start, end = voices.compute_waveform(stored(samples)).speech
    assert 1.75 < start <= 2.0
    assert 5.0 <= end + 0.1 < 5.4


def test_a_noisy_room_is_not_taken_for_speech(stored):
    samples = 0.01 * rng.standard_normal(6 * RATE)
    samples[2 * RATE : 4 * RATE] += speechlike(2, volume=0.2)
    start, end = voices.compute_waveform(stored(samples)).speech
    assert 1.7 < start <= 2.0
    assert 4.0 <= end + 0.1 < 4.4


def test_speech_from_edge_to_edge_and_silence_throughout(stored):
    start, end = voices.compute_waveform(stored(speechlike(3))).speech
    assert start == 0
    assert end == pytest.approx(3, abs=0.01)
    assert voices.compute_waveform(stored(np.zeros(RATE))).speech is None


@pytest.mark.parametrize("rate", [8000, 22_050, 48_000])
def test_the_fine_waveform_shows_each_moment_in_its_place(stored, rate):
    samples = np.concatenate([tone(1, rate, 0.8), np.zeros(rate), tone(1, rate, 0.4)])
    shape = voices.compute_waveform(stored(np.stack([np.zeros_like(samples), samples], axis=1), rate))
    peaks = np.frombuffer(base64.b64decode(shape.peaks), np.uint8)
    assert shape.step == pytest.approx(0.01, abs=0.001)
    assert len(peaks) == pytest.approx(3 / shape.step, abs=1)
    for second, value in ((0.5, 255), (1.5, 0), (2.5, 128)):
        assert peaks[round(second / shape.step)] == pytest.approx(value, abs=4)


def test_a_whole_hour_is_not_more_than_a_page_may_load(stored):
    shape = voices.compute_waveform(stored(np.tile(tone(1, 8000), 3600), 8000))
    assert 30_000 < len(base64.b64decode(shape.peaks)) <= 60_000
    assert shape.step * len(base64.b64decode(shape.peaks)) == pytest.approx(3600, abs=0.2)


def test_a_taken_recording_can_be_cut(tmp_path):
    with voices.convert(FIXTURES / "hello.mp3") as taken:
        kept = tmp_path / "kept.wav"
        shutil.copy(taken.path, kept)
    with voices.cut(kept, 0.1, 0.6, normalize=True) as part:
        assert Taken(part).seconds == pytest.approx(0.5, abs=0.001)
