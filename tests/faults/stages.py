"""All stages of the work at once, at a provider that holds its answers and files until it is told to go on."""

import threading
from collections.abc import Callable
from pathlib import Path

from tests.conftest import FIXTURES
from tests.fake_provider import TOKEN, FakeProvider
from tests.faults.installation import Installation
from tests.faults.uploads import PiecewiseUpload
from tests.faults.work import Work
from tests.product.running import until
from tests.videos import generated_video

REACH_SECONDS = 60
HELD = ("held-preview", "held-video", "held-mask", "held-late-mask", "held-sound")


class ProviderStages:
    """Work in every stage; `begin` brings it there, `release` lets the provider go on."""

    # So few places that others wait for them.
    SETTINGS = {
        "CG_AVATAR_API_TOKEN": TOKEN,
        "CG_AVATAR_REQUESTS_PER_MINUTE": "0",
        "CG_AVATAR_MAX_IN_FLIGHT": "2",
        "GENERATE_WORKERS": "2",
        "DOWNLOAD_WORKERS": "4",
        "WORKERS": "2",
        "SYNC_MINUTES": "0",
    }

    def __init__(self, site: Installation, provider: FakeProvider, folder: Path) -> None:
        self.site, self.provider = site, provider
        self.card = generated_video.make(folder, 2.0, 1.0)  # what the provider sends
        self.film = generated_video.make(_subfolder(folder, "film"), 24.0, 8.0)  # takes a while to export
        sound = FIXTURES / "hello.wav"
        preview = FIXTURES / "astronaut.jpg"
        provider.files |= {"preview": preview, "video": self.card.video, "mask": self.card.mask}
        provider.files |= dict(
            zip(HELD, (preview, self.card.video, self.card.mask, self.card.mask, sound), strict=True)
        )
        self.hold = threading.Event()
        self.uploads: list[PiecewiseUpload] = []
        self.speaker = self._call("make_ready_avatar", provider.add_avatar()["avatar_id"])
        self.voice = self._call("make_voice", str(sound), 2)
        site.files_before = site.find_wrong_files()

    def begin(self) -> list[Work]:
        self.release()
        self.hold = threading.Event()
        behaviour = self.provider.behaviour
        behaviour.seconds_to_make = None
        behaviour.hang = {f"files/{name}": self.hold for name in HELD} | {"avatar.generate": self.hold}
        behaviour.hang_answers = {}
        self.orders_before = len(self.provider.carried_out)
        found = [*self._copies(), *self._avatars(), *self._videos(), *self._exports(), *self._uploads()]
        self._wait_for(found)
        return found + self._last_export()

    def release(self) -> None:
        """The provider goes on with everything, and the browsers do."""
        self.provider.behaviour.seconds_to_make = 1
        self.hold.set()
        for upload in self.uploads:
            upload.go_on()
        self.uploads = []

    def count_repeated_orders(self) -> int:
        """How many were carried out a second time for the same click."""
        orders = self.provider.carried_out[self.orders_before :]
        return len(orders) - len(set(orders))

    def _copies(self) -> list[Work]:
        """Results of the provider that are being copied, one of them behind the others."""
        provider, link = self.provider, self.provider.link
        preview = provider.add_avatar(preview_url=link("held-preview"))
        found = [
            _avatar(
                "avatar: copying",
                self._call("copy_avatar", preview["avatar_id"], preview["preview_url"]),
                "copying",
            )
        ]
        held = [
            ("video: copying", {"video_url": link("held-video")}, True),
            ("video: copying its mask", {"mask": link("held-mask")}, True),
        ]
        queued = [("video: copying, queued", {}, False)]
        for stage, links, is_held in [*held, *queued]:
            if stage == queued[0][0]:
                film = provider.add_video()
                provider.finish(film["video_id"])
                film["mask"] = link("held-late-mask")
                size = [generated_video.WIDTH, generated_video.HEIGHT]
                key, video = self._call("request_mask", str(self.card.video), size, 2.0, film["video_id"])
                again = f"/videos/{video}/mask/again/"
                found.append(
                    Work("mask: copying later", "videos_maskdownload", key, "working", held=True, retry=again)
                )
                self._wait_for(found)
            made = provider.add_video()
            provider.finish(made["video_id"])
            made |= links
            key = self._call("copy_video", self.speaker, self.voice, made["video_id"])
            found.append(_video(stage, key, "copying", held=is_held))
        return found

    def _avatars(self) -> list[Work]:
        return [
            _avatar("avatar: sending", self._call("order_avatar"), "sending"),
            _avatar("avatar: queued", self._call("order_avatar"), "waiting", held=False),
        ]

    def _videos(self) -> list[Work]:
        """One at the provider, one whose answer is on its way, others that wait for a place."""
        found = [_video("video: at the provider", self._order_video(), "making", held=False)]
        self._wait_for(found)
        self.provider.behaviour.hang_answers = {"video.generate": self.hold}
        found.append(_video("video: sending", self._order_video(), "sending"))
        self._wait_for(found)
        found.append(_video("video: queued", self._order_video(), "waiting", held=False))
        sounds = [self.provider.link("held-sound") + f"&row={number}" for number in (2, 3)]
        batch, video, *rows = self._call("order_batch", self.speaker, self.voice, sounds)
        found.append(_video("batch: video queued", video, "waiting", held=False))
        names = [("batch: sound downloading", "working", True), ("batch: row queued", "waiting", False)]
        for row, (stage, state, held) in zip(rows, names, strict=True):
            retry = f"/videos/batches/{batch}/rows/{row}/retry/"
            found.append(Work(stage, "videos_batchitem", row, state, held=held, retry=retry))
        return found

    def _exports(self) -> list[Work]:
        """One that is being made, and the look of another video behind it."""
        film, size = self.film, [generated_video.WIDTH, generated_video.HEIGHT]
        key, video = self._call(
            "request_exports", str(film.video), str(film.mask), size, film.seconds, ["webm"]
        )
        again = f"/videos/{video}/exports/webm/make/"
        running = Work("export: being made", "videos_export", key, "working", True, True, again)
        card = self.card
        key, _ = self._call("request_look", str(card.video), str(card.mask), size, card.seconds)
        return [running, Work("look: queued", "videos_export", key, "waiting", held=False)]

    def _last_export(self) -> list[Work]:
        """Seconds of work that nothing can hold: begun last."""
        card, size = self.card, [generated_video.WIDTH, generated_video.HEIGHT]
        key, video = self._call(
            "request_exports", str(card.video), str(card.mask), size, card.seconds, ["sound"]
        )
        retry = f"/videos/{video}/exports/sound/make/"
        return [Work("sound: begun", "videos_export", key, "unfinished", retry=retry)]

    def _uploads(self) -> list[Work]:
        recording = PiecewiseUpload(self.site, "recording", FIXTURES / "speech.wav")
        portrait = PiecewiseUpload(self.site, "portrait", FIXTURES / "cat.jpg")
        self.uploads = [recording, portrait]
        return [
            Work("upload: recording half sent", "recording", recording.name, "uploading"),
            Work(
                "upload: portrait half sent",
                "portrait",
                portrait.name,
                "uploading",
                retry="/avatars/{}/retry/",
            ),
        ]

    def _wait_for(self, works: list[Work]) -> None:
        """Until they are where they should be, or the time is over: then the table says so."""
        until(
            lambda: all(work.is_reached(self.site.product.row(work.query)) for work in works),
            REACH_SECONDS,
            0.1,
        )

    def _order_video(self) -> int:
        return int(self._call("order_video", self.speaker, self.voice))

    @property
    def _call(self) -> Callable[..., object]:
        return self.site.console.call


def _avatar(stage: str, key: object, state: str, held: bool = True) -> Work:
    return Work(stage, "avatars_avatar", key, state, held=held, retry="/avatars/{}/retry/")


def _video(stage: str, key: object, state: str, held: bool = True) -> Work:
    return Work(stage, "videos_video", key, state, held=held, retry="/videos/{}/retry/")


def _subfolder(folder: Path, name: str) -> Path:
    path = folder / name
    path.mkdir(exist_ok=True)
    return path
