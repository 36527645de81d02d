"""What can be made, by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from videos.looks.framing import Framing
from videos.looks.look import Look
from videos.studio import animated, films, sounds
from videos.studio.compositor import Setting
from videos.studio.footage import Footage


def make(request: dict[str, Any], tell: Callable[[float], None]) -> None:
    """`kind` of `video`, `mask` and `picture` (paths) with `look` and `framing` (values) into the file `target`. Raises Refused."""
    cv2.setNumThreads(1)  # the encoders have the other core
    video, target = Path(request["video"]), Path(request["target"])
    mask = Path(request["mask"]) if request.get("mask") else None
    picture = Path(request["picture"]) if request.get("picture") else None
    look = Look.of(request.get("look") or {})
    framing = Framing.of(request.get("framing"))
    kind = request["kind"]
    if kind == "sound":
        return sounds.sound(video, target)
    if kind == "gif":
        return animated.gif(lambda: Footage(video, mask), target, Setting(look, picture, framing), tell)
    if kind == "webp":
        return animated.webp(lambda: Footage(video, mask), target, tell)
    with Footage(video, mask) as footage:
        if kind == "look":
            films.dressed(footage, target, video, Setting(look, picture, framing), tell)
        else:
            recipe = {"webm": films.WEBM, "mov": films.PRORES}[kind]
            films.cut_out(footage, target, video, recipe, tell)
    return None
