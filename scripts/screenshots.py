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
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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
    from django.db import OperationalError
    from django.middleware.csrf import CsrfViewMiddleware
    from django.shortcuts import render

    errors = {
        400: exceptions.SuspiciousOperation(),
        403: exceptions.PermissionDenied(),
        413: exceptions.RequestDataTooBig(),
        421: exceptions.DisallowedHost(),
        500: RuntimeError("asked for"),
        503: OperationalError("database is locked"),
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
        from scripts import screenshot_states as states

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium") or None, args=ARGS)
            screenshot_data.start_processes()
            self.take(browser, states.shots_of_a_first_visit())
            owner = screenshot_data.create_owner()
            self.take(browser, states.shots_of_the_sign_in())
            self.cookies = [session_cookie(owner, self.base)]
            self.take(browser, states.shots_of_an_empty_site())
            links = screenshot_data.fill(owner)
            self.take(browser, states.shots_of_a_used_site())
            self.cookies = []
            self.take(browser, states.shots_of_links(links.invitation, links.password))
            browser.close()

    def take(self, browser: Browser, shots: dict[str, Any]) -> None:
        names = self.options.names
        shots = {name: shot for name, shot in shots.items() if not names or name in names}
        if not shots:
            return
        for width in self.options.width or WIDTHS:
            for scheme in self.options.scheme or SCHEMES:
                for name, shot in shots.items():
                    context = self.open(browser, width, scheme)
                    self.take_one(context.new_page(), name, shot, f"{name}-{width}-{scheme}.png")
                    context.close()

    def open(self, browser: Browser, width: int, scheme: Any) -> BrowserContext:
        """A browser of its own for each picture: what one has typed is not in the next."""
        context = browser.new_context(
            base_url=self.base,
            viewport={"width": width, "height": WIDTHS[width]},
            color_scheme=scheme,
            reduced_motion="reduce",
            has_touch=width < 800,
        )
        context.add_cookies(self.cookies)
        context.on("console", lambda message: self.hear(message.type, message.text))
        context.on("weberror", lambda error: self.problems.append(str(error.error)))
        return context

    def hear(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.problems.append(text)

    def take_one(self, page: Page, name: str, shot: Any, filename: str) -> None:
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
        if shot.is_full:
            # A window as high as the page: what sticks to the window's edge is not in the middle of the picture.
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
            page.wait_for_timeout(100)
        page.screenshot(path=self.options.folder / filename)


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


if __name__ == "__main__":
    main()
