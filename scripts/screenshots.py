"""Pictures of the pages and states that matter, in three widths, light and dark, for a designer's eye.

    MATERIAL=folder/of/portraits .venv/bin/python scripts/screenshots.py OUT [name ...]

Everything is made in a data folder of its own, which is deleted at the end. MATERIAL (default: the tests'
fixtures) is read, never copied. With names (see SHOTS) only those are taken.
"""

import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import wave
from datetime import timedelta
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WIDTHS = {390: 844, 820: 1180, 1440: 900}
NAMES = [
    "Grace",
    "Ada",
    "Mary Jackson",
    "Eileen",
    "Hedy",
    "Valentina",
    "José",
    "Mae",
    "مريم العجلية",
    "Katherine",
]
TITLES = [
    "Welcome to the spring course",
    "Safety on the workshop floor, part 2",
    "Newsletter 14",
    "مرحبا بكم في متحفنا",
]


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    only = set(sys.argv[2:])
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        os.environ.update(
            DATA_DIR=folder, DJANGO_SETTINGS_MODULE="tests.settings", DJANGO_ALLOW_ASYNC_UNSAFE="true"
        )
        sys.path.insert(0, str(ROOT))
        import django

        # The tests' settings choose a folder themselves; only their static files are wanted here.
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("createcachetable")
        take(serve(), out, only)


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def serve() -> str:
    from socketserver import ThreadingMixIn

    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.wsgi import get_wsgi_application

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Quiet)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


# ---------------------------------------------------------------- what the pages show


def portraits() -> list[Path]:
    folder = Path(os.environ.get("MATERIAL") or ROOT / "tests" / "fixtures")
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if not found:
        sys.exit(f"No pictures in {folder}. Name a folder of portraits with MATERIAL.")
    return found if len(found) > 2 else found * 3  # two of them do not get ready


NO_FACE = "We could not find a person's face in this picture. Use a photo that shows one face from the front."
NO_SPEECH = "This sound has no speech in it. Record it again, closer to the microphone."
LOST = (
    "The connection broke while this was sent, so it may have been started or not. "
    "Trying again may start (and count) it a second time."
)
VOICES = [
    "Welcome",
    "Course intro take 3",
    "A very long file name of a recording that somebody made on the phone while walking the dog",
]
VIDEOS: list[dict[str, Any]] = [
    {"state": "waiting"},
    {"state": "making", "progress": 43, "remote_state": "in_progressing"},
    {"state": "ready"},
    {"state": "failed", "error": NO_SPEECH},
    {"state": "ready", "title": "A title of two hundred characters " * 5},
    {"state": "copying", "progress": 100},
    {"state": "cancelled"},
    {"state": "unsure", "error": LOST},
    *[{"state": "ready"}] * 9,
]


def seed() -> None:
    from dashboard.models import User

    olga = User.objects.get(email="olga@example.com")
    maria = User.objects.create_user("maria@example.com", "x" * 12, name="Maria")
    avatars = make_avatars([olga, maria])
    make_videos([avatar for avatar in avatars if avatar.is_ready], make_voices(olga), olga)


def make_avatars(people: list[Any]) -> list[Any]:
    """One of each portrait; the first is being made, the second has failed."""
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from avatars.models import Avatar
    from dashboard.uploads import portraits as uploads

    now = timezone.now()
    special = [{"state": "sending"}, {"state": "failed", "error": NO_FACE}]
    avatars = []
    for index, path in enumerate(portraits()):
        ready = {
            "state": "ready",
            "remote_id": f"a{index}",
            "created_at": now - timedelta(hours=5 * index + 1),
        }
        with uploads.convert(path) as portrait:
            avatar = Avatar(
                name=NAMES[index % len(NAMES)],
                made_by=people[index % 2],
                portrait_width=portrait.width,
                portrait_height=portrait.height,
                colour=portrait.colour,
                gender="female",
                **(special[index] if index < len(special) else ready),
            )
            avatar.portrait.save(f"{index}.jpg", ContentFile(portrait.path.read_bytes()), save=False)
            avatar.thumbnail.save(f"{index}.webp", ContentFile(portrait.thumbnail.read_bytes()), save=False)
            avatar.save()
        avatars.append(avatar)
    return avatars


def make_voices(person: Any) -> list[Any]:
    from django.core.files.base import ContentFile

    from videos.models import Voice

    voices = []
    for index, name in enumerate(VOICES):
        peaks = [
            abs(math.sin(i / 9 + index) * math.sin(i / 2.3)) * (0.5 + 0.5 * abs(math.cos(i * i)))
            for i in range(200)
        ]
        voice = Voice(name=name, seconds=8 + 23 * index, peaks=peaks, made_by=person)
        voice.sound.save(f"{index}.wav", ContentFile(tone()), save=False)
        voice.save()
        voices.append(voice)
    return voices


