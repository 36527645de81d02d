"""From a portrait to an avatar, with a provider that is not ours and has bad days."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from avatars import poller, services, tasks
from avatars.models import Avatar
from avatars.services import replace_portrait
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import Tombstone
from dashboard.provider.client import Client
from tests.conftest import FIXTURES
from tests.consent import OURS
from tests.messages import list_messages
from tests.run_tasks import work_on_avatar


def due_now(avatar: Avatar) -> None:
    Avatar.objects.filter(pk=avatar.pk).update(try_after=timezone.now())


def expire_lease(avatar: Avatar) -> None:
    Avatar.objects.filter(pk=avatar.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_portrait_becomes_an_avatar_with_a_preview_of_our_own(provider, new_avatar):
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.READY
    assert avatar.remote_id in provider.avatars
    assert avatar.gender == "female"
    assert default_storage.exists(avatar.preview.name)
    sent = dict(provider.calls)["avatar.generate"]
    assert sent["image_url"].startswith("https://studio.example.com/media/")


def test_a_second_run_of_the_same_task_does_nothing(provider, new_avatar):
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    work_on_avatar(avatar.pk)
    assert provider.count("avatar.generate") == 1


def test_a_task_that_died_after_the_id_was_saved_goes_on_without_asking_again(provider, new_avatar):
    remote = provider.add_avatar()
    avatar = new_avatar(state=ProviderState.COPYING, remote_id=remote["avatar_id"], attempts=1)
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.READY
    assert provider.count("avatar.generate") == 0


def test_a_refusal_is_shown_in_the_providers_words_and_ends_it(provider, new_avatar):
    provider.behaviour.refuse["avatar.generate"] = (400, {"code": 10003, "message": "Face is too small"})
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.FAILED
    assert "Face is too small" in avatar.error


@pytest.mark.parametrize(
    ("status", "code"), [(400, 10003), (422, "2003"), (200, 2004), (400, 2005), (400, 2002), (415, -1)]
)
def test_a_refusal_of_the_portrait_is_final(provider, new_avatar, status, code):
    provider.behaviour.refuse["avatar.generate"] = (status, {"code": code, "message": "No face."})
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert (avatar.state, avatar.portrait_refused) == (ProviderState.FAILED, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"code": 1, "message": "down"}),
        (503, {"code": 1007, "message": "busy"}),
        (401, {"code": 1003, "message": "no entry"}),
        (400, {"code": 2001, "message": "The picture cannot be downloaded."}),
        (404, "<html>"),
    ],
)
def test_what_has_nothing_to_do_with_the_portrait_can_be_tried_again(provider, new_avatar, status, body):
    provider.behaviour.refuse["avatar.generate"] = (status, body)
    avatar = new_avatar()
    for _ in range(20):
        due_now(avatar)
        work_on_avatar(avatar.pk)
        avatar.refresh_from_db()
        if avatar.state == ProviderState.FAILED:
            break
    assert (avatar.state, avatar.portrait_refused) == (ProviderState.FAILED, False)


def test_another_picture_for_a_refused_avatar_is_sent_as_something_new(
    provider, new_avatar, django_capture_on_commit_callbacks
):
    provider.behaviour.refuse["avatar.generate"] = (400, {"code": 2003, "message": "No face."})
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    provider.behaviour.refuse.clear()
    old_files, old_reference = [file.name for file in avatar.files], avatar.client_ref
    with django_capture_on_commit_callbacks(execute=True):
        replace_portrait(avatar, FIXTURES / "astronaut.jpg", "Eileen.jpg", consent=OURS)
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert (avatar.state, avatar.name, avatar.portrait_refused) == (ProviderState.READY, "Eileen", False)
    asked = [body for name, body in provider.calls if name == "avatar.generate"]
    assert [body["client_ref"] == str(old_reference) for body in asked] == [True, False]
    assert asked[0]["image_url"] != asked[1]["image_url"]
    assert not any(default_storage.exists(name) for name in old_files)
    assert all(default_storage.exists(file.name) for file in avatar.files)


@pytest.mark.slow
def test_an_order_that_alone_is_not_answered_is_sent_again_later_and_not_for_ever(provider, new_avatar):
    # A provider that answers nothing is waited for however long it takes: tests/dashboard/test_provider_outage.py.
    provider.behaviour.refuse["avatar.generate"] = (500, {"code": 1, "message": "down"})
    avatar = new_avatar()
    for _ in range(20):
        due_now(avatar)
        work_on_avatar(avatar.pk)
        avatar.refresh_from_db()
        if avatar.state == ProviderState.FAILED:
            break
        assert avatar.state == ProviderState.WAITING
        assert avatar.try_after > timezone.now()
    assert avatar.state == ProviderState.FAILED
    assert 3 < provider.count("avatar.generate") < 10


def test_a_lost_answer_is_settled_by_the_one_new_id_in_the_list(provider, new_avatar):
    provider.add_avatar()  # made elsewhere before
    provider.behaviour.lose_answers = ["avatar.generate"]
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.WAITING
    due_now(avatar)
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.READY
    assert provider.count("avatar.generate") == 1
    assert len(provider.avatars) == 2
    assert avatar.remote_id == list(provider.avatars)[1]


def test_a_lost_answer_that_cannot_be_told_is_a_question_to_a_person(provider, new_avatar):
    provider.behaviour.lose_answers = ["avatar.generate"]
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    provider.add_avatar()  # at the same time somebody else makes one: which is ours?
    due_now(avatar)
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.UNSURE
    assert provider.count("avatar.generate") == 1
    assert services.retry_avatar(avatar)  # the person says: once more
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.READY
    assert provider.count("avatar.generate") == 2


def test_a_provider_that_knows_client_ref_is_simply_asked_again(provider, new_avatar):
    provider.behaviour.supports_refs = True
    provider.behaviour.lose_answers = ["avatar.generate"]
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    due_now(avatar)
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.READY
    assert len(provider.avatars) == 1


def test_a_task_killed_between_asking_and_saving_is_settled_when_its_lease_has_expired(provider, new_avatar):
    avatar = new_avatar()
    claimed = Avatar.claim(avatar.pk, ProviderState.WAITING, to=ProviderState.SENDING, seconds=60)
    claimed.save_fields(asked_at=timezone.now())
    provider.add_avatar()  # what the killed task had started
    work_on_avatar(avatar.pk)
    assert provider.count("avatar.list") == 0  # the lease still holds
    expire_lease(avatar)
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.READY
    assert provider.count("avatar.generate") == 0


def test_a_preview_that_is_no_picture_is_not_shown(provider, new_avatar, media_files, tmp_path):
    provider.files["preview"] = tmp_path / "preview"
    provider.files["preview"].write_text("<script>alert(1)</script>")
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.FAILED
    assert not avatar.preview
    provider.files["preview"] = media_files["preview"]
    services.retry_avatar(avatar)
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.READY
    assert provider.count("avatar.generate") == 1


def test_an_expired_preview_link_is_looked_up_anew(provider, new_avatar):
    remote = provider.add_avatar()
    avatar = new_avatar(
        state=ProviderState.COPYING,
        remote_id=remote["avatar_id"],
        preview_url=provider.link("expired"),
        gender="male",
    )
    work_on_avatar(avatar.pk)
    due_now(avatar)
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.READY
    assert avatar.gender == "male"


def test_an_avatar_that_is_deleted_while_it_is_made_does_not_come_back(provider, new_avatar, monkeypatch):
    avatar = new_avatar()
    generate = Client.generate_avatar

    def deleted_meanwhile(self, *args, **fields):
        answer = generate(self, *args, **fields)
        services.delete_avatar(Avatar.objects.get(pk=avatar.pk))
        return answer

    monkeypatch.setattr(Client, "generate_avatar", deleted_meanwhile)
    work_on_avatar(avatar.pk)
    assert not Avatar.objects.exists()
    assert len(provider.avatars) == 1
    assert tasks.sync() == 0


def test_an_avatar_that_is_deleted_while_its_answer_is_lost_does_not_come_back(provider, new_avatar):
    provider.behaviour.supports_refs = True
    provider.behaviour.lose_answers = ["avatar.generate"]
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    services.delete_avatar(avatar)
    assert len(provider.avatars) == 1
    assert tasks.sync() == 0


def test_sync_brings_in_what_was_made_elsewhere_once(provider, new_avatar):
    provider.add_avatar(gender="male")
    assert tasks.sync() == 1
    assert tasks.sync() == 0
    avatar = Avatar.objects.get()
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.READY
    assert avatar.gender == "male"
    assert default_storage.exists(avatar.thumbnail.name)


def test_what_was_deleted_here_does_not_come_back(provider, new_avatar, django_capture_on_commit_callbacks):
    avatar = new_avatar()
    work_on_avatar(avatar.pk)
    avatar.refresh_from_db()
    names = [file.name for file in avatar.files]
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_avatar(avatar)
    assert tasks.sync() == 0
    assert Tombstone.objects.count() == 1
    assert not any(default_storage.exists(name) for name in names)


def test_sync_waits_while_an_answer_is_out(provider, new_avatar):
    new_avatar(state=ProviderState.SENDING, asked_at=timezone.now())
    provider.add_avatar()
    assert tasks.sync() == 0


def test_a_lost_message_is_sent_again_but_not_all_the_time(provider, new_avatar):
    new_avatar()
    for _ in range(5):
        poller.step()
    sent = [message for message in list_messages() if message.task == "avatars.tasks.generate"]
    assert len(sent) == 1
