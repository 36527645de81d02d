"""The progress of batches: in total, and of each row."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Sum

from dashboard.jobs.provider_job import ProviderState
from videos.cards import stamp
from videos.models import Batch, BatchItem, ItemState
from videos.scheduling import count_ahead

DELETED = "deleted"  # the row has become a video, which was deleted
STOPPED = (ProviderState.FAILED, ProviderState.UNSURE)
STAMP_SEPARATOR = "_"
# What a row shows, and no other columns: the poll reads all rows every other second.
ROW_FIELDS = (
    *("batch", "number", "title", "sound_text", "audio_url", "state", "version", "attempts", "error"),
    *("avatar__name", "avatar__colour", "avatar__thumbnail", "voice__name", "voice__seconds"),
    *("video__title", "video__state", "video__state_since", "video__remote_state", "video__version"),
    "video__trashed_at",
    *("video__try_after", "video__attempts"),
    *("video__progress", "video__error", "video__batch_position", "video__created_at", "video__seconds"),
    *("video__colour", "video__thumbnail", "video__avatar__thumbnail", "video__avatar__state"),
)


@dataclass
class Tally:
    """The number of rows in each state."""

    total: int = 0
    drafts: int = 0  # not part of the total: not started yet
    ready: int = 0
    failed: int = 0
    cancelled: int = 0
    active: int = 0
    progress: int = 0  # the sum of the percentages of active rows

    def add(self, state: str, number: int = 1, progress: int = 0) -> None:
        """Count `number` rows in this state; `progress` is the sum of their percentages."""
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
        # A video that is generated still has to be downloaded: 2 % are left for that.
        done = 100 * (self.total - self.active) + 0.98 * self.progress
        return min(int(done / self.total), 100 if not self.active else 99)

    @property
    def words(self) -> str:
        """ "7 of 20 ready, 2 failed, 3 to fix"."""
        parts = [f"{self.ready} of {self.total} ready"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.cancelled:
            parts.append(f"{self.cancelled} cancelled")
        if self.drafts:
            parts.append(f"{self.drafts} to fix")
        return ", ".join(parts)

    @property
    def stamp(self) -> str:
        """What the poll of the home page compares."""
        shown = (self.ready, self.failed, self.cancelled, self.drafts, self.total, self.percent)
        return ".".join(map(str, shown))


def add_tallies(batches: Iterable[Batch]) -> list[Batch]:
    """Set `tally` of each batch, with one query for all of them."""
    batches = list(batches)
    items = BatchItem.objects.filter(batch__in=batches, video__trashed_at=None)
    rows = items.order_by().values("batch", "state", "video__state")
    by_pk = {batch.pk: Tally() for batch in batches}
    for row in rows.annotate(number=Count("pk"), progress=Sum("video__progress")):
        state = _get_display_state(row["state"], row["video__state"])
        by_pk[row["batch"]].add(state, row["number"], row["progress"] or 0)
    for batch in batches:
        batch.tally = by_pk[batch.pk]
    return batches


def _get_display_state(item: str, video: str | None) -> str:
    """The state of a row until it is a video, then that of the video."""
    return item if item != ItemState.READY else video or DELETED


def add_rows(batch: Batch) -> Batch:
    """Set what the page of the batch shows: its `rows` (without drafts), its `tally`, and the attributes of each row."""
    started = batch.items.exclude(state=ItemState.DRAFT)
    items = list(started.select_related("video__avatar", "avatar", "voice").only(*ROW_FIELDS))
    for item in items:
        if item.video and item.video.is_in_trash:  # shown as deleted
            item.video = None
    ahead = count_ahead(item.video for item in items if item.video)
    batch.tally = Tally(drafts=batch.drafts.count())
    for item in items:
        item.batch = batch
        item.display_state = _get_display_state(item.state, item.video.state if item.video else None)
        item.ahead = ahead.get(item.video_id or 0, 0)
        item.can_cancel = is_waiting(item)
        batch.tally.add(item.display_state, progress=item.video.progress if item.video else 0)
    batch.rows = items
    batch.stamps = STAMP_SEPARATOR.join(get_row_stamp(item, item.ahead) for item in items)
    batch.can_retry = batch.tally.failed
    batch.can_cancel = sum(item.can_cancel for item in items)
    return batch


def is_waiting(item: BatchItem) -> bool:
    """Whether the button that cancels all queued rows includes this one."""
    if item.video is not None:
        return item.video.state in (ProviderState.WAITING, ProviderState.MAKING) and item.video.is_cancellable
    return item.state == ItemState.WAITING


def get_row_stamp(item: BatchItem, ahead: int) -> str:
    """What the poll compares for a row: its version, and the stamp of its video's card."""
    return f"{item.version}.{stamp(item.video, ahead)}" if item.video else str(item.version)


def find_changed_rows(batch: Batch, shown: str) -> list[BatchItem]:
    """The rows that have changed since the page had these stamps."""
    before = shown.split(STAMP_SEPARATOR)
    if len(before) != len(batch.rows):
        return batch.rows
    now = batch.stamps.split(STAMP_SEPARATOR)
    return [row for row, old, new in zip(batch.rows, before, now, strict=True) if old != new]
