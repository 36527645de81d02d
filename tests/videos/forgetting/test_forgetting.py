"""A person is forgotten: nothing of them is left, on no page, in no row and in no byte of the data folder."""

import io
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from requests import ConnectionError as Unreachable
from requests import Response
from urllib3 import HTTPResponse

from avatars.models import Avatar
from dashboard.audit.models import Action, AuditEntry
from dashboard.forgotten import engine_copies, listing
from dashboard.forgotten.models import Forgetting, Forgotten
from dashboard.jobs.local_job import LocalState
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import Tombstone
from dashboard.provider.client import Client as ApiClient
from dashboard.provider.client import client as api_client
from engine.models import JobStatus, Render, Rig, Token
from videos import tasks
from videos.forgetting.plan import plan_forgetting
from videos.forgetting.services import forget, forget_again
from videos.models import Batch, BatchItem, Export, ItemState, Video, Voice

pytestmark = [pytest.mark.one_machine, pytest.mark.django_db(transaction=True)]

MARK = b"a watermark that is in every file of the person"
NAME = "Zenobia Quartzworthy"


def marked(kind: str) -> ContentFile:
    return ContentFile(MARK + kind.encode())


def places_of(needle: bytes) -> list[str]:
    """The files of the data folder that contain these bytes, the database and its log among them."""
    folder = Path(settings.DATA_DIR)
    files = (path for path in folder.rglob("*") if path.is_file() and "static" not in path.parts)
    return [str(path.relative_to(folder)) for path in files if needle in path.read_bytes()]


@pytest.fixture(autouse=True)
def _only_this_test() -> None:
    """Nothing of the tests before is found."""
    for place in places_of(MARK):
        (Path(settings.DATA_DIR) / place).unlink()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bool], None]]:
    """The engine answers the dashboard's calls, without a server between them; it can be switched off."""

    answers = {"on": True}

    def request(session: Any, verb: str, url: str, **options: Any) -> Response:
        if not answers["on"]:
            raise Unreachable
        headers = {"Authorization": session.headers["Authorization"]}
        path = url.removeprefix(settings.CG_AVATAR_API_URL)
        got = Client(headers=headers).generic(
            verb, path, json.dumps(options["json"]), content_type="application/json"
        )
        response = Response()
        response.status_code = got.status_code
        response.headers.update(dict(got.items()))
        response.raw = HTTPResponse(io.BytesIO(got.content), preload_content=False)
        return response

    monkeypatch.setattr("requests.Session.request", request)

    api_client.cache_clear()
    yield lambda is_on: answers.update(on=is_on)
    api_client.cache_clear()


@pytest.fixture
def person(maria: Any) -> Avatar:
    """An avatar with everything that can be made of it, here and at the engine."""
    rig = Rig.objects.create(image_url="https://a.example/p.jpg", state=JobStatus.FINISHED)
    for field in (rig.rig, rig.preview, rig.cutout):
        field.save(f"{rig.public_id}-1.png", marked("rig"), save=False)
    rig.save()
    render = Render.objects.create(rig=rig, audio_url="https://a.example/v.wav", state=JobStatus.FINISHED)
    for field in (render.video, render.mask, render.captions):
        field.save(f"{render.public_id}-1.mp4", marked("render"), save=False)
    render.save()
    at_engine = {"provider": "embedded", "state": ProviderState.READY}
    avatar = Avatar(name=NAME, made_by=maria, remote_id=rig.public_id, upload_ref=uuid.uuid4(), **at_engine)
    for field in (avatar.portrait, avatar.thumbnail, avatar.preview, avatar.cutout):
        field.save("one.jpg", marked("avatar"), save=False)
    avatar.save()
    (settings.FILE_UPLOAD_TEMP_DIR / f"upload-{avatar.upload_ref.hex}.part").write_bytes(MARK)
    voice = Voice(name=f"{NAME} speaks", made_by=maria, seconds=1)
    for field in (voice.sound, voice.shape):
        field.save("one.wav", marked("voice"), save=False)
    voice.save()
    part = Voice(name="Part", made_by=maria, seconds=0.5, original=voice, edit_key="x")
    part.sound.save("part.wav", marked("part"))
    video = Video(
        title=f"{NAME} says hello",
        avatar=avatar,
        voice=voice,
        made_by=maria,
        remote_id=render.public_id,
        **at_engine,
    )
    for field in (
        *(video.video, video.mask, video.poster, video.thumbnail),
        *(video.captions, video.cutout, video.styled_video),
    ):
        field.save("one.mp4", marked("video"), save=False)
    video.save()
    export = Export(video=video, kind="gif", state=LocalState.READY, made_by=maria)
    export.file.save("one.gif", marked("export"))
    batch = Batch.objects.create(name=f"{NAME}: 2 sounds", made_by=maria, started_at=timezone.now())
    BatchItem.objects.create(batch=batch, number=1, state=ItemState.READY, avatar=avatar, video=video)
    draft = Batch.objects.create(name="Draft", made_by=maria, sounds={f"{NAME}.wav": voice.pk})
    BatchItem.objects.create(batch=draft, number=1, state=ItemState.DRAFT, avatar_text=NAME, avatar=avatar)
    BatchItem.objects.create(batch=draft, number=2, state=ItemState.DRAFT, avatar_text="Bea")
    return avatar


