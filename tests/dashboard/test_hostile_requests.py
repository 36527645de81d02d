"""Requests that no browser sends: NUL, halves of surrogate pairs and odd encodings, to every address there is."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.signals import request_started
from django.db import close_old_connections, models, transaction
from django.forms.forms import BaseForm
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from dashboard.models import User
from dashboard.wsgi import application
from engine.models import Token
from tests.access.things import fill, list_routes, things
from tests.sign_in import expect_sign_in

__all__ = ["things"]

API = "/v1/cg_avatar/"
NUL = "x\0y"
BOUNDARY = "b0undary"
CSRF_SECRET = "s" * 32
# What the views read by themselves, without a form.
READ = [
    "page",
    "v",
    "pk",
    "row",
    "shown",
    "since",
    "face",
    "replaces",
    "voice",
    "avatar",
    "look",
    "code",
    "role",
    "plain",
    "keep",
    "recorded",
    "next",
]
FILES = ("portraits", "sound", "sounds", "picture", "sheet", "look-upload")
ENCODINGS = ("unicode_escape", "utf-7", "hex", "idna")


def addresses(things: dict[str, dict[str, Any]]) -> list[str]:
    """Every address of the site with parameters that exist."""
    return [fill(route, things) for route in list_routes()]


def spoilt_addresses(bad: str) -> list[str]:
    """Every address with a parameter, and the bad text in it."""
    return ["/" + re.sub(r"<\w+:\w+>", bad, route) for route in list_routes() if "<" in route] + [f"/{bad}"]


def field_names() -> list[str]:
    def subclasses(kind: type) -> Iterator[type]:
        for sub in kind.__subclasses__():
            yield sub
            yield from subclasses(sub)

    names = {name for form in subclasses(BaseForm) for name in getattr(form, "base_fields", {})}
    return sorted({*names, *(f"look-{name}" for name in names), *READ, "script-1", "title-1"})


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for part in pair for text in texts(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in texts(part))


def rows() -> dict[str, list[dict[str, Any]]]:
    """Everything that people made, and what the engine was asked for."""
    ours: list[type[models.Model]] = [
        model
        for app in ("dashboard", "avatars", "videos", "engine")
        for model in apps.get_app_config(app).get_models()
    ]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in ours}


def assert_storable() -> None:
    for label, found in rows().items():
        for text in texts(found):
            assert "\0" not in text, label
            text.encode()


def multipart(parts: list[tuple[str, bytes]], charset: str = "") -> dict[str, Any]:
    body = b"".join(
        b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
        % (BOUNDARY.encode(), head.encode(), content)
        for head, content in parts
    )
    kind = f"multipart/form-data; boundary={BOUNDARY}" + (f"; charset={charset}" if charset else "")
    return {"data": body + b"--%s--\r\n" % BOUNDARY.encode(), "content_type": kind}


def form_of(content: bytes) -> list[tuple[str, bytes]]:
    return [(f'name="{name}"', content) for name in field_names()]


def files_named(how: str) -> list[tuple[str, bytes]]:
    return [(f'name="{name}"; {how}', b"no picture and no sound") for name in FILES]


class WsgiClient(Client):
    """Through the web server's own entry, as requests come in reality: with CSRF, and with odd content types."""

    def request(self, **request: Any) -> HttpResponse:
        self.cookies[settings.CSRF_COOKIE_NAME] = CSRF_SECRET
        environ = self._base_environ(**request) | {"HTTP_X_CSRFTOKEN": CSRF_SECRET}
        statuses: list[str] = []
        # As Django's own client does: the connection of the test's transaction stays open.
        request_started.disconnect(close_old_connections)
        try:
            body = application(environ, lambda status, headers: statuses.append(status))
        finally:
            request_started.connect(close_old_connections)
        return HttpResponse(b"".join(body), status=int(statuses[0][:3]))


def signing_out(address: str) -> AbstractContextManager[None]:
    """That leads to the sign-in page, and no other address does."""
    return expect_sign_in() if address == reverse("account_logout") else nullcontext()


@pytest.fixture
def member(signed_in: Callable[[User], Client], maria: User) -> Client:
    client = signed_in(maria)
    client.raise_request_exception = False
    return client


def assert_refused_in_plain_words(response: HttpResponse, address: str) -> None:
    assert response.status_code == 400, (address, response.status_code)
    assert "Traceback" not in response.text
    if address.startswith(API):
        assert response.json()["code"] in {1002, 1004}
    else:
        assert "character that cannot be used" in response.text


@pytest.mark.slow
def test_nul_in_a_query_or_a_form_is_refused_at_every_address_and_changes_nothing(member, things):
    before = rows()
    query = dict.fromkeys(field_names(), NUL)
    for address in addresses(things):
        assert_refused_in_plain_words(member.get(address, query), address)
        if address.startswith(API) or address == "/check/":  # which reads no text and keeps nothing
            continue
        for form in ({"data": query}, multipart(form_of(b"x\0y")), multipart([('name="a\0b"', b"x")])):
            assert_refused_in_plain_words(member.post(address, **form), address)
    assert rows() == before


