"""The sound of a video alone, in step with it."""

from pathlib import Path

import av

from videos.studio import Refused
from videos.studio.soundtrack import NO_SOUND, Soundtrack


def sound(video: Path, target: Path) -> None:
    """M4A; AAC is copied as it is."""
    with (
        av.open(str(target), "w", format="ipod", options={"movflags": "+faststart"}) as box,
        Soundtrack(video, box, "aac", keep="aac") as track,
    ):
        if not track.is_there:
            raise Refused(NO_SOUND)
        track.write()