@pytest.fixture
def client(signed_in: Any, maria: Any) -> Any:
    return signed_in(maria)


def submit(client: Any, avatar: Avatar, **fields: Any) -> Any:
    address = reverse("avatar-forget", args=[avatar.pk])
    voices = [str(voice.pk) for voice in Voice.objects.filter(original=None, made_by=avatar.made_by)]
    return client.post(address, {"confirm": "forget", "voice": voices, "listed": voices} | fields)


# ---------------------------------------------------------------- nothing is left


def test_not_one_byte_is_left_of_a_person_who_was_forgotten(client, person, engine):
    before = places_of(MARK)
    assert len(before) >= 22, before
    assert places_of(NAME.encode())
    answer = submit(client, person)
    assert answer.status_code == 302
    assert places_of(MARK) == []
    assert places_of(NAME.encode()) == []
    for model in (Avatar, Voice, Video, Export, Rig, Render):
        assert not model.objects.exists(), model
    assert [item.avatar_text for item in BatchItem.objects.all()] == ["Bea"]
    assert [(batch.name, batch.sounds) for batch in Batch.objects.all()] == [("Draft", {})]


def test_others_keep_what_is_theirs(client, person, engine, new_video, tom):
    other = new_video(made_by=tom)
    files = {file.name for file in (*other.avatar.files, *other.voice.files)}
    submit(client, person)
    assert list(Video.objects.all()) == [other]
    assert all(default_storage.exists(name) for name in files)


def test_a_voice_that_is_not_ticked_stays_and_the_videos_of_a_ticked_one_go_with_any_avatar(
    client, person, engine, new_video, maria
):
    voice = Voice.objects.get(original=None)
    other = new_video(voice=voice, made_by=maria)
    assert str(voice.pk) in client.get(reverse("avatar-forget", args=[person.pk])).text
    submit(client, person, voice=[], listed=[])
    assert Voice.objects.filter(pk=voice.pk).exists()
    assert list(Video.objects.all()) == [other]
    client.post(reverse("voice-forget", args=[voice.pk]), {"confirm": "Forget "})
    assert not Voice.objects.exclude(pk=other.voice_id).exists()
    assert not Video.objects.exists()
    assert Avatar.objects.filter(pk=other.avatar_id).exists()


def test_avatars_of_other_faces_in_the_same_picture_go_too(client, person, engine, new_avatar):
    copy = new_avatar(name="Face 2")
    with default_storage.open(person.portrait.name) as portrait:
        copy.portrait.save("copy.jpg", ContentFile(portrait.read()))
    stranger = new_avatar(name="Somebody else")
    assert {avatar.pk for avatar in plan_forgetting([person], []).avatars} == {person.pk, copy.pk}
    submit(client, person)
    assert list(Avatar.objects.all()) == [stranger]


# ---------------------------------------------------------------- asked for, told, recorded


def test_what_will_go_is_listed_and_a_word_must_be_typed(client, person, engine):
    address = reverse("avatar-forget", args=[person.pk])
    page = client.get(address).text
    for words in ("1 portrait", "1 video", "1 download", "2 rows"):
        assert f"<strong>{words}</strong>" in page, words
    answer = client.post(address, {"confirm": "yes"})
    assert answer.status_code == 422
    assert "Type the word “forget” to confirm." in answer.text
    voice = Voice.objects.get(original=None)
    counted = client.post(address, {"count": "yes", "voice": str(voice.pk)})
    assert counted.status_code == 200
    assert "<strong>2 voices</strong>" in counted.text
    answer = submit(client, person, listed=[])
    assert (answer.status_code, "You changed which voices go." in answer.text) == (422, True)
    assert Avatar.objects.exists()


def test_the_report_and_the_audit_log_say_what_was_removed_and_name_nobody(
    client, person, engine, signed_in, tom
):
    answer = client.get(submit(client, person)["Location"])
    assert "Forgotten for good" in answer.text
    assert "The engine has no copies any more." in answer.text
    counts = Forgetting.objects.get().counts
    assert {key: counts[key] for key in ("avatars", "voices", "videos", "exports", "rows")} == {
        "avatars": 1,
        "voices": 2,
        "videos": 1,
        "exports": 1,
        "rows": 2,
    }
    assert counts["files"] >= 15
    entry = AuditEntry.objects.get(action=Action.FORGOTTEN)
    assert "1 portrait, 2 voices, 1 video" in entry.subject
    assert "Maria" in entry.actor
    assert "Zenobia" not in answer.text + entry.subject
    assert signed_in(tom).get(answer.request["PATH_INFO"]).status_code == 403


