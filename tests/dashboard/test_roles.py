"""Roles: who may give them, and what they allow; the rest is in tests/access/table.py."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from avatars.models import Avatar
from dashboard.accounts import services
from dashboard.audit.models import AuditEntry
from dashboard.models import OneTimeLink, User
from dashboard.permissions import PERMISSIONS, Permission, Role
from engine.models import Scope, Token
from tests import sample_media
from tests.sign_in import expect_sign_in
from videos.models import Video

PASSWORD = "purple teapot on the roof"


def role_of(person: User) -> str:
    return User.objects.get(pk=person.pk).role


def change(client: Client, person: User, role: str) -> int:
    return client.post(f"/people/{person.pk}/role/", {"role": role}).status_code


def test_each_role_may_do_what_the_one_below_it_may():
    for higher, lower in zip(list(Role), list(Role)[1:], strict=False):
        assert PERMISSIONS[higher] > PERMISSIONS[lower]
    assert PERMISSIONS[Role.OWNER] == frozenset(Permission)


# ---------------------------------------------------------------- viewers
def test_a_viewer_is_told_why_nothing_can_be_made(signed_in, vera):
    client = signed_in(vera)
    assert "You can look at everything here" in client.post("/sample/").content.decode()
    answer = client.post("/sample/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/plain; charset=utf-8")
    assert answer.content.decode().startswith("You can look at everything")
    assert not Avatar.objects.exists()


def test_a_viewer_sees_no_button_that_makes_something(signed_in, vera, finished):
    video = finished()
    client = signed_in(vera)
    avatar, voice = video.avatar.get_absolute_url(), video.voice.get_absolute_url()
    for path in ("/", "/avatars/", "/videos/", "/videos/voices/", "/videos/batches/", avatar, voice):
        page = client.get(path).content.decode()
        for address in ("/videos/new/", "/videos/batches/new/", "/avatars/upload/", "/sync/", "/delete/"):
            assert f'href="{address}' not in page, (path, address)
            assert not (address != "/delete/" and f'action="{address}' in page), (path, address)
    assert "/videos/new/" not in client.get(video.get_absolute_url()).content.decode()


def test_an_empty_team_shows_a_viewer_what_will_be_there(signed_in, vera):
    client = signed_in(vera)
    assert b"appear here" in client.get("/").content
    assert b"The avatars of your team appear here" in client.get("/avatars/").content


def test_a_viewer_may_prepare_a_download(signed_in, vera, finished):
    video = finished()
    assert signed_in(vera).post(f"/videos/{video.pk}/exports/webm/make/").status_code == 302
    assert video.exports.filter(kind="webm").exists()


def test_who_became_a_viewer_no_longer_changes_what_they_made(signed_in, owner, maria, finished):
    video = finished()
    Video.objects.filter(pk=video.pk).update(made_by=maria)
    client = signed_in(maria)
    assert change(signed_in(owner), maria, "viewer") == 302
    assert client.post(f"/videos/{video.pk}/delete/").status_code == 403
    assert Video.objects.filter(pk=video.pk).exists()


# ---------------------------------------------------------------- giving roles
def test_an_owner_gives_every_role(signed_in, owner, maria):
    for role in ("viewer", "admin", "owner", "creator"):
        change(signed_in(owner), maria, role)
        assert role_of(maria) == role


def test_an_admin_gives_every_role_but_that_of_an_owner(signed_in, adam, maria):
    client = signed_in(adam)
    change(client, maria, "admin")
    assert role_of(maria) == "admin"
    for wrong in ("owner", "king", ""):
        change(client, maria, wrong)
        assert role_of(maria) == "admin"


@pytest.mark.parametrize("action", ["role", "password", "sign-out", "deactivate", "two-step/reset"])
def test_an_admin_changes_nothing_about_an_owner(signed_in, adam, owner, action):
    client = signed_in(adam)
    path = f"/people/{owner.pk}/{action}/"
    answer = client.post(path, {"role": "viewer"})
    assert answer.status_code == 403
    assert "Only another owner" in answer.content.decode()
    assert path not in client.get(f"/people/{owner.pk}/").content.decode()
    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == ("owner", True)


def test_an_admin_cannot_bring_back_an_owner(signed_in, adam, owner):
    other = User.objects.create_user("oda@example.com", name="Oda", role="owner", is_active=False)
    assert signed_in(adam).post(f"/people/{other.pk}/reactivate/").status_code == 403
    assert signed_in(owner).post(f"/people/{other.pk}/reactivate/").status_code == 302


def test_nobody_changes_their_own_role(signed_in, owner, adam):
    for person in (owner, adam):
        assert change(signed_in(person), person, "creator") == 403
        assert signed_in(person).post(f"/people/{person.pk}/deactivate/").status_code == 403


def test_there_is_always_an_owner(owner, adam):
    other = User.objects.create_user("oda@example.com", name="Oda", role="owner")
    services.deactivate(owner, other)
    # Even if two owners remove each other at once: the second one is no owner any more.
    with pytest.raises(services.NotManageable):
        services.deactivate(other, owner)
    services.reactivate(owner, other)
    services.set_role(other, Role.CREATOR, owner)
    with pytest.raises(services.NotManageable):
        services.set_role(owner, Role.CREATOR, other)
    assert list(User.objects.filter(is_active=True, role="owner")) == [owner]


def test_links_of_before_give_nobody_more_than_they_may_have(signed_in, owner, adam, maria):
    OneTimeLink.make(adam, user=maria)
    change(signed_in(owner), maria, "owner")
    assert not OneTimeLink.objects.filter(user=maria).exists()
    OneTimeLink.make(adam, role="admin")
    change(signed_in(owner), adam, "creator")
    assert not OneTimeLink.objects.filter(made_by=adam).exists()


# ---------------------------------------------------------------- invitations
@pytest.mark.parametrize("role", Role.values)
def test_an_invitation_gives_its_role(signed_in, owner, role):
    page = signed_in(owner).post("/people/invite/", {"note": "Nina", "role": role}).content.decode()
    path = page.partition('value="http://testserver')[2].partition('"')[0]
    Client().post(path, {"name": "Nina", "email": "nina@example.com", "password": PASSWORD})
    assert User.objects.get(email="nina@example.com").role == role


def test_an_admin_invites_no_owner(signed_in, adam):
    answer = signed_in(adam).post("/people/invite/", {"note": "Nina", "role": "owner"})
    assert answer.status_code == 422
    assert not OneTimeLink.objects.exists()


def test_an_invitation_goes_by_mail_where_there_is_a_mail_server(signed_in, owner, settings, mailoutbox):
    client = signed_in(owner)
    data = {"note": "Nina", "role": "viewer", "email": "nina@example.com"}
    assert "on its way" not in client.post("/people/invite/", data).content.decode()
    assert not mailoutbox
    settings.HAS_MAIL = True
    owner.name = "Olga\nBcc: all@example.com"
    owner.save()
    page = client.post("/people/invite/", data).content.decode()
    assert "on its way to" in page
    (letter,) = mailoutbox
    assert letter.to == ["nina@example.com"]
    assert "\n" not in letter.subject
    address = letter.body.partition("http://testserver")[2].split()[0]
    assert b'value="nina@example.com"' in Client().get(address).content


def test_an_invitation_that_cannot_be_mailed_is_shown(signed_in, owner, settings, monkeypatch):
    settings.HAS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 9, False
    page = signed_in(owner).post("/people/invite/", {"role": "viewer", "email": "nina@example.com"})
    assert "could not be sent" in page.content.decode()
    assert "http://testserver/invitation/" in page.content.decode()


# ---------------------------------------------------------------- access
def test_who_is_deactivated_is_out_at_once_and_leaves_everything(signed_in, owner, maria, finished):
    video = finished()
    Video.objects.filter(pk=video.pk).update(made_by=maria)
    client = signed_in(maria)
    signed_in(owner).post(f"/people/{maria.pk}/deactivate/")
    with expect_sign_in():
        assert client.get("/").status_code == 302
    answer = Client().post("/accounts/login/", {"login": maria.email, "password": "a long password"})
    assert "_auth_user_id" not in answer.client.session
    video.refresh_from_db()
    assert video.made_by == maria
    assert b"Deactivated" in signed_in(owner).get("/people/").content


def test_who_is_reactivated_signs_in_as_before(signed_in, owner, maria):
    client = signed_in(owner)
    client.post(f"/people/{maria.pk}/deactivate/")
    client.post(f"/people/{maria.pk}/reactivate/")
    answer = Client().post("/accounts/login/", {"login": maria.email, "password": "a long password"})
    assert answer.headers["Location"] == "/"


def test_who_was_deactivated_can_be_invited_again_in_another_role(owner, maria):
    services.set_role(maria, Role.ADMIN, owner)
    services.deactivate(maria, owner)
    link, _ = OneTimeLink.make(owner, role="viewer")
    assert services.accept_invitation(link, "Mary", maria.email, PASSWORD) == maria
    maria.refresh_from_db()
    assert (maria.is_active, maria.role, maria.name) == (True, "viewer", "Mary")


def test_sessions_of_everybody_are_listed_and_ended(signed_in, owner, adam, maria):
    client, here, elsewhere = signed_in(adam), signed_in(maria), signed_in(owner)
    page = client.get("/people/sessions/").content.decode()
    assert all(name in page for name in ("Olga", "Maria", "This device"))
    ending = page.partition(f"/people/{maria.pk}/sessions/")[2].partition('"')[0]
    client.post(f"/people/{maria.pk}/sessions/{ending}")
    with expect_sign_in():
        assert here.get("/").status_code == 302
    assert f"/people/{owner.pk}/sessions/" not in page  # an admin signs out no owner
    assert elsewhere.get("/").status_code == 200
    assert AuditEntry.objects.filter(action="session_ended", subject__contains="Maria").exists()


# ---------------------------------------------------------------- tokens
def make_token(person: User) -> tuple[Token, dict[str, str]]:
    token, text = Token.make("website", Scope.MAKE, None, person)
    return token, {"Authorization": f"Bearer {text}"}


def test_a_token_does_no_more_than_who_made_it(client, owner, adam):
    _, headers = make_token(adam)
    create = "/v1/cg_avatar/avatar.generate"
    assert client.post(create, {}, "application/json", headers=headers).json()["code"] == 1002
    services.set_role(adam, Role.VIEWER, owner)
    assert client.post(create, {}, "application/json", headers=headers).status_code == 403
    assert client.get("/v1/cg_avatar/avatar.list", headers=headers).status_code == 200


def test_tokens_end_for_good_with_the_access_of_who_made_them(client, owner, adam):
    _, headers = make_token(adam)
    services.deactivate(adam, owner)
    assert client.get("/v1/cg_avatar/avatar.list", headers=headers).status_code == 401
    services.reactivate(adam, owner)
    assert client.get("/v1/cg_avatar/avatar.list", headers=headers).status_code == 401
    assert AuditEntry.objects.filter(action="token_revoked").exists()


# ---------------------------------------------------------------- pictures
@pytest.mark.slow
def test_a_picture_is_made_anew_and_shown_to_the_team(signed_in, vera, tmp_path):
    client = signed_in(vera)
    assert ">V<" in client.get("/people/").content.decode()  # initials, until there is one
    data = sample_media.picture(tmp_path / "me.jpg").read_bytes()
    client.post("/account/picture/", {"picture": SimpleUploadedFile("me.jpg", data)})
    vera.refresh_from_db()
    first = vera.picture.name
    with default_storage.open(first) as file, Image.open(file) as picture:
        assert picture.format == "WEBP"
        assert max(picture.size) <= 640
    assert vera.picture.name.rpartition("/")[2] in client.get("/people/").content.decode()
    broken = SimpleUploadedFile("x.jpg", b"no picture")
    answer = client.post("/account/picture/", {"picture": broken}, follow=True)
    assert "This is not a picture we can read" in answer.content.decode()
    vera.refresh_from_db()
    assert vera.picture.name == first
    client.post("/account/picture/remove/")
    vera.refresh_from_db()
    assert not vera.picture
