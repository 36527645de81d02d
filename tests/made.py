"""Small media made on the spot: whatever a test needs to be a real picture, sound or video."""

import math
import struct
import wave
from pathlib import Path

import av
import numpy as np
from PIL import Image


def picture(
    path: Path, size: tuple[int, int] = (320, 400), colour: tuple[int, int, int] = (180, 120, 90)
) -> Path:
    Image.new("RGB", size, colour).save(path)
    return path


def sound(path: Path, seconds: float = 1.0, rate: int = 16000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        tone = (round(8000 * math.sin(k * 2 * math.pi * 220 / rate)) for k in range(int(seconds * rate)))
        file.writeframes(b"".join(struct.pack("<h", value) for value in tone))
    return path


def video(path: Path, seconds: float = 1.0, size: tuple[int, int] = (128, 160)) -> Path:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for k in range(round(seconds * 25)):
            grey = np.full((size[1], size[0], 3), 40 + k % 100, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
    return path


def mask(path: Path, seconds: float = 1.0, size: tuple[int, int] = (128, 160)) -> Path:
    """White in the lower middle, where a person would be; black around."""
    white = np.zeros((size[1], size[0], 3), np.uint8)
    white[size[1] // 4 :, size[0] // 4 : size[0] * 3 // 4] = 255
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for _ in range(round(seconds * 25)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(white, format="rgb24")))
        container.mux(stream.encode())
    return path


def cutout(path: Path, size: tuple[int, int] = (128, 160)) -> Path:
    """The person of `mask`, alone."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    image.paste((200, 60, 60, 255), (size[0] // 4, size[1] // 4, size[0] * 3 // 4, size[1]))
    image.save(path)
    return path