def test_only_who_made_it_and_owners_may(person, signed_in, tom, owner, engine):
    address = reverse("avatar-forget", args=[person.pk])
    assert signed_in(tom).get(address).status_code == 403
    assert submit(signed_in(tom), person).status_code == 403
    assert Avatar.objects.exists()
    assert submit(signed_in(owner), person).status_code == 302
    assert not Avatar.objects.exists()


def test_the_command_does_the_same_and_prints_what_it_removed(person, engine, capsys):
    voice = Voice.objects.get(original=None)
    call_command("forget", "--avatar", str(person.pk), "--voice", str(voice.pk), "--yes")
    printed = capsys.readouterr().out
    assert "Removed: 1 portrait, 2 voices, 1 video" in printed
    assert places_of(MARK) == []
    with pytest.raises(CommandError, match="There is no avatar 4711"):
        call_command("forget", "--avatar", "4711", "--yes")
    with pytest.raises(CommandError, match="Say whom"):
        call_command("forget", "--yes")


# ---------------------------------------------------------------- nothing comes back


def test_a_job_that_is_running_ends_and_leaves_no_file(client, person, engine):
    Video.objects.update(state=ProviderState.COPYING)
    running = Video.claim(Video.objects.get().pk, ProviderState.COPYING, to=ProviderState.COPYING, seconds=60)
    assert running is not None
    running.poster.save(f"{running.client_ref}.jpg", marked("late"), save=False)
    submit(client, person)
    assert places_of(MARK) == []
    with pytest.raises(tasks.LeaseLost):
        running.move(ProviderState.READY)


def test_a_sync_does_not_bring_it_back(client, person, engine):
    remote_id = person.remote_id
    submit(client, person)
    assert Tombstone.objects.filter(kind="avatar", provider="embedded", remote_id=remote_id).exists()


def test_the_engine_deletes_its_copies_later_where_it_does_not_answer_now(client, person, engine):
    engine(False)
    answer = client.get(submit(client, person)["Location"])
    assert "copies of 2 of them are being removed" in answer.text
    assert places_of(MARK) != []
    engine(True)
    engine_copies.step()
    assert places_of(MARK) == []
    assert not Rig.objects.exists()
    assert "no copies any more" in client.get(answer.request["PATH_INFO"]).text


def test_what_was_being_sent_is_deleted_at_the_engine_by_its_reference_also_when_it_comes_late(
    client, new_avatar, maria, engine
):
    avatar = new_avatar(
        made_by=maria, state=ProviderState.SENDING, asked_at=timezone.now(), provider="embedded"
    )
    ref = str(avatar.client_ref)
    submit(client, avatar)
    Rig.objects.create(image_url="https://a.example/p.jpg", client_ref=ref)  # the call was under way
    engine_copies.step()
    assert not Rig.objects.exists()
    Forgetting.objects.update(created_at=timezone.now() - engine_copies.UNDER_WAY * 2)
    engine_copies.step()
    assert not Forgotten.objects.filter(is_at_engine=True).exists()


def test_another_provider_keeps_its_copies_and_the_report_lists_them(client, new_avatar, maria, provider):
    avatar = new_avatar(
        made_by=maria, state=ProviderState.READY, provider=provider.url, remote_id="theirs-17"
    )
    answer = client.get(submit(client, avatar)["Location"])
    assert "theirs-17" in answer.text
    assert "no copies any more" not in answer.text


def test_what_a_restored_backup_brings_back_is_forgotten_again(client, person, engine, capsys):
    rows = list(Avatar.objects.all()), list(Voice.objects.order_by("pk")), list(Video.objects.all())
    submit(client, person)
    kept = listing.dump()
    Forgetting.objects.all().delete()  # the database of the backup does not know
    for model_rows in rows:
        type(model_rows[0]).objects.bulk_create(model_rows)
    default_storage.save(rows[0][0].portrait.name, marked("restored"))
    assert places_of(MARK) != []
    assert listing.load(kept) == len(kept)
    assert listing.load(kept) == 0
    call_command("forget", "--again")
    assert "Removed: 1 portrait" in capsys.readouterr().out
    assert not Avatar.objects.exists()
    assert not Voice.objects.exists()
    assert places_of(MARK) == []
    assert forget_again() == []


def test_a_new_row_with_an_old_number_is_not_mistaken_for_what_was_forgotten(person, engine, new_avatar):
    forget(plan_forgetting([person], []), None)
    new = new_avatar(pk=person.pk, name="Somebody new")
    assert forget_again() == []
    assert Avatar.objects.filter(pk=new.pk).exists()


def test_the_engine_deletes_only_for_the_token_that_made_it(person, engine):
    _, text = Token.make("guest")
    api = ApiClient(settings.CG_AVATAR_API_URL, text)
    api.delete_avatar(person.remote_id, "")
    assert Rig.objects.exists()
