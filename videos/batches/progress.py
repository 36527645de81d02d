"""How far a batch is: of each row, and in all."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Sum

from dashboard.jobs.provider_job import ProviderState
from videos.cards import stamp
from videos.models import Batch, BatchItem, ItemState
from videos.scheduling import count_ahead

DELETED = "deleted"  # a row whose video somebody deleted since
STOPPED = (ProviderState.FAILED, ProviderState.UNSURE)
STAMPS_APART = "_"
# What a row shows. The poll reads them all every other second, so nothing else of their many columns.
ON_ROWS = (
    *("batch", "number", "title", "sound_text", "audio_url", "state", "version", "attempts", "error"),
    *("avatar__name", "avatar__colour", "avatar__thumbnail", "voice__name", "voice__seconds"),
    *("video__title", "video__state", "video__state_since", "video__remote_state", "video__version"),
    "video__try_after",
    *("video__progress", "video__error", "video__batch_position", "video__created_at", "video__seconds"),
    *("video__colour", "video__thumbnail", "video__avatar__thumbnail", "video__avatar__state"),
)


@dataclass
class Tally:
    """Rows counted by what became of them."""

    total: int = 0
    drafts: int = 0  # not counted among the others: nobody has asked for them yet
    ready: int = 0
    failed: int = 0
    cancelled: int = 0
    active: int = 0
    progress: int = 0  # percent of those that are being made, added up

    def add(self, state: str, number: int = 1, progress: int = 0) -> None:
        if state == DELETED:
            return
        if state == ItemState.DRAFT:
            self.drafts += number
            return
        self.total += number
        if state in (ProviderState.READY,):
            self.ready += number
        elif state in STOPPED:
            self.failed += number
        elif state == ProviderState.CANCELLED:
            self.cancelled += number
        else:
            self.active += number
            self.progress += progress

    @property
    def percent(self) -> int:
        if not self.total:
            return 100
        # Of a video that is made, bringing it home is still to come.
        done = 100 * (self.total - self.active) + 0.98 * self.progress
        return min(int(done / self.total), 100 if not self.active else 99)

    @property
    def words(self) -> str:
        """ "7 of 20 ready, 2 failed, 3 to fix"."""
        said = [f"{self.ready} of {self.total} ready"]
        if self.failed:
            said.append(f"{self.failed} failed")
        if self.cancelled:
            said.append(f"{self.cancelled} cancelled")
        if self.drafts:
            said.append(f"{self.drafts} to fix")
        return ", ".join(said)

    @property
    def stamp(self) -> str:
        """What the poll of a batch's panel compares."""
        shown = (self.ready, self.failed, self.cancelled, self.drafts, self.total, self.percent)
        return ".".join(map(str, shown))


def tallies(batches: Iterable[Batch]) -> list[Batch]:
    """Give each batch its `tally`: one query for all of them."""
    batches = list(batches)
    rows = BatchItem.objects.filter(batch__in=batches).order_by().values("batch", "state", "video__state")
    by_pk = {batch.pk: Tally() for batch in batches}
    for row in rows.annotate(number=Count("pk"), progress=Sum("video__progress")):
        state = _state(row["state"], row["video__state"])
        by_pk[row["batch"]].add(state, row["number"], row["progress"] or 0)
    for batch in batches:
        batch.tally = by_pk[batch.pk]
    return batches


def _state(item: str, video: str | None) -> str:
    """One word for a row: its own state until it is a video, then the video's."""
    return item if item != ItemState.READY else video or DELETED


def with_rows(batch: Batch) -> Batch:
    """Give the batch its `rows` (each with `now`, the word for how it stands) and its `tally`; drafts are no rows."""
    started = batch.items.exclude(state=ItemState.DRAFT)
    items = list(started.select_related("video__avatar", "avatar", "voice").only(*ON_ROWS))
    ahead = count_ahead(item.video for item in items if item.video)
    batch.tally = Tally(drafts=batch.drafts.count())
    for item in items:
        item.batch = batch
        item.now = _state(item.state, item.video.state if item.video else None)
        item.ahead = ahead.get(item.video_id, 0)
        item.can_cancel = is_waiting(item)
        batch.tally.add(item.now, progress=item.video.progress if item.video else 0)
    batch.rows = items
    batch.stamps = STAMPS_APART.join(row_stamp(item, item.ahead) for item in items)
    batch.can_retry = batch.tally.failed
    batch.can_cancel = sum(item.can_cancel for item in items)
    return batch


def is_waiting(item: BatchItem) -> bool:
    """Whether "Cancel what waits" means this one."""
    if item.video is not None:
        return item.video.state in (ProviderState.WAITING, ProviderState.MAKING) and item.video.is_cancellable
    return item.state == ItemState.WAITING


def row_stamp(item: BatchItem, ahead: int) -> str:
    """What the page says of a row when it asks what changed: its version, and what the card of its video compares."""
    return f"{item.version}.{stamp(item.video, ahead)}" if item.video else str(item.version)


def changed(batch: Batch, shown: str) -> list[BatchItem]:
    """The rows that look otherwise than what the page shows."""
    before = shown.split(STAMPS_APART)
    if len(before) != len(batch.rows):
        return batch.rows
    now = batch.stamps.split(STAMPS_APART)
    return [row for row, old, new in zip(batch.rows, before, now, strict=True) if old != new]
