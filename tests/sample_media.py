"""Small real pictures, sounds and videos, generated for a test.

Each is generated once in a process, and tests get copies.
"""

import functools
import io
import wave
from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
from PIL import Image

Size = tuple[int, int]


def picture(path: Path, size: Size = (320, 400), colour: tuple[int, int, int] = (180, 120, 90)) -> Path:
    path.write_bytes(_picture(path.suffix, size, colour))
    return path


def sound(path: Path, seconds: float = 1.0, rate: int = 16000) -> Path:
    path.write_bytes(_sound(seconds, rate))
    return path


def video(path: Path, seconds: float = 1.0, size: Size = (128, 160)) -> Path:
    path.write_bytes(_video(seconds, size))
    return path


def mask(path: Path, seconds: float = 1.0, size: Size = (128, 160)) -> Path:
    """White in the lower middle, for the person; black around it."""
    path.write_bytes(_mask(seconds, size))
    return path


def cutout(path: Path, size: Size = (128, 160)) -> Path:
    """The person of `mask`, with a transparent background."""
    path.write_bytes(_cutout(path.suffix, size))
    return path


@functools.cache
def _picture(suffix: str, size: Size, colour: tuple[int, int, int]) -> bytes:
    return _encode(Image.new("RGB", size, colour), suffix)


@functools.cache
def _cutout(suffix: str, size: Size) -> bytes:
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    image.paste((200, 60, 60, 255), (size[0] // 4, size[1] // 4, size[0] * 3 // 4, size[1]))
    return _encode(image, suffix)


def _encode(image: Image.Image, suffix: str) -> bytes:
    file = io.BytesIO()
    image.save(file, Image.registered_extensions()[suffix])
    return file.getvalue()


@functools.cache
def _sound(seconds: float, rate: int) -> bytes:
    tone = np.sin(np.arange(int(seconds * rate)) * 2 * np.pi * 220 / rate)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((8000 * tone).round().astype("<i2").tobytes())
    return file.getvalue()


@functools.cache
def _video(seconds: float, size: Size) -> bytes:
    greys = (np.full((size[1], size[0], 3), 40 + k % 100, np.uint8) for k in range(round(seconds * 25)))
    return _encode_video(greys, size)


@functools.cache
def _mask(seconds: float, size: Size) -> bytes:
    white = np.zeros((size[1], size[0], 3), np.uint8)
    white[size[1] // 4 :, size[0] // 4 : size[0] * 3 // 4] = 255
    return _encode_video((white for _ in range(round(seconds * 25))), size)


def _encode_video(pictures: Iterable[np.ndarray], size: Size) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for rgb in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()
