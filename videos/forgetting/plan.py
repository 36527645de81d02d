"""What goes when a person is forgotten: found first, so that it can be listed before anything is removed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.fields.files import FieldFile

from avatars.models import Avatar
from dashboard.files.stored_files import HasFiles
from dashboard.models import User
from videos.exports.files import list_files
from videos.models import BatchItem, Export, ItemState, Video, Voice


@dataclass(frozen=True)
class Plan:
    """The rows that go."""

    avatars: list[Avatar]
    voices: list[Voice]
    videos: list[Video]
    exports: list[Export]
    items: list[BatchItem]

    @property
    def is_empty(self) -> bool:
        return not (self.avatars or self.voices or self.videos)

    @property
    def filenames(self) -> list[str]:
        """The names of all stored files of these rows."""
        rows: list[HasFiles] = [*self.avatars, *self.voices, *self.videos]
        names = [file.name for row in rows for file in row.files if file.name]
        names += [name for avatar in self.avatars for name in _list_unfinished(avatar)]
        names += [name for video in self.videos for name in _list_unfinished(video)]
        names += [name for export in self.exports for name in list_files(export)]
        return list(dict.fromkeys(names))

    def count_of_others(self, user: User) -> int:
        """How many of the videos other people made."""
        return sum(video.made_by_id != user.pk for video in self.videos)


def plan_forgetting(avatars: Iterable[Avatar], voices: Iterable[Voice]) -> Plan:
    """Everything that shows or contains what is in these rows."""
    found = {other.pk: other for avatar in avatars for other in _find_same_portrait(avatar)}
    return _plan_rows(found.values(), {voice.original_id or voice.pk for voice in voices})


def lock_plan(plan: Plan) -> Plan:
    """The plan with what was made of its rows since; nobody makes more of them until the transaction ends."""
    list(Video.all_objects.select_for_update().filter(pk__in=[row.pk for row in plan.videos]).order_by("pk"))
    avatars = (
        Avatar.all_objects.select_for_update().filter(pk__in=[row.pk for row in plan.avatars]).order_by("pk")
    )
    recordings = {voice.original_id or voice.pk for voice in plan.voices}
    of_them = Q(pk__in=recordings) | Q(original__in=recordings)
    list(Voice.all_objects.select_for_update().filter(of_them).order_by("pk"))
    return _plan_rows(list(avatars), recordings)


def _plan_rows(avatars: Iterable[Avatar], recordings: set[int]) -> Plan:
    found = {avatar.pk: avatar for avatar in avatars}
    parts = list(Voice.all_objects.filter(Q(pk__in=recordings) | Q(original__in=recordings)))
    videos = list(Video.all_objects.filter(Q(avatar__in=found) | Q(voice__in=parts)).order_by("pk"))
    items = BatchItem.objects.filter(Q(avatar__in=found) | Q(voice__in=parts) | Q(video__in=videos))
    names = [avatar.name for avatar in found.values()]
    drafts = BatchItem.objects.filter(state=ItemState.DRAFT, avatar=None, avatar_text__in=names)
    return Plan(
        sorted(found.values(), key=lambda avatar: avatar.pk),
        parts,
        videos,
        list(Export.objects.filter(video__in=videos)),
        list({item.pk: item for item in (*items, *drafts)}.values()),
    )


def find_voices_with(avatar: Avatar, user: User) -> list[Voice]:
    """Voices that may be of the same person: of its videos, and those stated to be of this person.

    Only those that this user may remove.
    """
    used = Q(videos__avatar=avatar)
    if avatar.consent_person:
        used |= Q(consent_person__iexact=avatar.consent_person)
    rows = Voice.all_objects.for_rows().filter(pk__in=Voice.all_objects.filter(used).values("pk"))
    return [voice for voice in rows if user.may_change(voice)]


def _find_same_portrait(avatar: Avatar) -> list[Avatar]:
    """The avatar, and those of other faces in the same picture: a copy of it shows the same people."""
    if not avatar.portrait:
        return [avatar]
    size = {"portrait_width": avatar.portrait_width, "portrait_height": avatar.portrait_height}
    others = Avatar.all_objects.filter(**size).exclude(pk=avatar.pk).exclude(portrait="")
    digest = _digest(avatar.portrait)
    return [avatar, *(other for other in others if digest and _digest(other.portrait) == digest)]


def _digest(file: FieldFile) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _list_unfinished(row: Avatar | Video) -> list[str]:
    """The names under which a task may store files that the row does not know yet."""
    suffixes = ("jpg", "webp", "mp4", "vtt", "png")
    fields = {file.field for file in _file_fields(row)}
    return [
        field.generate_filename(row, f"{row.client_ref}.{suffix}") for field in fields for suffix in suffixes
    ]


def _file_fields(row: Avatar | Video) -> list[FieldFile]:
    if isinstance(row, Avatar):
        return [row.portrait, row.thumbnail, row.preview, row.cutout]
    return [row.video, row.mask, row.poster, row.thumbnail, row.captions, row.cutout]
