"""Recordings as phones, browsers, studios and broken programs make them."""

import io
import struct
import threading
import wave
from collections.abc import Callable
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, HTTPServer

import av
import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dashboard.uploads import UploadError, voices

pytestmark = pytest.mark.slow

RATE = 16_000


def tone(seconds: float = 1.0, rate: int = RATE, volume: float = 0.5) -> np.ndarray:
    return volume * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)


def wav(samples: np.ndarray, rate: int = RATE, channels: int = 1) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.repeat(samples, channels) * 32767).astype("<i2").tobytes())
    return out.getvalue()


def float_wav(samples: np.ndarray, rate: int = RATE) -> bytes:
    data = samples.astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 1, rate, rate * 4, 4, 32)
    return (
        b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16) + form
        + b"data" + struct.pack("<I", len(data)) + data
    )  # fmt: skip


def encoded(container: str, codec: str, seconds: float = 1.0, rate: int = 48_000, **more) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container, **more) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono")
        samples = (tone(seconds, rate) * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return out.getvalue()


def film(with_sound: bool) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        picture = file.add_stream("libx264", rate=25, width=64, height=64, pix_fmt="yuv420p")
        sound = file.add_stream("aac", rate=48_000, layout="mono") if with_sound else None
        for _ in range(25):
            file.mux(picture.encode(av.VideoFrame(64, 64, "yuv420p")))
        file.mux(picture.encode(None))
        if sound:
            frame = av.AudioFrame.from_ndarray(tone(1, 48_000).astype("f4").reshape(1, -1), "fltp", "mono")
            frame.sample_rate = 48_000
            file.mux(sound.encode(frame))
            file.mux(sound.encode(None))
    return out.getvalue()


class Taken:
    def __init__(self, voice: voices.ConvertedVoice) -> None:
        self.seconds, self.peaks = voice.seconds, voice.peaks
        with wave.open(str(voice.path)) as file:
            self.channels, self.width, self.rate = (
                file.getnchannels(),
                file.getsampwidth(),
                file.getframerate(),
            )
            data = file.readframes(file.getnframes())
        self.samples = np.frombuffer(data, "<i2").reshape(-1, self.channels) / 32767


@pytest.fixture
def take() -> Callable[..., Taken]:
    def taken(content: bytes, max_seconds: float | None = 600) -> Taken:
        with voices.convert(SimpleUploadedFile("voice.mp3", content), max_seconds=max_seconds) as voice:
            folder = voice.path.parent
            result = Taken(voice)
        assert not folder.exists()
        return result

    return taken


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("wav", "pcm_s16le"),
        ("wav", "pcm_f32le"),
        ("aiff", "pcm_s16be"),
        ("mp3", "libmp3lame"),
        ("ipod", "aac"),
        ("mp4", "aac"),
        ("mov", "alac"),
        ("adts", "aac"),
        ("ogg", "libopus"),
        ("webm", "libopus"),
        ("flac", "flac"),
    ],
)
def test_the_usual_recordings_become_a_plain_wav(take, container, codec):
    voice = take(encoded(container, codec))
    assert (voice.channels, voice.width, voice.rate) == (1, 2, 48_000)
    assert voice.seconds == pytest.approx(1, abs=0.06)
    assert 0.25 < np.sqrt((voice.samples**2).mean()) < 0.45  # a sine of half the volume has 0.35


def test_the_waveform_shows_where_it_is_loud(take):
    samples = np.concatenate([tone(1, volume=0.4), np.zeros(RATE), tone(2, volume=0.2)])
    voice = take(wav(samples))
    assert len(voice.peaks) == 200
    assert voice.peaks[20] == pytest.approx(1, abs=0.05)
    assert voice.peaks[75] == 0
    assert voice.peaks[150] == pytest.approx(0.5, abs=0.05)
    assert not any(take(wav(np.zeros(RATE))).peaks)


def test_the_sound_of_a_video_is_taken(take):
    assert take(film(with_sound=True)).seconds == pytest.approx(1, abs=0.1)


def test_a_video_without_sound_is_refused_in_words(take):
    with pytest.raises(UploadError, match=r"This file has no audio\."):
        take(film(with_sound=False))


def test_many_channels_at_a_high_rate_become_stereo_at_48_khz(take):
    voice = take(wav(tone(1, 96_000), 96_000, channels=8))
    assert (voice.channels, voice.rate) == (2, 48_000)
    assert voice.seconds == pytest.approx(1, abs=0.01)
    assert np.abs(voice.samples).max() > 0.1


