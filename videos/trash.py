"""Videos, voices and batches in the trash, and what videos in the making need."""

from avatars.models import Avatar
from dashboard.jobs.provider_job import ACTIVE_STATES
from dashboard.trash.kinds import TrashKind, register, register_use
from videos import tasks
from videos.batches import tasks as batches
from videos.models import Batch, BatchItem, ItemState, Video, Voice
from videos.voices import services as voices

ROWS_IN_THE_MAKING = (ItemState.WAITING, ItemState.WORKING)


def connect() -> None:
    """Called once when the program starts."""
    register(
        TrashKind(
            Video,
            "video",
            "videos",
            "film",
            delete=tasks.remove,
            resume=_resume,
            get_picture=lambda video: video.thumbnail or (video.avatar.thumbnail if video.avatar else None),
        )
    )
    register(TrashKind(Voice, "voice", "voices", "microphone", delete=voices.remove))
    register(
        TrashKind(
            Batch,
            "batch",
            "batches",
            "square-3-stack-3d",
            delete=batches.remove,
            resume=lambda batch: batches.enqueue_next(),
        )
    )
    register_use(Voice, _explain_use_of_voice)
    register_use(Avatar, _explain_use_by_rows)
    register_use(Voice, _explain_use_by_rows)


def _resume(video: Video) -> None:
    if video.is_active:
        tasks.start(video)


def _explain_use_of_voice(voice: Voice) -> str:
    if not Video.objects.filter(voice=voice, state__in=ACTIVE_STATES).exists():
        return ""
    return f"A video is being made with {voice}. It can be deleted when the video is ready."


def _explain_use_by_rows(row: Avatar | Voice) -> str:
    items = BatchItem.objects.filter(state__in=ROWS_IN_THE_MAKING, batch__trashed_at=None)
    if not items.filter(**{row._meta.model_name or "": row}).exists():
        return ""
    return f"A batch is being made with {row}. It can be deleted when the batch is ready."
