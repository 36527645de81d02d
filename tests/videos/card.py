"""A test card that moves: a red disc with a soft edge before a green wall, its mask, and a click with a flash.

Everything about it is known exactly, so what is made of it can be measured: which pixel is how much person, what the
person's colour is, when it flashes and when it sounds.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

WIDTH, HEIGHT, RATE, SOUND_RATE = 192, 240, 25, 48_000
WALL = (40, 160, 70)
PERSON = (200, 60, 50)
BT601, LIMITED = 6, 1


@dataclass(frozen=True)
class Card:
    video: Path
    mask: Path
    seconds: float
    click: float  # when it flashes and sounds

    @property
    def frames(self) -> int:
        return round(self.seconds * RATE)


def alpha(number: int) -> np.ndarray:
    """How much of each pixel is person in that frame: (h, w), 0 to 1."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    distance = np.hypot(x - WIDTH / 2 - number % 10, y - HEIGHT / 2)
    return np.clip((64 - distance) / 8 + 0.5, 0, 1)


def picture(number: int, behind: tuple[int, int, int] = WALL, *, flash: bool = False) -> np.ndarray:
    """(h, w, 3), exact: the person of that frame before a wall of any colour."""
    person = (255, 255, 255) if flash else PERSON
    a = alpha(number)[..., None]
    return np.array(person) * a + np.array(behind) * (1 - a)


def make(
    folder: Path, seconds: float = 2.0, click: float = 1.0, *, sound: str = "aac", mask_rate: int = RATE
) -> Card:
    """As our engine writes it: H.264 in BT.601, AAC; the mask without sound."""
    card = Card(folder / "card.mp4", folder / "card mask.mp4", seconds, click)
    with av.open(str(card.video), "w", format="mp4") as box:
        stream = _stream(box, RATE)
        voice = box.add_stream(sound, rate=SOUND_RATE, layout="mono")
        for number in range(card.frames):
            rgb = picture(number, flash=number == round(click * RATE)).round().astype(np.uint8)
            _put(box, stream, cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), number)
        box.mux(stream.encode(None))
        _sound(box, voice, seconds, click)
    with av.open(str(card.mask), "w", format="mp4") as box:
        stream = _stream(box, mask_rate)
        for number in range(round(seconds * mask_rate)):
            planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            planes[:HEIGHT] = (16 + alpha(number * RATE // mask_rate) * 219).round()
            _put(box, stream, planes, number)
        box.mux(stream.encode(None))
    return card


def _stream(box: av.container.OutputContainer, rate: int) -> av.VideoStream:
    stream = box.add_stream("libx264", rate=rate, options={"crf": "12", "preset": "veryfast"})
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context = stream.codec_context
    context.colorspace = context.color_primaries = context.color_trc = BT601
    context.color_range = LIMITED
    return stream


def _put(box, stream, planes: np.ndarray, number: int) -> None:
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts = number
    box.mux(stream.encode(frame))


def _sound(box, stream, seconds: float, click: float) -> None:
    """Silence, and for 20 ms a tone."""
    samples = np.zeros(round(seconds * SOUND_RATE), np.float32)
    start = round(click * SOUND_RATE)
    length = SOUND_RATE // 50
    samples[start : start + length] = 0.8 * np.sin(np.arange(length) * 2 * np.pi * 1000 / SOUND_RATE)
    for at in range(0, len(samples), 1024):
        piece = samples[None, at : at + 1024]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, at, Fraction(1, SOUND_RATE)
        box.mux(stream.encode(frame))
    box.mux(stream.encode(None))
