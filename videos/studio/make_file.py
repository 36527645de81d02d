"""Calls the function that makes the requested kind of file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from videos.looks.framing import Framing
from videos.looks.look import Look
from videos.studio import animation_writer, sounds, video_writer
from videos.studio.compositor import Composition
from videos.studio.video_reader import Footage


def make_file(request: dict[str, Any], report_progress: Callable[[float], None]) -> None:
    """Make the file `target` of this `kind` (see Export.Kind). Raises StudioError.

    `video`, `mask` and `picture` are paths, `look` and `framing` the dictionaries of Look and Framing.
    """
    cv2.setNumThreads(1)  # leave the other cores to the encoders
    video, target = Path(request["video"]), Path(request["target"])
    mask = Path(request["mask"]) if request.get("mask") else None
    picture = Path(request["picture"]) if request.get("picture") else None
    look = Look.from_dict(request.get("look") or {})
    framing = Framing.from_dict(request.get("framing"))
    kind = request["kind"]
    if kind == "sound":
        return sounds.write_sound(video, target)
    if kind == "gif":
        return animation_writer.write_gif(
            lambda: Footage(video, mask), target, Composition(look, picture, framing), report_progress
        )
    if kind == "webp":
        return animation_writer.write_webp(lambda: Footage(video, mask), target, look, report_progress)
    with Footage(video, mask) as footage:
        if kind == "look":
            video_writer.write_styled_video(
                footage, target, video, Composition(look, picture, framing), report_progress
            )
        else:
            recipe = {"webm": video_writer.WEBM, "mov": video_writer.PRORES}[kind]
            video_writer.write_cutout(footage, target, video, recipe, look, report_progress)
    return None
