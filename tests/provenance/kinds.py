"""One small file of every kind that the product makes."""

import shutil
from pathlib import Path

import av
import numpy as np
from PIL import Image

from tests import sample_media

FIXTURES = Path(__file__).parent.parent / "fixtures"
CARRIED = ("mp4", "mov", "m4a", "gif", "webp", "png", "jpg")
SIDE = 64


def make(folder: Path, kind: str) -> Path:
    """A file with this suffix; animations where the product makes animations."""
    path = folder / f"made.{kind}"
    if kind == "mp4":
        return sample_media.video(path)
    if kind == "m4a":
        return Path(shutil.copy(FIXTURES / "hello.m4a", path))
    if kind in ("mov", "webm"):
        return _make_transparent_video(path)
    noise = np.random.default_rng(1).integers(0, 255, (SIDE, SIDE, 3), np.uint8)
    image = Image.fromarray(noise)
    if kind in ("gif", "webp"):
        image.save(path, save_all=True, append_images=[image.rotate(90)])
    else:
        image.save(path)
    return path


def _make_transparent_video(path: Path) -> Path:
    codec, pixels, options = {
        ".mov": ("prores_ks", "yuva444p10le", {"profile": "4"}),
        ".webm": ("libvpx-vp9", "yuva420p", {"auto-alt-ref": "0", "crf": "30", "b": "0"}),
    }[path.suffix]
    picture = np.full((SIDE, SIDE, 4), 200, np.uint8)
    picture[:, : SIDE // 2, 3] = 0
    with av.open(str(path), "w", format=path.suffix[1:]) as box:
        stream = box.add_stream(codec, rate=25, options=options)
        stream.width = stream.height = SIDE
        stream.pix_fmt = pixels
        if path.suffix == ".webm":
            stream.metadata["alpha_mode"] = "1"
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(picture, format="rgba").reformat(format=pixels)
            box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    return path
