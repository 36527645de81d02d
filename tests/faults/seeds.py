"""What a run of the faults makes and reads inside the product: plain functions, called over `console.py`.

Imported with the product's own settings, so never by a test.
"""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import FileField
from django.db.models.fields.files import FieldFile
from django.test import Client
from django.utils import timezone

from avatars.models import Avatar
from dashboard.jobs.enqueue import enqueue_job
from dashboard.jobs.leased_job import Job
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import User
from dashboard.processes.instance import name_process
from videos import masks, tasks
from videos.batches import services as batches
from videos.batches.tasks import enqueue_next
from videos.exports import services as exports
from videos.models import Batch, BatchItem, MaskDownload, Video, Voice

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


def sign_in() -> dict[str, str]:
    """The cookies of the owner, who is made here."""
    user = User.objects.create_user("olga@example.com", "correct horse battery", name="Olga", role="owner")
    client = Client()
    client.force_login(user)
    return {name: morsel.value for name, morsel in client.cookies.items()}


def _save(field: FieldFile, path: str | Path, name: str) -> None:
    with Path(path).open("rb") as file:
        field.save(name, File(file), save=False)


def _user() -> User:
    return User.objects.get()


def make_voice(sound: str, seconds: float) -> int:
    voice = Voice(name="Speech", seconds=seconds, made_by=_user())
    _save(voice.sound, sound, "sound.wav")
    voice.save()
    return voice.pk


def make_ready_avatar(remote_id: str) -> int:
    avatar = Avatar(name="Speaker", state=ProviderState.READY, remote_id=remote_id, made_by=_user())
    _save(avatar.portrait, FIXTURES / "astronaut.jpg", "portrait.jpg")
    avatar.save()
    return avatar.pk


def order_avatar() -> int:
    avatar = Avatar(name="Eileen", made_by=_user())
    _save(avatar.portrait, FIXTURES / "astronaut.jpg", "portrait.jpg")
    with transaction.atomic():
        avatar.save()
        enqueue_job(avatar)
    return avatar.pk


def copy_avatar(remote_id: str, preview_url: str) -> int:
    """An avatar that was made, and has to be copied."""
    avatar = Avatar(name="Made", state=ProviderState.COPYING, remote_id=remote_id, made_by=_user())
    avatar.preview_url = preview_url
    _save(avatar.portrait, FIXTURES / "astronaut.jpg", "portrait.jpg")
    with transaction.atomic():
        avatar.save()
        enqueue_job(avatar)
    return avatar.pk


def order_video(avatar: int, voice: int) -> int:
    with transaction.atomic():
        video = Video.objects.create(title="Speech", avatar_id=avatar, voice_id=voice, made_by=_user())
        tasks.start(video)
    return video.pk


def copy_video(avatar: int, voice: int, remote_id: str) -> int:
    """A video that the provider has finished."""
    with transaction.atomic():
        video = Video.objects.create(
            title="Finished",
            avatar_id=avatar,
            voice_id=voice,
            made_by=_user(),
            remote_id=remote_id,
            remote_state="finished",
            state=ProviderState.COPYING,
        )
        tasks.start(video)
    return video.pk


def _ready_video(film: str, mask: str, size: list[int], seconds: float, **fields: Any) -> Video:
    width, height = size
    video = Video(state=ProviderState.READY, seconds=seconds, width=width, height=height, made_by=_user())
    for name, value in ({"title": "Film"} | fields).items():
        setattr(video, name, value)
    _save(video.video, film, "film.mp4")
    if mask:
        _save(video.mask, mask, "mask.mp4")
    video.save()
    return video


def request_mask(film: str, size: list[int], seconds: float, remote_id: str) -> list[int]:
    """A ready video whose mask is still missing: the keys of the download of the mask, and of the video."""
    video = _ready_video(film, "", size, seconds, remote_id=remote_id, remote_state="finished")
    Video.objects.filter(pk=video.pk).update(mask_problem=Video.MaskProblem.LOST)
    masks.request(Video.objects.get(pk=video.pk))
    return [MaskDownload.objects.get(video=video).pk, video.pk]


def request_exports(film: str, mask: str, size: list[int], seconds: float, kinds: list[str]) -> list[int]:
    """Downloads of one new film, in this order; then the key of the film."""
    video = _ready_video(film, mask, size, seconds)
    keys = [exports.request_export(video, kind, _user()).pk for kind in kinds]
    return [*keys, video.pk]


def request_look(film: str, mask: str, size: list[int], seconds: float) -> list[int]:
    """A film that gets a look: the keys of the export that applies it, and of the film."""
    video = _ready_video(film, mask, size, seconds, look={"background": "colour", "colour": "#224466"})
    with transaction.atomic():
        exports.apply_look(video)
    return [video.exports.get(kind="look").pk, video.pk]


def order_batch(avatar: int, voice: int, sounds: list[str]) -> list[int]:
    """A batch of a row with a recording and rows with addresses of sounds: keys of batch, video, and rows."""
    who, user = Avatar.objects.get(pk=avatar), _user()
    with transaction.atomic():
        request = (who, Voice.objects.get(pk=voice), "Row 1", "")
        batch = batches.create_started(uuid.uuid4(), "Batch", user, [request], {})
        for number, url in enumerate(sounds, 2):
            BatchItem.objects.create(batch=batch, number=number, avatar=who, audio_url=url, title=url[-9:])
        enqueue_next()
    return [
        batch.pk,
        Video.objects.get(batch=batch).pk,
        *batch.items.exclude(audio_url="").values_list("pk", flat=True),
    ]


def list_holders() -> list[int]:
    """The processes that hold a lease of a job."""
    found = set()
    for model in _jobs():
        for holder in model._base_manager.filter(lease_until__gt=timezone.now()).values_list(
            "holder", flat=True
        ):
            found.add(int(holder.rpartition(" ")[2]))
    return sorted(found)


def expire_leases(pids: list[int]) -> int:
    """End the leases of these processes: the same as if they had stood still for longer. Returns how many."""
    found = 0
    for model in _jobs():
        rows = model._base_manager.filter(holder__in=[name_process(pid) for pid in pids], lease__isnull=False)
        found += rows.update(lease_until=timezone.now() - timedelta(seconds=1))
    return found


def _jobs() -> list[type[Job]]:
    return [model for model in apps.get_models() if issubclass(model, Job)]


def find_wrong_files() -> list[list[str]]:
    """Stored files that no row names, and rows whose file is gone."""
    named = set()
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, FileField):
                named |= {
                    str(name) for name in model._base_manager.values_list(field.name, flat=True) if name
                }
    root = settings.MEDIA_ROOT
    stored = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    return [sorted(stored - named), sorted(named - stored)]


def count_open_batches() -> int:
    """Batches that are not noticed as done."""
    return Batch.objects.filter(started_at__isnull=False, done_at=None).count()
