"""Pictures of every page in the states that matter, in three widths, light and dark, for a designer's eye.

    .venv/bin/python scripts/screenshots.py FOLDER [name ...] [--width 390] [--scheme dark]

Works from a fresh clone: what the pages show is made in a data folder of its own, which is deleted at the end
(scripts/screenshot_data.py). MATERIAL may name a folder of portraits to use instead of our own. With names, only
those states are taken. Exits with 1 if a page answers with an error or complains in its console.
"""

import argparse
import errno
import logging
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
WIDTHS = {390: 844, 820: 1180, 1440: 900}
SCHEMES = ("light", "dark")


@dataclass(frozen=True)
class Shot:
    """One state of a page: its address, and what is done there before the picture is taken."""

    address: str
    act: Callable[[Page], object] | None = None
    status: int = 200
    is_full: bool = True  # the whole page; else what a window shows, where something sticks to its edge


def main() -> None:
    options = parse_arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        os.environ.update(
            DATA_DIR=folder, DJANGO_SETTINGS_MODULE="tests.settings", DJANGO_ALLOW_ASYNC_UNSAFE="true"
        )
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("createcachetable")
        logging.disable(logging.ERROR)  # the errors that are asked for below
        camera = Camera(serve(), options)
        camera.take_everything()
    for problem in camera.problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if camera.problems else 0)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--width", type=int, choices=WIDTHS, action="append")
    parser.add_argument("--scheme", choices=SCHEMES, action="append")
    return parser.parse_args()


# ---------------------------------------------------------------- the site


