"""Stored files are deleted after their rows, whoever is killed in between."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from avatars.models import Avatar
from dashboard.files import deletion
from dashboard.files.stored_files import delete_on_commit, store_file
from dashboard.models import DeletedFile

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that are given to workers."""
    tasks: list[str] = []
    monkeypatch.setattr(deletion, "enqueue", tasks.append)
    return tasks


def store(name: str) -> str:
    return default_storage.save(name, ContentFile(b"bytes"))


def test_a_worker_deletes_what_a_killed_process_left(sent):
    name = store("videos/videos/left.mp4")
    row = DeletedFile.objects.create(name=name)
    deletion.step()
    assert sent == []  # the process that deleted the row may be about to do it
    DeletedFile.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    deletion.step()
    deletion.step()
    assert sent == [deletion.TASK]
    deletion.delete_next()
    assert not default_storage.exists(name)
    assert not DeletedFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_deletion_that_is_rolled_back_keeps_its_files():
    avatar = Avatar(portrait=store("avatars/portraits/kept.jpg"))
    with transaction.atomic():
        delete_on_commit([avatar.portrait])
        transaction.set_rollback(True)
    assert default_storage.exists(avatar.portrait.name)
    delete_on_commit([avatar.portrait])
    assert not default_storage.exists(avatar.portrait.name)
    assert not DeletedFile.objects.exists()


def test_a_file_that_cannot_be_deleted_keeps_no_other_from_it(monkeypatch):
    names = [store(f"videos/videos/{number}.mp4") for number in range(3)]
    DeletedFile.objects.bulk_create(DeletedFile(name=name) for name in names)
    if hasattr(default_storage, "delete_many"):
        monkeypatch.setattr(default_storage, "delete_many", lambda part: [names[0]])
    else:
        delete = default_storage.delete

        def refuse_the_first(name: str) -> None:
            if name == names[0]:
                raise PermissionError(name)
            delete(name)

        monkeypatch.setattr(default_storage, "delete", refuse_the_first)
    deletion.delete_next()
    assert list(DeletedFile.objects.values_list("name", flat=True)) == [names[0]]


def test_a_new_file_gets_no_name_that_is_to_be_deleted(tmp_path: Path):
    old = store("avatars/portraits/same.jpg")
    DeletedFile.objects.create(name=old)
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(b"new")
    avatar = Avatar()
    store_file(avatar.portrait, picture, "same.jpg")
    deletion.delete_next()
    assert avatar.portrait.read() == b"new"
    assert not default_storage.exists(old)
