"""A real Chromium against pytest-django's live server; the tests move the rows, no worker runs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files import File
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from avatars.models import Avatar
from dashboard.models import User
from tests import sample_media
from tests.conftest import FIXTURES
from tests.consent import OURS
from videos.models import Voice
from videos.voices import services as voice_services

# What is right comes soon; how soon is the machine's business, and a slow one is no fault.
PATIENCE = 25_000  # ms
expect.set_options(timeout=PATIENCE)
# Whoever uploads states that they may, as soon as a page asks; tests/browser/test_consent.py does it by hand.
TICK_WHEN_ASKED = """addEventListener("DOMContentLoaded", () => {
  const dialog = document.getElementById("consent");
  if (dialog) new MutationObserver(() => {
    if (!dialog.open) return;
    dialog.querySelector("[name=consent]").checked = true;
    dialog.querySelector("form").requestSubmit();
  }).observe(dialog, { attributes: true, attributeFilter: ["open"] });
});"""
WIDTH, HEIGHT = 720, 900  # px, of the cut-out avatar


def tick(page: Page) -> None:
    page.locator("#consent [name=consent]").check()
    page.locator("#consent .is-primary").click()


@pytest.fixture
def browse(chromium: Browser, live_server: Any, maria: User) -> Iterator[Callable[..., BrowserContext]]:
    """Browsers in which Maria is signed in; what they complain about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_(*, ticks: bool = True, **options: Any) -> BrowserContext:
        client = Client()
        client.force_login(maria)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context = chromium.new_context(base_url=live_server.url, reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE)
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on(
            "console",
            lambda message: complaints.append(message.text) if "Content Security" in message.text else None,
        )
        if ticks:
            context.add_init_script(TICK_WHEN_ASKED)
        contexts.append(context)
        return context

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(browse: Callable[..., BrowserContext]) -> Page:
    return browse(viewport={"width": 1280, "height": 900}).new_page()


@pytest.fixture
def cut_out(speaker: Avatar, tmp_path: Path) -> Avatar:
    """An avatar as our own engine makes it: a preview, and the person alone in the same frame."""
    with sample_media.picture(tmp_path / "preview.jpg", (WIDTH, HEIGHT)).open("rb") as file:
        speaker.preview.save("preview.jpg", File(file), save=False)
    with sample_media.cutout(tmp_path / "cutout.webp", (WIDTH, HEIGHT)).open("rb") as file:
        speaker.cutout.save("cutout.webp", File(file))
    return speaker


@pytest.fixture
def recording(maria: User) -> Voice:
    return voice_services.create_voice(FIXTURES / "speech.wav", "Morning.wav", maria, consent=OURS)
