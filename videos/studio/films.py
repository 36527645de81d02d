"""Whole films: with a look (MP4), or the person alone with an alpha channel (WebM, ProRes)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import av.container
import cv2
import numpy as np

from videos.studio import Refused, matting
from videos.studio.colours import FromRGB, mark
from videos.studio.compositor import Setting, Stage
from videos.studio.footage import NO_MASK, Footage, Shot
from videos.studio.soundtrack import Soundtrack

Tell = Callable[[float], None]  # how much of it is done, 0 to 1
CLOCK = Fraction(1, 90_000)


@dataclass(frozen=True)
class Recipe:
    """A container, its encoders and what they are told; `keep` is the sound that is copied as it is."""

    container: str
    codec: str
    pix_fmt: str
    options: dict[str, str]
    sound: str
    keep: str = ""
    file_options: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


MP4 = Recipe(
    "mp4",
    "libx264",
    "yuv420p",
    {"preset": "veryfast", "crf": "17", "profile": "high"},
    "aac",
    keep="aac",
    file_options={"movflags": "+faststart"},
)
# Alternate reference frames and an alpha channel do not go together in libvpx.
WEBM = Recipe(
    "webm",
    "libvpx-vp9",
    "yuva420p",
    {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1", "auto-alt-ref": "0"},
    "libopus",
    keep="opus",
    metadata={"alpha_mode": "1"},
)
PRORES = Recipe(
    "mov",
    "prores_ks",
    "yuva444p10le",
    {"profile": "4", "vendor": "apl0", "alpha_bits": "16"},
    "pcm_s16le",
)


def dressed(footage: Footage, target: Path, video: Path, setting: Setting, tell: Tell) -> None:
    """The video with its look, as MP4."""
    stage = Stage(setting, footage.width, footage.height)
    shots = footage.shots(masked=stage.needs_mask)
    _write(footage, shots, target, video, MP4, (stage.width, stage.height), stage.draw, tell)


def cut_out(footage: Footage, target: Path, video: Path, recipe: Recipe, tell: Tell) -> None:
    """The person alone, in the video's own frame, with straight alpha."""
    size = footage.width, footage.height
    _write(footage, footage.shots(), target, video, recipe, size, person, tell)


def person(shot: Shot) -> np.ndarray:
    """(h, w, 4) uint8 with straight alpha: the colours go on where it is transparent."""
    if shot.alpha is None:
        raise Refused(NO_MASK)
    return cv2.merge([*cv2.split(matting.person(shot.rgb, shot.alpha)), shot.alpha])


def _write(
    footage: Footage,
    shots: Iterator[Shot],
    target: Path,
    video: Path,
    recipe: Recipe,
    size: tuple[int, int],
    draw: Callable[[Shot], np.ndarray],
    tell: Tell,
) -> None:
    with av.open(str(target), "w", format=recipe.container, options=recipe.file_options) as box:
        stream = box.add_stream(recipe.codec, rate=footage.rate, options=recipe.options)
        stream.width, stream.height = size
        stream.pix_fmt = recipe.pix_fmt
        stream.codec_context.time_base = CLOCK
        stream.codec_context.thread_count = 2
        stream.metadata.update(recipe.metadata)
        mark(stream)
        encoded = FromRGB(*size, recipe.pix_fmt)
        with Soundtrack(video, box, recipe.sound, keep=recipe.keep) as sound:
            for shot in shots:
                frame = encoded(draw(shot))
                frame.pts, frame.time_base = round(shot.seconds / CLOCK), CLOCK
                box.mux(stream.encode(frame))
                sound.write(until=shot.seconds)
                tell(shot.seconds / max(footage.seconds, 1e-3))
            box.mux(stream.encode(None))
            sound.write()
