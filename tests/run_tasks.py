"""The tasks that the workers of both clusters run for one row, one after the other."""

from avatars import tasks as avatar_tasks
from videos import tasks as video_tasks


def work_on_avatar(pk: int) -> None:
    """Ask for it, and copy its files as soon as there are any."""
    avatar_tasks.generate(pk)
    avatar_tasks.copy(pk)


def work_on_video(pk: int) -> None:
    """Ask for it, or copy its files when it is made."""
    video_tasks.generate(pk)
    video_tasks.copy(pk)