class Handler(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve() -> str:
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.wsgi import get_wsgi_application
    from django.urls import path

    import dashboard.urls

    dashboard.urls.urlpatterns.append(path("error/<int:status>/", fail))
    server = Server(("127.0.0.1", 0), Handler)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def fail(request: Any, status: int) -> Any:
    """Raises what the product answers with this status."""
    from django.core import exceptions
    from django.middleware.csrf import CsrfViewMiddleware
    from django.shortcuts import render

    errors = {
        400: exceptions.SuspiciousOperation(),
        403: exceptions.PermissionDenied(),
        413: exceptions.RequestDataTooBig(),
        421: exceptions.DisallowedHost(),
        500: RuntimeError("asked for"),
        507: OSError(errno.ENOSPC, "full"),
    }
    if status in errors:
        raise errors[status]
    if status == 419:  # no status of HTTP: the page for a form that was open for too long
        return CsrfViewMiddleware(lambda request: None)._reject(request, "asked for")
    return render(request, "429.html", status=429)


# ---------------------------------------------------------------- the pictures


class Camera:
    """Takes the chosen shots of a site that grows from empty to used."""

    def __init__(self, base: str, options: argparse.Namespace) -> None:
        self.base = base
        self.options = options
        self.cookies: list[Any] = []
        self.problems: list[str] = []

    def take_everything(self) -> None:
        from scripts import screenshot_data

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium") or None, args=ARGS)
            self.take(browser, {"set-up": Shot("/setup/")})
            owner = screenshot_data.create_owner()
            sign_in = {
                "sign-in": Shot("/accounts/login/"),
                "sign-in-wrong": Shot("/accounts/login/", type_wrong),
            }
            self.take(browser, sign_in)
            self.cookies = [session_cookie(owner, self.base)]
            self.take(browser, shots_of_an_empty_site())
            links = screenshot_data.fill(owner)
            self.take(browser, shots_of_a_used_site())
            self.cookies = []
            self.take(browser, {"invitation": Shot(links.invitation), "new-password": Shot(links.password)})
            browser.close()

    def take(self, browser: Browser, shots: dict[str, Shot]) -> None:
        names = self.options.names
        shots = {name: shot for name, shot in shots.items() if not names or name in names}
        if not shots:
            return
        for width in self.options.width or WIDTHS:
            for scheme in self.options.scheme or SCHEMES:
                context = browser.new_context(
                    base_url=self.base,
                    viewport={"width": width, "height": WIDTHS[width]},
                    color_scheme=scheme,
                    reduced_motion="reduce",
                    has_touch=width < 800,
                )
                context.add_cookies(self.cookies)
                page = context.new_page()
                page.on("console", lambda message: self.hear(message.type, message.text))
                page.on("pageerror", lambda error: self.problems.append(str(error)))
                for name, shot in shots.items():
                    self.take_one(page, name, shot, f"{name}-{width}-{scheme}.png")
                context.close()

    def hear(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.problems.append(text)

    def take_one(self, page: Page, name: str, shot: Shot, filename: str) -> None:
        response = page.goto(shot.address)
        if response is None or response.status != shot.status:
            self.problems.append(f"{name}: {shot.address} answered {response and response.status}")
        if shot.act:
            shot.act(page)
        load_pictures(page)
        page.wait_for_timeout(250)
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if overflow > 0:
            self.problems.append(f"{filename}: {overflow} px wider than the window")
        page.screenshot(path=self.options.folder / filename, full_page=shot.is_full)


def session_cookie(user: Any, base: str) -> Any:
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": base}


def load_pictures(page: Page) -> None:
    """Load those further down too."""
    page.evaluate(
        "document.querySelectorAll('img[loading]').forEach((image) => { image.loading = 'eager'; })"
    )
    page.evaluate(
        "Promise.all([...document.images].map((image) => image.src && image.decode().catch(() => {})))"
    )


# ---------------------------------------------------------------- the states


def shots_of_an_empty_site() -> dict[str, Shot]:
    return {
        "home-new": Shot("/"),
        "avatars-empty": Shot("/avatars/"),
        "videos-empty": Shot("/videos/"),
        "video-new-empty": Shot("/videos/new/"),
        "voices-empty": Shot("/videos/voices/"),
        "batches-empty": Shot("/videos/batches/"),
    }


def shots_of_a_used_site() -> dict[str, Shot]:
    from videos.models import Voice

    voice = Voice.objects.order_by("pk").first()
    assert voice is not None
    return {
        "home": Shot("/"),
        **shots_of_avatars(),
        **shots_of_videos(),
        "voices": Shot("/videos/voices/"),
        "voices-new": Shot("/videos/voices/", see_something_new),
        "voices-nothing": Shot("/videos/voices/?q=zzz"),
        "voice": Shot(voice.get_absolute_url()),
        **shots_of_batches(),
        "people": Shot("/people/"),
        "people-invite": Shot("/people/", press("[popovertarget=invite]"), is_full=False),
        "people-change": Shot("/people/", press("[popovertarget^=person-]"), is_full=False),
        "account": Shot("/account/"),
        "account-password": Shot("/accounts/password/change/"),
        "sign-out": Shot("/accounts/logout/"),
        "menu": Shot("/", press("[popovertarget=menu]:visible"), is_full=False),
        "connection-lost": Shot("/", lose_connection, is_full=False),
        "error-400": Shot("/error/400/", status=400),
        "error-host": Shot("/error/421/", status=400),
        "error-403": Shot("/error/403/", status=403),
        "error-csrf": Shot("/error/419/", status=403),
        "error-404": Shot("/nothing/", status=404),
        "error-413": Shot("/error/413/", status=413),
        "error-429": Shot("/error/429/", status=429),
        "error-500": Shot("/error/500/", status=500),
        "error-507": Shot("/error/507/", status=507),
    }


def shots_of_avatars() -> dict[str, Shot]:
    from avatars.models import Avatar

    def address(state: str) -> str:
        return Avatar.objects.filter(state=state).order_by("pk")[0].get_absolute_url()

    return {
        "avatars": Shot("/avatars/"),
        "avatars-new": Shot("/avatars/", see_something_new),
        "avatars-upload-error": Shot("/avatars/", upload_wrong_files),
        "avatar": Shot(address("ready")),
        "avatar-making": Shot(address("sending")),
        "avatar-failed": Shot(address("failed")),
    }


def shots_of_videos() -> dict[str, Shot]:
    from django.urls import reverse

    from avatars.models import Avatar
    from videos.models import Video

    def address(state: str) -> str:
        return Video.objects.filter(state=state, batch=None).order_by("pk")[0].get_absolute_url()

    avatar = Avatar.objects.filter(state="ready")[0]
    ready = Video.objects.filter(state="ready").order_by("pk")[0]
    new = f"/videos/new/?avatar={avatar.pk}&voice=1"
    return {
        "videos": Shot("/videos/"),
        "videos-new": Shot("/videos/", see_something_new),
        "videos-found": Shot("/videos/?q=ne&state=ready&sort=longest"),
        "videos-nothing": Shot("/videos/?q=a+word+without+matches"),
        "videos-selecting": Shot("/videos/", select_three, is_full=False),
        "video-new": Shot(new),
        "video-new-window": Shot(new, is_full=False),
        "video-new-look": Shot(new, choose_look),
        "video-new-editor": Shot(new, press(".voice-head [value='1']")),
        "recorder": Shot(new, open_recorder),
        "recorder-recording": Shot(new, record),
        "video-look": Shot(reverse("video-look", args=[ready.pk])),
        "video-queued": Shot(address("waiting")),
        "video-generating": Shot(address("making")),
        "video-finishing": Shot(address("copying")),
        "video-failed": Shot(address("failed")),
        "video-unsure": Shot(address("unsure")),
        "video-cancelled": Shot(address("cancelled")),
        "video-ready": Shot(address("ready")),
        "video-formats": Shot(address("ready"), press("#formats > summary")),
        "video-thumbnail": Shot(address("ready"), press("#thumbnail > summary")),
        "video-captions": Shot(address("ready"), show_captions),
        "video-delete": Shot(address("ready"), press("[popovertarget=delete]"), is_full=False),
    }


def shots_of_batches() -> dict[str, Shot]:
    from videos.models import Batch

    draft, running, done = (batch.get_absolute_url() for batch in Batch.objects.order_by("pk"))
    return {
        "batches": Shot("/videos/batches/"),
        **{
            f"batch-new-{way}": Shot(f"/videos/batches/new/{way}/") for way in ("sounds", "speakers", "sheet")
        },
        "batch-draft": Shot(draft, open_second_row),
        "batch-running": Shot(running),
        "batch-done": Shot(done),
    }


def press(selector: str) -> Callable[[Page], object]:
    return lambda page: page.locator(selector).first.click()


def type_wrong(page: Page) -> None:
    page.locator("[name=login]").fill("olga@example.com")
    page.locator("[name=password]").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".notice.is-bad, .error")


def see_something_new(page: Page) -> None:
    """Somebody else makes something while the page is open; it is deleted again for the next picture."""
    from avatars.models import Avatar
    from videos.models import Video, Voice

    rows: list[Any] = [
        Avatar.objects.create(name="New"),
        Video.objects.create(title="New"),
        Voice.objects.create(name="New", seconds=3),
    ]
    page.evaluate("document.dispatchEvent(new Event('started'))")
    page.wait_for_selector("#changes-show")
    for row in rows:
        type(row).objects.filter(pk=row.pk).delete()


def select_three(page: Page) -> None:
    page.locator("[data-select]").click()
    for number in (0, 2, 3):
        page.locator(".card-pick").nth(number).check()


def upload_wrong_files(page: Page) -> None:
    page.locator("input[name=portraits]").first.set_input_files(
        [
            {"name": "holiday-in-rome.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture at all"},
            {"name": "empty.png", "mimeType": "image/png", "buffer": b""},
        ]
    )
    page.wait_for_selector(".card.is-refused >> nth=1")


def choose_look(page: Page) -> None:
    page.locator("[name=look-frame][value='9:16']").check(force=True)
    page.locator("[name=look-background][value=gradient]").check(force=True)


def open_recorder(page: Page) -> None:
    page.locator("#record").click()
    page.wait_for_selector("#recorder [data-do=record]:visible")


def record(page: Page) -> None:
    open_recorder(page)
    page.locator("#recorder [data-do=record]").click()
    page.wait_for_timeout(2500)


def show_captions(page: Page) -> None:
    page.evaluate("document.querySelector('video').textTracks[0].mode = 'showing'")
    page.evaluate("document.querySelector('video').currentTime = 1.5")
    page.wait_for_timeout(800)


def open_second_row(page: Page) -> None:
    page.locator(".draft-do a").nth(1).click()
    page.wait_for_selector(".draft-edit")


def lose_connection(page: Page) -> None:
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    page.wait_for_selector("#connection p:visible")
    page.context.set_offline(False)


if __name__ == "__main__":
    main()
