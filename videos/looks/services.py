"""Changing the look of a video, and finding out how far that is."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

from django.db import transaction
from django.db.models import F

from dashboard.jobs.continue_on_error import do_each
from dashboard.jobs.locks import hold_lock
from dashboard.jobs.provider_job import ProviderState
from videos.exports import services as exports
from videos.looks.look import Look
from videos.models import Export, LabelSetting, Video

LABEL_LOCK = "label"


def change_look(video: Video, look: Look) -> None:
    """Save the look, with its label, and apply it."""
    with transaction.atomic():
        Video.lock(video.pk)
        look = add_label(look, get_label())
        Video.all_objects.filter(pk=video.pk).update(look=look.to_dict(), version=F("version") + 1)
        if (changed := Video.all_objects.filter(pk=video.pk).first()) is not None:  # not deleted just now
            apply_look(changed)


def apply_look(video: Video) -> None:
    """Apply the look of a finished video, also again after a failure; other videos get theirs when they finish."""
    with transaction.atomic():
        if video.is_ready:
            exports.apply_look(video)


def apply_first_look(video: Video) -> None:
    """Apply the look that was chosen when the video was requested. Call it in the transaction that makes it ready."""
    look = add_label(Video.all_objects.get(pk=video.pk).parsed_look, get_label())
    Video.all_objects.filter(pk=video.pk).update(look=look.to_dict())
    exports.apply_look(video)


def change_label() -> AbstractContextManager[None]:
    """The transaction in which the setting is saved: looks that are saved meanwhile have either the old label, and are
    found by `update_labels` afterwards, or the new one."""
    return hold_lock(LABEL_LOCK)


def get_label() -> LabelSetting:
    """The setting, which does not change until the transaction ends. Lock the video before."""
    with hold_lock(LABEL_LOCK):
        return LabelSetting.get()


def add_label(look: Look, setting: LabelSetting) -> Look:
    """The look with the team's label if that is on, for all or for this video; otherwise without one."""
    if setting.is_on or look.label_chosen:
        return replace(look, label=setting.words, label_corner=setting.corner)
    return replace(look, label="", label_corner=Look.label_corner)


def update_labels() -> None:
    """A task: after the setting was changed, change the label in all videos that show another one.

    It may run again at any time: videos that have the label already are left alone. Those that are not ready get it
    when they are.
    """
    setting = LabelSetting.get()
    do_each([video for video in _list_ready() if _has_other_label(video, setting)], _update_label)


def _list_ready() -> Iterator[Video]:
    ready = Video.all_objects.filter(state=ProviderState.READY).exclude(video="")
    return ready.only("look").order_by("-pk").iterator()


def _has_other_label(video: Video, setting: LabelSetting) -> bool:
    return add_label(video.parsed_look, setting).to_dict() != video.parsed_look.to_dict()


def _update_label(video: Video) -> None:
    with transaction.atomic():  # a person may have changed it since it was listed
        if (locked := Video.lock(video.pk)) is not None:
            change_look(locked, locked.parsed_look)


def find_look_export(video: Video) -> Export | None:
    """The export that applies the video's look; None once the look is displayed, or if there is nothing to apply."""
    if not video.is_ready or video.parsed_look.is_plain or video.display_file != video.video:
        return None
    return exports.find_export(video, Export.Kind.LOOK)
