"""The stages of the work at our own engine: rows of the engine beside those of the dashboard."""

import wave
from pathlib import Path

from tests.conftest import FIXTURES
from tests.faults.installation import Installation
from tests.faults.work import ENDED, Work
from tests.product.running import until

REACH_SECONDS = 90
ENGINE_TABLES = ("engine_rig", "engine_render")


class EngineStages:
    """As ProviderStages: nothing can be held, so what is made is long enough to be met."""

    SETTINGS = {"ENGINE_VIDEO_SIZE": "360"}

    def __init__(self, site: Installation, folder: Path) -> None:
        self.site = site
        long = folder / "long.wav"
        with wave.open(str(FIXTURES / "speech.wav")) as short, wave.open(str(long), "wb") as file:
            file.setparams(short.getparams())
            file.writeframes(short.readframes(short.getnframes()) * 6)
        self.speaker = int(self.site.console.call("order_avatar"))
        assert until(lambda: self._state("avatars_avatar", self.speaker) == "ready", 120)
        self.long = self.site.console.call("make_voice", str(long), 21)
        self.short = self.site.console.call("make_voice", str(FIXTURES / "hello.wav"), 2)
        site.files_before = site.find_wrong_files()

    def begin(self) -> list[Work]:
        self._orders_before = self._count_orders()
        call = self.site.console.call
        videos = [call("order_video", self.speaker, self.long), call("order_video", self.speaker, self.short)]
        names = ("render: being made", "render: queued at the engine")
        found = [
            _work(stage, "videos_video", key, "making") for stage, key in zip(names, videos, strict=True)
        ]
        until(lambda: self._is_reached(found), REACH_SECONDS, 0.1)
        found.append(
            _work("video: queued", "videos_video", call("order_video", self.speaker, self.short), "waiting")
        )
        _, video, *_ = call("order_batch", self.speaker, self.short, [])
        found.append(_work("batch: video queued", "videos_video", video, "waiting"))
        avatars = [call("order_avatar"), call("order_avatar")]
        for stage, key in zip(("rig: being made", "rig: queued at the engine"), avatars, strict=True):
            found.append(_work(stage, "avatars_avatar", key, "sending"))
        until(lambda: self._is_reached([found[0], *found[-2:]]), REACH_SECONDS, 0.05)
        self.ordered = len(found)
        return found

    def _is_reached(self, works: list[Work]) -> bool:
        """Whether all are in their stages, or one is past it: waiting longer would not help."""
        rows = [(work, self.site.product.row(work.query)) for work in works]
        return all(work.is_reached(row) for work, row in rows) or any(
            row["state"] in ENDED for _, row in rows
        )

    def release(self) -> None:
        """The engine is never held."""

    def count_repeated_orders(self) -> int:
        """How many more rigs and renders were made than rows ordered."""
        return max(self._count_orders() - self._orders_before - self.ordered, 0)

    def _count_orders(self) -> int:
        return sum(int(str(self.site.value(f"SELECT count(*) FROM {table}"))) for table in ENGINE_TABLES)

    def _state(self, table: str, key: int) -> object:
        return self.site.value(f"SELECT state FROM {table} WHERE id = {key}")


def _work(stage: str, table: str, key: object, state: str) -> Work:
    kind = "avatars" if table == "avatars_avatar" else "videos"
    begun = stage == "render: being made"
    return Work(stage, table, key, state, has_begun=begun, retry=f"/{kind}/{{}}/retry/")
