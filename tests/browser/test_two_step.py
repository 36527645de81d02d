"""Two-step sign-in in a real browser: with an app's code, with a passkey, and with a passkey alone."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dashboard.models import SiteSettings, User
from tests.sign_in import expect_sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long password"


@pytest.fixture
def secure_page(chromium: Browser, live_server: Any, owner: User) -> Iterator[Callable[..., Page]]:
    """Pages at http://localhost, where browsers offer passkeys, with a device that has a fingerprint reader."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    cache.clear()

    def open_(*, with_reader: bool = True) -> Page:
        base = live_server.url.replace("127.0.0.1", "localhost")
        context = chromium.new_context(base_url=base, reduced_motion="reduce", accept_downloads=True)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        contexts.append(context)
        page = context.new_page()
        if with_reader:
            add_reader(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def add_reader(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    reader = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": reader})


def type_password(page: Page, user: User) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email address").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    with expect_sign_in():
        page.get_by_role("main").get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/accounts/login/")


def assert_accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found]


def test_who_must_set_it_up_does_so_with_an_app_and_signs_in_with_its_code(secure_page, maria):
    SiteSettings.objects.create(pk=1, two_step_required=True)
    page = secure_page(with_reader=False)
    type_password(page, maria)
    expect(page.get_by_role("heading", name="Two-step sign-in")).to_be_visible()
    page.goto("/avatars/")
    expect(page.get_by_text("Everybody here signs in with a second step")).to_be_visible()
    page.get_by_role("link", name="Set up an app").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    page.get_by_text("No camera?").click()
    secret = page.get_by_label("Key for the app").input_value()
    now = int(time.time()) // 30
    page.get_by_label("The six digits").fill(format_hotp_value(hotp_value(secret, now)))
    page.get_by_role("button", name="Switch on").click()
    codes = page.get_by_label("Your codes").input_value().split()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert codes[0] in download.value.path().read_text()
    page.get_by_role("link", name="I have saved them").click()
    page.goto("/avatars/")
    expect(page.get_by_role("heading", name="Avatars")).to_be_visible()
    sign_out(page)
    type_password(page, maria)
    field = page.get_by_label("Code of your authenticator app")
    field.fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("That is not right")).to_be_visible()
    field.fill(format_hotp_value(hotp_value(secret, now + 1)))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/")


def test_a_passkey_is_added_and_is_the_second_step_or_the_only_one(secure_page, maria):
    page = secure_page()
    type_password(page, maria)
    page.wait_for_url("**/")
    page.goto("/account/")
    page.get_by_role("link", name="Set up").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_label("Your codes")).to_be_visible()
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_text("My laptop")).to_be_visible()
    expect(page.get_by_text("works without the password")).to_be_visible()
    assert Authenticator.objects.filter(user=maria, type="webauthn").count() == 1

    sign_out(page)  # as the second step
    type_password(page, maria)
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()

    sign_out(page)  # alone
    page.goto("/accounts/login/?next=/people/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="People", exact=True)).to_be_visible()

    page.goto("/accounts/two-step/")  # and taken off again
    page.get_by_role("link", name="Remove My laptop").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The passkey was removed.")).to_be_visible()
    assert not Authenticator.objects.exists()


def test_a_device_without_the_passkey_says_so_and_offers_the_other_way(secure_page, maria):
    page = secure_page()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No passkey was used. Try again, or use another way.")).to_be_visible()


def test_the_meter_says_how_hard_a_password_is_to_guess(secure_page, maria):
    page = secure_page(with_reader=False)
    type_password(page, maria)
    page.wait_for_url("**/")
    page.goto("/accounts/password/change/")
    page.get_by_label("New password", exact=True).press_sequentially("passwordpassword")
    expect(page.get_by_text("Easy to guess: it repeats itself.")).to_be_visible()
    page.get_by_label("New password", exact=True).fill("horses like blue soup")
    expect(page.get_by_text("Very hard to guess.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_these_pages(chromium, live_server, maria, scheme):
    cache.clear()
    base = live_server.url.replace("127.0.0.1", "localhost")
    context = chromium.new_context(
        base_url=base, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce"
    )
    page = context.new_page()
    add_reader(page)
    page.goto("/accounts/login/")
    assert_accessible(page)
    type_password(page, maria)
    page.wait_for_url("**/")
    for path in ("", "app/", "passkeys/add/"):
        page.goto(f"/accounts/two-step/{path}")
        assert_accessible(page)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_label("Your codes")).to_be_visible()
    assert_accessible(page)
    for path in ("", "codes/", "codes/new/"):
        page.goto(f"/accounts/two-step/{path}")
        assert_accessible(page)
    page.goto("/accounts/confirm/")
    assert_accessible(page)
    page.goto("/accounts/confirm/passkey/")
    assert_accessible(page)
    sign_out(page)
    type_password(page, maria)
    assert_accessible(page)
    context.close()