def test_telephone_sound_stays_as_it_is(take):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes((tone(1, 8000) * 127 + 128).astype(np.uint8).tobytes())
    voice = take(out.getvalue())
    assert (voice.rate, voice.seconds) == (8000, 1)
    assert voice.samples.mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("told", [0xFFFFFFFF, 0x7FFFFFFF, 0])
def test_a_header_that_lies_about_the_length_is_not_believed(take, told):
    content = bytearray(wav(tone(2)))
    content[40:44] = struct.pack("<I", told)
    assert take(bytes(content), max_seconds=10).seconds == pytest.approx(2, abs=0.01)


def test_a_recording_that_was_cut_off_is_taken_as_far_as_it_goes(take):
    whole = encoded("mp3", "libmp3lame", seconds=4)
    assert take(whole[: len(whole) // 2]).seconds == pytest.approx(2, abs=0.3)


def test_damage_in_the_middle_costs_only_the_damage(take):
    content = bytearray(encoded("mp3", "libmp3lame", seconds=4))
    middle = len(content) // 2
    content[middle : middle + 3000] = b"\x55" * 3000
    assert 2.5 < take(bytes(content)).seconds < 4.2


def test_numbers_that_are_none_are_silence_and_loud_ones_are_clipped(take):
    samples = tone(1)
    samples[100:200] = np.nan
    samples[300:400] = np.inf
    samples[500:600] = 50.0
    voice = take(float_wav(samples))
    assert np.abs(voice.samples).max() <= 1.001
    assert not voice.samples[120:180].any()
    assert voice.samples[520:580].min() > 0.99


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"just some words\n" * 50, "not an audio file we can read"),
        (wav(np.zeros(0)), "has no audio"),
        (wav(np.zeros(1)), "too short"),
        (wav(tone(0.1)), "too short"),
        (b"ID3\x04\0\0\0\0\0\0", "could not be read"),
        (b"\xff\xfb" + b"\0" * 5000, "could not be read|no sound"),
        (b"\0\0\0\x20ftypisom" + b"\0" * 3000, "could not be read|no sound"),
    ],
)
def test_what_is_no_usable_recording_is_refused_in_words(take, content, sentence):
    with pytest.raises(UploadError, match=sentence):
        take(content)


def test_a_long_recording_is_refused_with_its_length_and_the_limit(take):
    minutes = encoded("flac", "flac", seconds=1000, rate=8000)
    with pytest.raises(UploadError, match=r"This recording is 16 min 40 s long\. The limit is 10 minutes\."):
        take(minutes)


def test_a_long_recording_without_a_length_is_read_only_up_to_the_limit(take):
    whole = encoded("webm", "libopus", seconds=30, options={"live": "1"})
    assert take(whole, max_seconds=40).seconds == pytest.approx(30, abs=0.1)
    with pytest.raises(UploadError, match=r"longer than the limit of 10 s\."):
        take(whole, max_seconds=10)


@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("webm", "libopus", {"live": "1"}),  # Chrome, Edge
        ("ogg", "libopus", {}),  # Firefox
        ("mp4", "aac", {"movflags": "frag_every_frame+empty_moov+default_base_moof"}),  # Safari
        ("mp4", "libopus", {"movflags": "frag_every_frame+empty_moov", "strict": "experimental"}),
    ],
)
def test_what_browsers_record_piece_by_piece_and_without_a_length_is_taken(take, container, codec, options):
    voice = take(encoded(container, codec, seconds=3, options=options))
    assert voice.seconds == pytest.approx(3, abs=0.1)
    assert 0.25 < np.sqrt((voice.samples**2).mean()) < 0.45


def test_exactly_the_limit_is_allowed_and_no_limit_is_none(take):
    assert take(wav(tone(3)), max_seconds=3).seconds == 3
    assert take(wav(tone(3)), max_seconds=None).seconds == 3
    assert take(wav(tone(3)), max_seconds=0).seconds == 3


def test_a_playlist_opens_no_file_and_no_address(take, tmp_path):
    asked = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    local = tmp_path / "local.wav"
    local.write_bytes(wav(tone(1)))
    address = f"http://127.0.0.1:{server.server_port}/sound.wav"
    try:
        for target in (local, f"file://{local}", address):
            for script in (
                f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n",
                f"ffconcat version 1.0\nfile '{target}'\n",
                f"ID3\x04\0\0\0\0\0\0#EXTM3U\n#EXTINF:10,\n{target}\n",
            ):
                with pytest.raises(UploadError):
                    take(script.encode())
    finally:
        server.shutdown()
    assert not asked