def test_a_form_that_htmx_sends_is_answered_with_the_sentence_alone(member, things):
    address = f"/avatars/{things['avatars/']['pk']}/rename/"
    response = member.post(address, {"name": NUL}, headers={"HX-Request": "true"})
    assert response.status_code == 400
    assert response.text.startswith("The text contains a character that cannot be used")


@pytest.mark.parametrize("bad", ["%00", "a%00b"])
def test_nul_in_an_address_is_refused(member, things, bad):
    for address in spoilt_addresses(bad):
        assert_refused_in_plain_words(member.get(address), address)


@pytest.mark.slow
@pytest.mark.parametrize("bad", ["%ED%A0%80", "%FF", "%C0%80", "%F4%90%80%80"])
def test_broken_utf8_in_an_address_is_no_fault(member, things, bad):
    for address in spoilt_addresses(bad):
        assert member.get(address).status_code < 500, address
        assert member.get(f"/videos/?q={bad}&page={bad}&person={bad}").status_code < 500


@pytest.mark.slow
@pytest.mark.parametrize("charset", ENCODINGS)
def test_a_form_in_an_odd_encoding_is_no_fault_and_keeps_nothing_that_cannot_be_kept(maria, things, charset):
    member = WsgiClient()
    member.force_login(maria)
    statuses = set()
    escaped = rb"x\ud800\x00+2AA-y"
    for address in addresses(things):
        forms = (
            multipart(form_of(escaped), charset),
            multipart(files_named(f"filename*={charset}''%5Cud800%5Cx00.png")),
            {
                "data": b"q=" + escaped,
                "content_type": f"application/x-www-form-urlencoded; charset={charset}",
            },
        )
        with signing_out(address):
            for form in forms:
                with undone():
                    response = member.generic("POST", f"{address}?q=%5Cud800&ids=%5Cud800", **form)
                    assert response.status_code < 500, address
                    statuses.add(response.status_code)
                    assert_storable()
    assert {200, 302} <= statuses  # some were taken, so it is no guard at the door that refused them all


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", ['filename="a\0b.png"', 'filename="&#0;&#xD800;.png"', "filename*=utf-8''%00.png"]
)
def test_a_file_may_have_any_name(member, maria, things, how):
    for address in addresses(things):
        member.force_login(maria)  # one of the addresses signs out
        with signing_out(address), undone():
            assert member.generic("POST", address, **multipart(files_named(how))).status_code < 500, address
            assert_storable()


def test_a_cookie_with_nul_is_a_cookie_that_is_not_there(client, db):
    client.cookies[settings.SESSION_COOKIE_NAME] = "abcdefgh\0ijkl"
    with expect_sign_in():
        assert client.get("/videos/").status_code == 302


BODIES = {
    "avatar.generate": {"image_url": "https://a.example/p.jpg", "client_ref": "r", "face": 0},
    "video.generate": {
        "avatar_id": "a1",
        "audio_url": "https://a.example/s.mp3",
        "client_ref": "r",
        "script": "s",
    },
}


@pytest.mark.parametrize("bad", [NUL, "x\ud800y", "\udfff", "\x01"])
@pytest.mark.parametrize(
    ("method", "field"), [(m, f) for m, body in BODIES.items() for f in body if f != "script"]
)
def test_the_api_refuses_what_cannot_be_kept_in_its_own_words(client, db, method, field, bad):
    _, token = Token.make("test")
    response = client.post(
        API + method,
        json.dumps(BODIES[method] | {field: bad}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert response.status_code == 400
    assert response.json()["code"] == 1002
    assert_storable()


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe\xfa", b"[" * 150_000, b'{"a":' * 25_000, b'"\\ud800"', b"\0", b'{"image_url": "\\ud800"}'],
)
@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "text/plain; charset=hex"]
)
def test_the_api_bears_any_body(client, db, body, kind):
    _, token = Token.make("test")
    for method in BODIES:
        headers = {"Authorization": f"Bearer {token}"}
        response = client.generic("POST", API + method, body, content_type=kind, headers=headers)
        assert response.status_code == 400
        assert response.json()["code"] in {1001, 1002}


@pytest.mark.parametrize(
    "query", ["ids=a%00b", "ids=%ED%A0%80", "limit=%00", "offset=1%00", "video_id=a%00b"]
)
def test_the_api_bears_any_query(client, db, query):
    _, token = Token.make("test")
    for method in ("avatar.list", "video.list", "video.get"):
        response = client.get(f"{API}{method}?{query}", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code < 500
        assert set(response.json()) == {"code", "data", "message"}


@pytest.mark.parametrize("token", ["\x01", "é", "x" * 100_000, "\xff"])
def test_the_api_bears_any_token(client, db, token):
    response = client.get(f"{API}video.list", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401
