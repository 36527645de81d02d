"""The sound of a video alone, in sync with the video."""

from pathlib import Path

import av

from videos.studio import StudioError
from videos.studio.soundtrack import NO_SOUND, Soundtrack


def write_sound(video: Path, target: Path) -> None:
    """Write it as M4A; AAC is copied without encoding it again. Raises StudioError."""
    with (
        av.open(str(target), "w", format="ipod", options={"movflags": "+faststart"}) as box,
        Soundtrack(video, box, "aac", keep="aac") as track,
    ):
        if not track.is_there:
            raise StudioError(NO_SOUND)
        track.write()
