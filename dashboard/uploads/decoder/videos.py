"""Checking the videos of the provider. They are stored as they are, so they are read to the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import av.container
from PIL import Image

from dashboard.uploads.decoder import FileRefused, pictures, sounds

NOT_A_VIDEO = "What came back is not a video."
BROKEN = "The video that came back is damaged or incomplete."
CODECS = "h264,hevc,av1,libdav1d,vp8,vp9,libvpx,libvpx-vp9,mpeg4,mjpeg,png,prores,qtrle," + sounds.CODECS
CHECK_BEFORE_END = 1.0  # seconds
MAX_MASK_DIFFERENCE = 0.5  # seconds between the durations of mask and video
UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
HD_HEIGHT = 720


def check_video(request: dict[str, Any]) -> dict[str, Any]:
    """Facts and stills of a video, and the cut-out by its mask, if it has one. Each file is opened once."""
    with _open_video(request["source"], request) as (container, stream):
        facts = _read_facts(container, stream)
        image = _to_image(_frame_at(container, stream, max(request["at"], 0.0)))
    masked = _cut_out(image, facts, request) if request["mask"] else {}
    return facts | masked | _write_stills(image, request)


def extract_stills(request: dict[str, Any]) -> dict[str, Any]:
    """The frame at `at` as a poster and as a thumbnail."""
    with _open_video(request["source"], request) as (container, stream):
        image = _to_image(_frame_at(container, stream, max(request["at"], 0.0)))
    return _write_stills(image, request)


def _read_facts(container: av.container.InputContainer, stream: av.VideoStream) -> dict[str, Any]:
    """Size, duration and number of frames as they really are. Raises FileRefused when the video is incomplete."""
    frames, end = _count_frames(container, stream)
    if not frames or frames < stream.frames:  # which is 0 where the header does not tell
        raise FileRefused(BROKEN)
    rate = float(stream.average_rate or 0)
    seconds = end or (frames / rate if rate else 0.0)
    # Decode the first frame and one near the end: enough to know that a player can show it.
    for at in (0.0, max(seconds - CHECK_BEFORE_END, 0.0)):
        _frame_at(container, stream, at)
    return {
        "width": stream.codec_context.width,
        "height": stream.codec_context.height,
        "seconds": round(seconds, 3),
        "frames": frames,
        "has_sound": bool(container.streams.audio),
    }


def _write_stills(image: Image.Image, request: dict[str, Any]) -> dict[str, Any]:
    """Write poster.jpg and thumbnail.webp (the image itself is shrunk)."""
    work = Path(request["work"])
    image.thumbnail((request["poster_side"],) * 2, Image.Resampling.LANCZOS, reducing_gap=2.0)
    image.save(work / "poster.jpg", "JPEG", quality=86)
    return {"colour": pictures.write_thumbnail(image, work / "thumbnail.webp", request)}


def _cut_out(image: Image.Image, facts: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """Write cutout.webp, the frame cut out by the mask. An unusable mask is reported in the answer."""
    try:
        with _open_video(request["mask"], request) as (container, stream):
            mask = _read_facts(container, stream)
            if (mask["width"], mask["height"]) != (facts["width"], facts["height"]):
                raise FileRefused("The mask has another size than its video.")
            if abs(mask["seconds"] - facts["seconds"]) > MAX_MASK_DIFFERENCE:
                raise FileRefused("The mask has another length than its video.")
            alpha = _to_image(_frame_at(container, stream, max(request["at"], 0.0)))
        if image.size != alpha.size:
            raise FileRefused(BROKEN)
    except FileRefused as error:
        return {"mask_problem": str(error)}
    cutout = image.copy()
    cutout.putalpha(alpha.convert("L"))
    cutout.thumbnail((request["poster_side"],) * 2, Image.Resampling.LANCZOS, reducing_gap=2.0)
    pictures.write_cutout(cutout, Path(request["work"]) / "cutout.webp")
    return {"mask_problem": ""}


# ---------------------------------------------------------------- reading


@contextmanager
def _open_video(
    path: str, request: dict[str, Any]
) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    with open(path, "rb") as file, _open(file) as container:
        yield container, _stream(container, request)


def _open(file: Any) -> av.container.InputContainer:
    try:
        return sounds.open_media(file, CODECS)
    except FileRefused as error:
        raise FileRefused(NOT_A_VIDEO) from error


def _stream(container: av.container.InputContainer, request: dict[str, Any]) -> av.VideoStream:
    stream = container.streams.best("video")
    if not isinstance(stream, av.VideoStream):
        raise FileRefused(NOT_A_VIDEO)
    size = stream.codec_context.width, stream.codec_context.height
    if min(size) < 1 or max(size) > request["max_side"]:
        raise FileRefused(BROKEN)
    stream.codec_context.thread_count = 2
    return stream


def _count_frames(container: av.container.InputContainer, stream: av.VideoStream) -> tuple[int, float]:
    """The number of frames in the file, and the moment the last one ends."""
    frames, end = 0, 0.0
    start = stream.start_time or 0
    for packet in _packets(container, stream):
        frames += 1
        if packet.pts is not None:
            end = max(end, float((packet.pts + (packet.duration or 0) - start) * packet.time_base))
    return frames, end


def _packets(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.Packet]:
    try:
        for packet in container.demux(stream):
            if packet.size:
                if packet.is_corrupt:
                    raise FileRefused(BROKEN)
                yield packet
    except (av.FFmpegError, OSError) as error:
        raise FileRefused(BROKEN) from error


def _frame_at(container: av.container.InputContainer, stream: av.VideoStream, at: float) -> av.VideoFrame:
    """The frame shown at that second, or the last one before it."""
    if stream.time_base is None:
        raise FileRefused(BROKEN)
    start = float((stream.start_time or 0) * stream.time_base)
    frame = None
    try:
        container.seek(int((start + at) / stream.time_base), stream=stream)
        for shown in container.decode(stream):
            if frame is not None and (shown.time is None or shown.time - start > at + 1e-3):
                break  # the frame before is the one that a player shows
            frame = shown
    except (av.FFmpegError, OSError) as error:
        if frame is None:
            raise FileRefused(BROKEN) from error
    if frame is None:
        raise FileRefused(BROKEN)
    return frame


def _to_image(frame: av.VideoFrame) -> Image.Image:
    """The frame in sRGB. Without a colour space it is read as browsers do: HD as BT.709, smaller as BT.601."""
    if frame.colorspace == UNSPECIFIED:
        return frame.to_image(src_colorspace="ITU709" if frame.height >= HD_HEIGHT else "ITU601")
    return frame.to_image()
