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
BT709, UNMARKED, BT601 = (
    1,
    2,
    6,
)  # FFmpeg's AVColorSpace; unmarked ones are written in BT.601, as small ones are
LIMITED = 1
LUMA = {BT709: (0.2126, 0.7152, 0.0722)}  # red, green, blue
LUMA[BT601] = LUMA[UNMARKED] = (0.299, 0.587, 0.114)


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
    folder: Path,
    seconds: float = 2.0,
    click: float = 1.0,
    *,
    sound: str = "aac",
    mask_rate: int = RATE,
    marks: int = BT709,
) -> Card:
    """As our engine writes it: H.264 in BT.709, AAC; the mask without sound. `marks`: as others write it."""
    card = Card(folder / "card.mp4", folder / "card mask.mp4", seconds, click)
    with av.open(str(card.video), "w", format="mp4") as box:
        stream = _stream(box, RATE, marks)
        voice = box.add_stream(sound, rate=SOUND_RATE, layout="mono")
        for number in range(card.frames):
            rgb = picture(number, flash=number == round(click * RATE))
            _put(box, stream, _planes(rgb, LUMA[marks]), number)
        box.mux(stream.encode(None))
        _sound(box, voice, seconds, click)
    with av.open(str(card.mask), "w", format="mp4") as box:
        stream = _stream(box, mask_rate, marks)
        for number in range(round(seconds * mask_rate)):
            planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            planes[:HEIGHT] = (16 + alpha(number * RATE // mask_rate) * 219).round()
            _put(box, stream, planes, number)
        box.mux(stream.encode(None))
    return card


def _planes(rgb: np.ndarray, luma: tuple[float, float, float]) -> np.ndarray:
    """(h, w, 3) -> I420 (3h/2, w) in video range."""
    red, green, blue = cv2.split(rgb / 255)
    y = luma[0] * red + luma[1] * green + luma[2] * blue
    u, v = (blue - y) / (2 - 2 * luma[2]), (red - y) / (2 - 2 * luma[0])
    half = [cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for plane in (u, v)]
    levels = [16 + 219 * y, *(128 + 224 * plane for plane in half)]
    return np.concatenate([level.ravel() for level in levels]).round().astype(np.uint8).reshape(-1, WIDTH)


def _stream(box: av.container.OutputContainer, rate: int, marks: int) -> av.VideoStream:
    stream = box.add_stream("libx264", rate=rate, options={"crf": "12", "preset": "veryfast"})
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context = stream.codec_context
    context.colorspace = context.color_primaries = context.color_trc = marks
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
