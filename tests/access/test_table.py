"""Every address with every kind of visitor: exactly what the table says.

The addresses of the API, whose callers have tokens instead of sessions, are in test_api_table.py.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from avatars.models import Avatar
from dashboard.models import User
from tests.access.table import TABLE, Access, Outcome, Visitor
from tests.access.things import MISSING, fill, list_routes, things
from tests.sign_in import allow_sign_in
from videos.models import Video

__all__ = ["things"]
API = "v1/cg_avatar/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# allauth's own pages treat PUT as POST.
PUT_IS_POST = ("accounts/",)


@pytest.fixture
def clients(
    signed_in: Callable[[User], Client], maria: User, tom: User, vera: User, adam: User, owner: User
) -> dict[Visitor, Client]:
    clients = {
        Visitor.ANONYMOUS: Client(),
        Visitor.VIEWER: signed_in(vera),
        Visitor.OTHER: signed_in(tom),
        Visitor.MAKER: signed_in(maria),
        Visitor.ADMIN: signed_in(adam),
        Visitor.OWNER: signed_in(owner),
    }
    assert set(clients) == set(Visitor), "a visitor without a client"
    return clients


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is taken back, so that each request finds the same things."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def request(client: Client, method: str, path: str, access: Access | None = None) -> tuple[int, bool]:
    """The status of the answer, and whether it leads to the sign-in page."""
    client.raise_request_exception = False
    data = access.data if access else {}
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with allow_sign_in(), undone():
        response = client.get(path, data) if method == "GET" else getattr(client, method.lower())(path, data)
    client.cookies = SimpleCookie(cookies)  # with the session, also after signing out
    return response.status_code, response.headers.get("Location", "").startswith(reverse("account_login"))


def expect(access: Access, visitor: Visitor) -> int | Outcome:
    outcome = access.rule[visitor]
    if outcome is Outcome.FORBIDDEN:
        return 403
    if outcome is Outcome.SIGN_IN:
        return outcome
    is_signed_in = visitor is not Visitor.ANONYMOUS
    return access.signed_in if is_signed_in and access.signed_in else access.status


def test_every_address_has_a_row_and_every_row_an_address():
    routes = {route for route in list_routes() if not route.startswith(API)}
    assert sorted(routes - set(TABLE)) == [], (
        "add a row to tests/access/table.py: who may do it (dashboard.permissions)"
    )
    assert sorted(set(TABLE) - routes) == [], "the rows of addresses that are gone"


@pytest.mark.slow
@pytest.mark.parametrize("visitor", Visitor)
def test_every_visitor_gets_what_the_table_says(visitor, clients, things):
    wrong = []
    for route, methods in TABLE.items():
        for method, access in methods.items():
            status, is_sign_in = request(clients[visitor], method, fill(route, things), access)
            found = Outcome.SIGN_IN if is_sign_in and visitor is Visitor.ANONYMOUS else status
            if found != (expected := expect(access, visitor)):
                wrong.append(f"{method} /{route}: {found}, expected {expected}")
    assert not wrong, "\n".join([f"As {visitor.value}:", *wrong])


@pytest.mark.slow
def test_any_other_method_is_refused(clients, things):
    wrong = []
    for route, methods in TABLE.items():
        known = {*methods, *({"PUT"} if route.startswith(PUT_IS_POST) and "POST" in methods else ())}
        for method in set(METHODS) - known:
            status, _ = request(clients[Visitor.OWNER], method, fill(route, things))
            # allauth sends people who are signed in away from its sign-in page, whatever they want there.
            if status not in {405, *(access.signed_in for access in methods.values())}:
                wrong.append(f"{method} /{route}: {status}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
def test_what_does_not_exist_is_not_found(clients, things):
    wrong = []
    for route, methods in TABLE.items():
        if "<int:pk>" not in route:
            continue
        path = fill(route, things, pk=MISSING)
        for method, access in methods.items():
            status, _ = request(clients[Visitor.OWNER], method, path, access)
            if status != access.gone:
                wrong.append(f"{method} /{route}: {status}, expected {access.gone}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
def test_no_other_site_can_make_a_browser_change_anything(owner, things):
    """Every address that takes a form refuses one without our own token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    wrong = []
    for route, methods in TABLE.items():
        if "POST" in methods and not methods["POST"].is_csrf_exempt:
            status, _ = request(client, "POST", fill(route, things), methods["POST"])
            if status != 403:
                wrong.append(f"/{route}: {status}")
    assert not wrong, "\n".join(wrong)


def test_a_selection_deletes_only_what_the_person_may_delete(clients, things):
    """These two answer everybody alike, so the table does not show it."""
    avatar, video = things["avatars/"]["pk"], things["videos/"]["pk"]
    for path, pk in (("/videos/delete/", video), ("/avatars/delete/", avatar)):
        clients[Visitor.OTHER].post(path, {"pk": pk})
    assert Avatar.objects.filter(pk=avatar).exists()
    assert Video.objects.filter(pk=video).exists()
    clients[Visitor.MAKER].post("/videos/delete/", {"pk": video})
    assert not Video.objects.filter(pk=video).exists()
