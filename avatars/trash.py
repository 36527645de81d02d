"""Avatars in the trash."""

from avatars.models import Avatar
from avatars.services import delete_avatar
from dashboard.jobs.enqueue import enqueue_job
from dashboard.trash.kinds import TrashKind, register, register_use


def connect() -> None:
    """Called once when the program starts."""
    register(
        TrashKind(
            Avatar,
            "avatar",
            "avatars",
            "user-circle",
            delete=delete_avatar,
            resume=_resume,
            get_picture=lambda avatar: avatar.thumbnail or avatar.picture,
        )
    )
    register_use(Avatar, explain_use)


def _resume(avatar: Avatar) -> None:
    if avatar.is_active:
        enqueue_job(avatar)


def explain_use(avatar: Avatar) -> str:
    """Videos in the making need it."""
    if not avatar.videos.filter(state__in=Avatar.UNFINISHED).exists():
        return ""
    return f"A video is being made with {avatar}. It can be deleted when the video is ready."
