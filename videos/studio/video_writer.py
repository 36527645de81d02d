"""Whole videos: with a look (MP4), or the person alone with an alpha channel (WebM, ProRes)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import av.container
import cv2
import numpy as np

from videos.looks.look import Look
from videos.studio import StudioError, matting
from videos.studio.colours import FromRGB, tag_colours
from videos.studio.compositor import Composition, Compositor
from videos.studio.label import Label
from videos.studio.lower_third import LowerThird
from videos.studio.soundtrack import Soundtrack
from videos.studio.video_reader import NO_MASK, Footage, Shot

ReportProgress = Callable[[float], None]  # gets the share that is done, 0 to 1
TIME_BASE = Fraction(1, 90_000)


@dataclass(frozen=True)
class Recipe:
    """A container, its encoders and their options; sound in the codec `keep` is copied without encoding it again."""

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
# libvpx does not support alternate reference frames together with an alpha channel.
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


def write_styled_video(
    footage: Footage, target: Path, video: Path, composition: Composition, report_progress: ReportProgress
) -> None:
    """Write the video with its look as MP4. Raises StudioError."""
    compositor = Compositor(composition, footage.width, footage.height)
    shots = footage.shots(masked=compositor.needs_mask)
    _write(
        footage,
        shots,
        target,
        video,
        MP4,
        (compositor.width, compositor.height),
        _with_words(compositor.draw, composition.look, (compositor.width, compositor.height)),
        report_progress,
    )


def write_cutout(
    footage: Footage, target: Path, video: Path, recipe: Recipe, look: Look, report_progress: ReportProgress
) -> None:
    """Write the person alone, in the frame of the video, with straight alpha. Raises StudioError.

    Of the look, only the label is used.
    """
    size = footage.width, footage.height
    draw = _with_words(draw_person, Look(label=look.label, label_corner=look.label_corner), size)
    _write(footage, footage.shots(), target, video, recipe, size, draw, report_progress)


def _with_words(
    draw: Callable[[Shot], np.ndarray], look: Look, size: tuple[int, int]
) -> Callable[[Shot], np.ndarray]:
    """`draw`, and then the label and the lower third of the look, if it has them."""
    label, lower_third = Label.of(look, *size), LowerThird.of(look, *size)

    def draw_with_words(shot: Shot) -> np.ndarray:
        frame = draw(shot)
        frame = lower_third.stamp(frame, shot.seconds) if lower_third else frame
        return label.stamp(frame) if label else frame

    return draw_with_words


def draw_person(shot: Shot) -> np.ndarray:
    """(h, w, 4) uint8 with straight alpha: the colours extend into the transparent area."""
    if shot.alpha is None:
        raise StudioError(NO_MASK)
    return cv2.merge([*cv2.split(matting.estimate_person(shot.rgb, shot.alpha)), shot.alpha])


def _write(
    footage: Footage,
    shots: Iterator[Shot],
    target: Path,
    video: Path,
    recipe: Recipe,
    size: tuple[int, int],
    draw: Callable[[Shot], np.ndarray],
    report_progress: ReportProgress,
) -> None:
    with av.open(str(target), "w", format=recipe.container, options=recipe.file_options) as box:
        stream = box.add_stream(recipe.codec, rate=footage.rate, options=recipe.options)
        if not isinstance(stream, av.VideoStream):
            raise TypeError(f"{recipe.codec} encodes no video")
        stream.width, stream.height = size
        stream.pix_fmt = recipe.pix_fmt
        stream.codec_context.time_base = TIME_BASE
        stream.codec_context.thread_count = 2
        stream.metadata.update(recipe.metadata)
        tag_colours(stream)
        to_frame = FromRGB(*size, recipe.pix_fmt)
        with Soundtrack(video, box, recipe.sound, keep=recipe.keep) as sound:
            for shot in shots:
                frame = to_frame(draw(shot))
                frame.pts, frame.time_base = round(shot.seconds / TIME_BASE), TIME_BASE
                box.mux(stream.encode(frame))
                sound.write(until=shot.seconds)
                report_progress(shot.seconds / max(footage.seconds, 1e-3))
            box.mux(stream.encode(None))
            sound.write()