def make_videos(avatars: list[Any], voices: list[Any], person: Any) -> None:
    """One in each state, and some more that are ready."""
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from videos.models import Video

    now = timezone.now()
    for index, fields in enumerate(VIDEOS):
        avatar, voice = avatars[index % len(avatars)], voices[index % len(voices)]
        title = {"title": TITLES[index % len(TITLES)]}
        video = Video(avatar=avatar, voice=voice, made_by=person, colour=avatar.colour, **title | fields)
        video.created_at = now - timedelta(minutes=index * index * 7)
        if video.is_ready:
            video.seconds = voice.seconds
            video.finished_at = video.created_at + timedelta(seconds=41)
            video.width, video.height = avatar.portrait_width, avatar.portrait_height
            video.poster.save(f"{index}.jpg", ContentFile(avatar.portrait.open().read()), save=False)
            if film := filmed(avatar.portrait.path):
                video.video.save(f"{index}.mp4", ContentFile(film), save=False)
                video.mask.save(f"{index}.mp4", ContentFile(film), save=False)
        video.save()


def tone() -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        with wave.open(file.name, "wb") as sound:
            sound.setparams((1, 2, 16000, 0, "NONE", ""))
            sound.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(i / 9))) for i in range(16000)))
        return Path(file.name).read_bytes()


def filmed(portrait: str) -> bytes:
    """Two seconds of the portrait; nothing where there is no ffmpeg."""
    if not shutil.which("ffmpeg"):
        return b""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        scale = "scale='trunc(min(iw,720)/2)*2':-2,format=yuv420p"
        command = [
            "ffmpeg",
            "-y",
            "-loglevel",
            "error",
            "-loop",
            "1",
            "-t",
            "2",
            "-i",
            portrait,
            "-vf",
            scale,
            "-r",
            "25",
            file.name,
        ]
        subprocess.run(command, check=True)
        return Path(file.name).read_bytes()


# ---------------------------------------------------------------- the pictures


def shots() -> dict[str, str]:
    """Name and address of each state, once there is data."""
    from django.urls import reverse

    from avatars.models import Avatar
    from videos.models import Video

    def one(state: str) -> str:
        return Video.objects.filter(state=state).order_by("pk").first().get_absolute_url()

    avatar = Avatar.objects.filter(state="ready").first()
    return {
        "home": "/",
        "avatars": "/avatars/",
        "upload-error": "/avatars/",
        "avatar": avatar.get_absolute_url(),
        "videos": "/videos/",
        "videos-found": "/videos/?q=ne&state=ready&sort=longest",
        "videos-nothing": "/videos/?q=a+word+that+nobody+wrote",
        "videos-selecting": "/videos/",
        "video-new": f"/videos/new/?avatar={avatar.pk}&voice=1",
        "video-ready": one("ready"),
        "video-look": reverse("video-look", args=[Video.objects.filter(state="ready").first().pk]),
        "video-making": one("making"),
        "video-failed": one("failed"),
        "not-found": "/nothing/",
    }


def take(base: str, out: Path, only: set[str]) -> None:
    """The empty pages, then those of a site that is in use."""
    from dashboard.models import User

    owner = User.objects.create_user("olga@example.com", "a long password", name="Olga", is_owner=True)
    cookies = [session_cookie(owner, base)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium") or None, args=ARGS)

        def pictures(addresses: dict[str, str], cookies: list[Any]) -> None:
            chosen = {name: base + address for name, address in addresses.items() if not only or name in only}
            for width, height in WIDTHS.items() if chosen else ():
                for scheme in ("light", "dark"):
                    context = browser.new_context(
                        viewport={"width": width, "height": height},
                        color_scheme=scheme,
                        reduced_motion="reduce",
                        has_touch=width < 800,
                        device_scale_factor=1,
                    )
                    context.add_cookies(cookies)
                    take_all(context.new_page(), chosen, out, f"{width}-{scheme}")
                    context.close()

        pictures({"home-new": "/", "avatars-empty": "/avatars/", "videos-empty": "/videos/"}, cookies)
        pictures({"sign-in": "/accounts/login/"}, [])
        seed()
        pictures(shots(), cookies)
        browser.close()


def session_cookie(user: Any, base: str) -> Any:
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": base}


def take_all(page: Page, addresses: dict[str, str], out: Path, suffix: str) -> None:
    page.on("console", lambda message: print(message.text) if message.type == "error" else None)
    for name, address in addresses.items():
        page.goto(address)
        if name == "upload-error":
            wrong(page)
        if name == "videos-selecting":
            select(page)
        whole(page)
        page.wait_for_timeout(250)
        # What sticks to the window's edge would stand in the middle of a long picture.
        is_phone = page.viewport_size["width"] <= 800
        full = name != "videos-selecting" and not (is_phone and name == "video-new")
        page.screenshot(path=out / f"{name}-{suffix}.png", full_page=full)


def whole(page: Page) -> None:
    """Let the pictures further down load too."""
    page.evaluate(
        "document.querySelectorAll('img[loading]').forEach((image) => { image.loading = 'eager'; })"
    )
    page.evaluate(
        "Promise.all([...document.images].map((image) => image.src && image.decode().catch(() => {})))"
    )


def select(page: Page) -> None:
    page.locator("[data-select]").click()
    for number in (0, 2, 3):
        page.locator(".card-pick").nth(number).check()


def wrong(page: Page) -> None:
    files = [
        {"name": "holiday-in-rome.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture at all"},
        {"name": "empty.png", "mimeType": "image/png", "buffer": b""},
    ]
    page.locator("input[name=portraits]").first.set_input_files(files)
    page.wait_for_selector(".card.is-refused >> nth=1")


if __name__ == "__main__":
    main()
