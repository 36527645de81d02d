"""The avatars' pages as people use them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from avatars.models import Avatar
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import Tombstone
from tests.conftest import FIXTURES
from tests.consent import PORTRAIT
from tests.messages import list_messages
from tests.sign_in import expect_sign_in
from tests.stored_files import list_stored

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/avatars/"}


def portrait(name: str = "maria-portrait_02.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, (FIXTURES / "astronaut.jpg").read_bytes(), "image/jpeg")


def upload(client, *files, **more):
    return client.post(reverse("avatar-upload"), PORTRAIT | {"portraits": list(files)}, **more)


def test_an_empty_gallery_is_one_large_drop_zone(signed_in, maria):
    answer = signed_in(maria).get(reverse("avatars"))
    assert b"Drop portraits here" in answer.content


def test_an_uploaded_portrait_is_a_live_card_with_a_human_name_at_once(signed_in, maria):
    answer = upload(signed_in(maria), portrait(), headers=HTMX)
    avatar = Avatar.objects.get()
    assert answer.status_code == 200
    assert avatar.name == "Maria portrait 02"
    assert avatar.made_by == maria
    assert avatar.portrait_width > 0
    assert avatar.state == ProviderState.WAITING
    assert f'id="avatar-{avatar.pk}"' in answer.text
    assert "every 1s" in answer.text
    assert len(list_messages()) == 1


def test_what_is_no_picture_is_refused_with_a_sentence_and_leaves_nothing_behind(signed_in, maria, settings):
    before = list_stored()
    answer = upload(signed_in(maria), SimpleUploadedFile("x.jpg", b"no picture"), headers=HTMX)
    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.text.endswith(".")
    assert not Avatar.objects.exists()
    assert not list_messages()
    assert list_stored() == before


def test_when_the_row_cannot_be_saved_no_file_remains(signed_in, maria, settings, monkeypatch):
    before = list_stored()
    monkeypatch.setattr("avatars.services.enqueue_job", lambda avatar: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        upload(signed_in(maria), portrait(), headers=HTMX)
    assert not Avatar.objects.exists()
    assert list_stored() == before


def test_without_a_script_several_files_are_taken_and_the_bad_ones_named(signed_in, maria):
    answer = upload(
        signed_in(maria), portrait(), SimpleUploadedFile("bad.png", b"?"), portrait("Ada.jpg"), follow=True
    )
    assert Avatar.objects.count() == 2
    assert "bad.png: " in answer.text
    bad = [SimpleUploadedFile(f"{number}.png", b"?") for number in (1, 2)]
    answer = upload(signed_in(maria), portrait(), *bad, follow=True)
    assert answer.text.count("toast is-bad") == 1
    assert "2 of 3 portraits could not be used:" in answer.text
    assert "<li>2.png: " in answer.text


def test_a_card_says_nothing_new_until_the_row_changes(signed_in, maria, new_avatar):
    avatar = new_avatar(made_by=maria)
    client = signed_in(maria)
    card = reverse("avatar-card", args=[avatar.pk])
    assert client.get(card, {"v": f"{avatar.version}.0"}).status_code == 204
    Avatar.objects.filter(pk=avatar.pk).update(version=7, state=ProviderState.READY)
    answer = client.get(card, {"v": f"{avatar.version}.0"})
    assert answer.status_code == 200
    assert "hx-trigger" not in answer.text.split("card-picture")[0]
    assert "Ada is ready." in answer["HX-Trigger"]


def test_the_card_of_a_deleted_avatar_goes_away(signed_in, maria):
    answer = signed_in(maria).get(reverse("avatar-card", args=[99]), {"v": 0})
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_failed_avatar_shows_its_sentence_and_try_again_on_the_card(signed_in, maria, new_avatar):
    avatar = new_avatar(
        made_by=maria, state=ProviderState.FAILED, error="We could not find a face in this picture."
    )
    client = signed_in(maria)
    page = client.get(reverse("avatars")).text
    assert "We could not find a face in this picture." in page
    answer = client.post(reverse("avatar-retry", args=[avatar.pk]), headers=HTMX)
    assert "Preparing your avatar" in answer.text
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.WAITING


def replace(client, avatar, *files, **more):
    return client.post(
        reverse("avatar-replace", args=[avatar.pk]), PORTRAIT | {"portrait": list(files)}, **more
    )


def refused_avatar(new_avatar, maria, **fields):
    failed = {"state": ProviderState.FAILED, "portrait_refused": True, "error": "This looks like an animal."}
    return new_avatar(made_by=maria, **failed | fields)


def test_where_the_portrait_was_refused_another_picture_is_offered_and_no_other_try(
    signed_in, maria, new_avatar
):
    avatar = refused_avatar(new_avatar, maria)
    for page in (reverse("avatars"), avatar.get_absolute_url()):
        text = signed_in(maria).get(page).text
        assert "This looks like an animal." in text
        assert "Choose another picture" in text
        assert reverse("avatar-retry", args=[avatar.pk]) not in text


def test_another_picture_takes_the_place_of_the_refused_one(signed_in, maria, new_avatar):
    avatar = refused_avatar(new_avatar, maria, name="Cat")
    answer = replace(signed_in(maria), avatar, portrait("Grace_Hopper.jpg"), headers=HTMX)
    assert f'id="avatar-{avatar.pk}"' in answer.text
    assert "Preparing your avatar" in answer.text
    new = Avatar.objects.get()
    assert (new.pk, new.name, new.state, new.error) == (avatar.pk, "Grace Hopper", ProviderState.WAITING, "")
    assert (new.portrait_width, new.portrait_height) == (560, 560)
    assert new.portrait.name != avatar.portrait.name
    assert len(list_messages()) == 1


def test_a_picture_that_cannot_be_read_leaves_the_refused_avatar_as_it_is(
    signed_in, maria, new_avatar, settings
):
    avatar = refused_avatar(new_avatar, maria)
    before = list_stored()
    client = signed_in(maria)
    broken = SimpleUploadedFile("x.jpg", b"no picture")
    assert replace(client, avatar, broken, headers=HTMX).status_code == 422
    page = replace(client, avatar, SimpleUploadedFile("x.jpg", b"no picture"), follow=True).text
    assert "not a picture we can read" in page
    assert replace(client, avatar, headers=HTMX).status_code == 422
    avatar.refresh_from_db()
    assert (avatar.state, avatar.portrait_refused) == (ProviderState.FAILED, True)
    assert list_stored() == before


@pytest.mark.parametrize("state", [ProviderState.READY, ProviderState.COPYING, ProviderState.FAILED])
def test_the_picture_of_an_avatar_that_was_not_refused_cannot_be_replaced(
    signed_in, maria, new_avatar, state
):
    avatar = new_avatar(made_by=maria, state=state)
    assert replace(signed_in(maria), avatar, portrait(), headers=HTMX).status_code == 200
    again = Avatar.objects.get()
    assert (again.state, again.portrait.name) == (state, avatar.portrait.name)


def test_a_picture_that_arrives_twice_is_taken_once(signed_in, maria, new_avatar):
    avatar = refused_avatar(new_avatar, maria)
    key = {"Idempotency-Key": "11111111-2222-4333-8444-555555555555"}
    for _ in range(2):
        assert replace(signed_in(maria), avatar, portrait(), headers=HTMX | key).status_code == 200
    assert len(list_messages()) == 1
    assert Avatar.objects.get().upload_ref


def test_trying_again_what_did_not_fail_changes_nothing(signed_in, maria, new_avatar):
    avatar = new_avatar(made_by=maria, state=ProviderState.READY)
    assert signed_in(maria).post(reverse("avatar-retry", args=[avatar.pk])).status_code == 302
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.READY


@pytest.mark.parametrize(
    "name", ["avatar-rename", "avatar-gender", "avatar-delete", "avatar-retry", "avatar-replace"]
)
def test_only_who_made_it_and_the_owner_may_change_an_avatar(signed_in, maria, tom, owner, new_avatar, name):
    avatar = new_avatar(made_by=maria, state=ProviderState.FAILED)
    address = reverse(name, args=[avatar.pk])
    data = {"name": "Grace", "gender": "male"}
    assert signed_in(tom).post(address, data).status_code == 403
    assert signed_in(owner).get(address).status_code == 405
    assert signed_in(owner).post(address, data).status_code == 302


def test_others_see_the_page_without_its_buttons(signed_in, maria, tom, new_avatar):
    avatar = new_avatar(made_by=maria, state=ProviderState.READY)
    assert "Delete this avatar" in signed_in(maria).get(avatar.get_absolute_url()).text
    page = signed_in(tom).get(avatar.get_absolute_url()).text
    assert "Delete this avatar" not in page
    assert reverse("avatar-rename", args=[avatar.pk]) not in page
    assert "Make a video" in page


def test_an_avatar_is_renamed_but_never_to_nothing(signed_in, maria, new_avatar):
    avatar = new_avatar(made_by=maria)
    client = signed_in(maria)
    client.post(reverse("avatar-rename", args=[avatar.pk]), {"name": "  مريم  "})
    avatar.refresh_from_db()
    assert avatar.name == "مريم"
    for wrong in ("", "   ", "x" * 201):
        answer = client.post(reverse("avatar-rename", args=[avatar.pk]), {"name": wrong}, follow=True)
        assert "1 to 200 characters" in answer.text
    avatar.refresh_from_db()
    assert avatar.name == "مريم"


def test_the_estimated_gender_is_corrected_by_a_person(signed_in, maria, new_avatar):
    avatar = new_avatar(made_by=maria, gender="female", state=ProviderState.READY)
    client = signed_in(maria)
    assert "estimate" in client.get(avatar.get_absolute_url()).text
    answer = client.post(reverse("avatar-gender", args=[avatar.pk]), {"gender": "male"}, headers=HTMX)
    assert "Corrected manually" in answer.text
    avatar.refresh_from_db()
    assert (avatar.gender, avatar.gender_corrected) == ("male", True)
    client.post(reverse("avatar-gender", args=[avatar.pk]), {"gender": "nonsense"})
    avatar.refresh_from_db()
    assert avatar.gender == "male"


def test_deleting_an_avatar_keeps_its_videos_and_remembers(signed_in, maria, new_video):
    video = new_video(made_by=maria, state=ProviderState.READY)
    avatar = video.avatar
    Avatar.objects.filter(pk=avatar.pk).update(made_by=maria)
    signed_in(maria).post(reverse("avatar-delete", args=[avatar.pk]))
    signed_in(maria).post(reverse("trash-delete", args=["avatar", avatar.pk]))
    video.refresh_from_db()
    assert video.avatar is None
    assert Tombstone.objects.filter(remote_id=avatar.remote_id).exists()
    assert signed_in(maria).get(video.get_absolute_url()).status_code == 200


def test_the_gallery_needs_as_many_queries_for_many_as_for_few(signed_in, maria, new_avatar):
    client = signed_in(maria)
    new_avatar(made_by=maria, portrait="x.jpg")
    client.get(reverse("avatars"))  # how many workers there are is asked once in some seconds
    counts = []
    for number in (25, 30):
        for _ in range(number):
            new_avatar(made_by=maria, portrait="x.jpg")
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse("avatars"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 11
    assert "56 avatars" in page.text


def test_sync_is_asked_for_by_a_button(signed_in, maria):
    answer = signed_in(maria).post(reverse("avatar-sync"), follow=True)
    assert "made elsewhere" in answer.text
    assert len(list_messages()) == 1


def test_who_is_not_signed_in_is_led_to_the_sign_in(client, owner, new_avatar):
    avatar = new_avatar()
    with expect_sign_in():
        assert client.get(reverse("avatars")).status_code == 302
    with expect_sign_in():
        polled = client.get(reverse("avatar-card", args=[avatar.pk]), headers=HTMX)
    assert polled["HX-Redirect"].startswith(reverse("account_login"))
    with expect_sign_in():
        sent = upload(client, portrait(), headers=HTMX)
    assert sent["HX-Redirect"].startswith(reverse("account_login"))
