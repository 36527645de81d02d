"""The states of pages that scripts/screenshots.py takes pictures of: where they are, and how they come about."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from django.urls import reverse
from playwright.sync_api import Page

from avatars.models import Avatar
from dashboard.forgotten.models import Forgetting
from dashboard.health import problems
from dashboard.models import User
from dashboard.provenance import signing
from dashboard.provenance.source_types import COMPOSITE_SYNTHETIC
from scripts.screenshot_file_states import list_file_states
from videos.models import Batch, Video, Voice
from videos.provenance import MADE


@dataclass(frozen=True)
class Shot:
    """One state of a page: its address, and what is done there before the picture is taken."""

    address: str
    act: Callable[[Page], object] | None = None
    status: int = 200
    is_full: bool = True  # the whole page; else what a window shows, where something sticks to its edge


def shots_of_a_first_visit() -> dict[str, Shot]:
    return {"set-up": Shot("/setup/")}


def shots_of_the_sign_in() -> dict[str, Shot]:
    return {"sign-in": Shot("/accounts/login/"), "sign-in-wrong": Shot("/accounts/login/", type_wrong)}


def shots_of_links(invitation: str, password: str) -> dict[str, Shot]:
    return {"invitation": Shot(invitation), "new-password": Shot(password)}


def shots_of_an_empty_site() -> dict[str, Shot]:
    return {
        "home-new": Shot("/"),
        "avatars-empty": Shot("/avatars/"),
        "videos-empty": Shot("/videos/"),
        "tokens-empty": Shot("/tokens/"),
        "video-new-empty": Shot("/videos/new/"),
        "voices-empty": Shot("/videos/voices/"),
        "batches-empty": Shot("/videos/batches/"),
    }


def shots_of_a_used_site() -> dict[str, Shot]:
    voice = Voice.objects.order_by("pk")[0]
    return {
        "home": Shot("/"),
        **shots_of_avatars(),
        **shots_of_videos(),
        "voices": Shot("/videos/voices/"),
        "voices-new": Shot("/videos/voices/", see_something_new),
        "voices-nothing": Shot("/videos/voices/?q=zzz"),
        "voice": Shot(voice.get_absolute_url()),
        **shots_of_batches(),
        **{name: Shot(*state) for name, state in list_file_states().items()},
        "people": Shot("/people/"),
        "people-invite": Shot("/people/", press("[popovertarget=invite]"), is_full=False),
        "people-change": Shot("/people/", press("[popovertarget^=person-]"), is_full=False),
        "activity": Shot("/activity/"),
        "activity-nothing": Shot("/activity/?q=zzz"),
        "api": Shot("/api/"),
        "tokens": Shot("/tokens/"),
        "tokens-new": Shot("/tokens/", press("[popovertarget=new-token]"), is_full=False),
        "token": Shot("/tokens/", create_token),
        "account": Shot("/account/"),
        "two-step": Shot("/accounts/two-step/"),
        "two-step-confirm": Shot("/accounts/confirm/"),
        "two-step-app": Shot("/accounts/two-step/app/", confirm_password),
        "account-password": Shot("/accounts/password/change/"),
        "sign-out": Shot("/accounts/logout/"),
        "label": Shot("/label/"),
        "check": Shot("/check/"),
        "check-made-here": Shot("/check/", check_signed_file),
        "check-changed": Shot("/check/", check_changed_file),
        "menu": Shot("/", press("[popovertarget=menu]:visible"), is_full=False),
        "problems": Shot("/", see_problems),
        "connection-lost": Shot("/", lose_connection, is_full=False),
        "error-400": Shot("/error/400/", status=400),
        "error-host": Shot("/error/421/", status=400),
        "error-403": Shot("/error/403/", status=403),
        "error-csrf": Shot("/error/419/", status=403),
        "error-404": Shot("/nothing/", status=404),
        "error-413": Shot("/error/413/", status=413),
        "error-429": Shot("/error/429/", status=429),
        "error-500": Shot("/error/500/", status=500),
        "error-503": Shot("/error/503/", status=503),
        "error-507": Shot("/error/507/", status=507),
    }


def shots_of_avatars() -> dict[str, Shot]:
    def address(state: str) -> str:
        return Avatar.objects.filter(state=state).order_by("pk")[0].get_absolute_url()

    return {
        "avatars": Shot("/avatars/"),
        "avatars-new": Shot("/avatars/", see_something_new),
        "avatars-upload-error": Shot("/avatars/", upload_wrong_files),
        "avatar-forget": Shot(f"{address('ready')}forget/"),
        "avatar-forget-unconfirmed": Shot(f"{address('ready')}forget/", type_wrong_word),
        "forgotten": Shot(screenshot_forgetting().get_absolute_url()),
        "avatars-consent": Shot("/avatars/", choose_a_portrait, is_full=False),
        "avatars-consent-missing": Shot("/avatars/", cancel_consent, is_full=False),
        "avatar-consent-none": Shot(
            Avatar.objects.filter(consent_version="", made_by__name="Olga")[0].get_absolute_url(), state_it
        ),
        "avatar": Shot(address("ready")),
        "avatar-making": Shot(address("sending")),
        "avatar-failed": Shot(address("failed")),
    }


def shots_of_videos() -> dict[str, Shot]:
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
        "video-new-consent-missing": Shot(new, choose_a_sound),
        "recorder": Shot(new, open_recorder, is_full=False),
        "recorder-recording": Shot(new, record, is_full=False),
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
        "video-credentials": Shot(address("ready"), open_credentials),
        "video-delete": Shot(address("ready"), press("[popovertarget=delete]"), is_full=False),
    }


def shots_of_batches() -> dict[str, Shot]:
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


def create_token(page: Page) -> None:
    page.locator("[popovertarget=new-token]").first.click()
    page.get_by_label("Who will use it?").fill(f"Website {uuid4().hex[:4]}")
    page.get_by_role("button", name="Create token").click()
    page.wait_for_load_state()


def type_wrong(page: Page) -> None:
    page.locator("[name=login]").fill("olga@example.com")
    page.locator("[name=password]").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".notice.is-bad, .error")


def confirm_password(page: Page) -> None:
    page.locator("[name=password]").fill("a long password")
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_selector("[name=code]")


def see_something_new(page: Page) -> None:
    """Somebody else makes something while the page is open; it is deleted again for the next picture."""
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


def screenshot_forgetting() -> Forgetting:
    """Somebody was forgotten, and the engine has not answered yet."""
    counts = {
        "avatars": 1,
        "voices": 2,
        "videos": 14,
        "exports": 5,
        "rows": 3,
        "files": 128,
        "bytes": 734_003_200,
    }
    act = Forgetting.objects.create(made_by=User.objects.get(name="Olga"), counts=counts)
    act.rows.create(
        kind="avatar", row_id=1, row_created_at=act.created_at, provider="embedded", is_at_engine=True
    )
    for number in range(2):
        ids = {"provider": "https://a.example", "remote_id": f"5f0c2a{number}"}
        act.rows.create(kind="video", row_id=number, row_created_at=act.created_at, **ids)
    return act


def type_wrong_word(page: Page) -> None:
    page.locator("#confirm").fill("yes")
    page.get_by_role("button", name="Forget for good").click()
    page.wait_for_selector("#confirm-error")


def choose_a_portrait(page: Page) -> None:
    page.locator("input[name=portraits]:not([capture])").first.set_input_files(
        Path(__file__).parent.parent / "static" / "samples" / "portrait.jpg"
    )
    page.wait_for_selector("#consent[open]")


def cancel_consent(page: Page) -> None:
    choose_a_portrait(page)
    page.locator("#consent [data-cancel]").click()
    page.wait_for_selector(".card.is-refused")


def state_it(page: Page) -> None:
    page.locator("#consent-stated summary").click()


def choose_a_sound(page: Page) -> None:
    page.locator("#sound").set_input_files(Path(__file__).parent.parent / "static" / "samples" / "voice.mp3")
    page.locator("#consent[open] [data-cancel]").click()
    page.wait_for_selector("#sound-progress [data-again]:visible")


def choose_look(page: Page) -> None:
    for choice in ("[name=look-frame][value='9:16']", "[name=look-background][value=gradient]"):
        page.locator(f"label:has({choice})").click()


def open_recorder(page: Page) -> None:
    page.locator("#record").click()
    page.wait_for_selector("#recorder [data-do=record]:visible")


def record(page: Page) -> None:
    open_recorder(page)
    page.locator("#recorder [data-do=record]").click()
    page.wait_for_timeout(2500)
    page.locator("#recorder").scroll_into_view_if_needed()


def show_captions(page: Page) -> None:
    page.evaluate("document.querySelector('video').textTracks[0].mode = 'showing'")
    page.evaluate("document.querySelector('video').currentTime = 1.5")
    page.wait_for_timeout(800)


def open_credentials(page: Page) -> None:
    page.locator(".credentials > summary").click()
    page.wait_for_selector(".credentials .verdict")


def check_signed_file(page: Page, *, is_changed: bool = False) -> None:
    with TemporaryDirectory() as folder:
        path = Path(shutil.copy("static/samples/sample.mp4", folder))
        signing.sign([signing.FileToSign(path, "A word of welcome", MADE)], source_type=COMPOSITE_SYNTHETIC)
        content = bytearray(path.read_bytes())
    content[-5000] ^= is_changed
    file = {"name": "welcome.mp4", "mimeType": "video/mp4", "buffer": bytes(content)}
    page.locator("input[type=file]").set_input_files([file])
    page.get_by_role("button", name="Check").click()
    page.wait_for_selector(".verdict")


def check_changed_file(page: Page) -> None:
    check_signed_file(page, is_changed=True)


def open_second_row(page: Page) -> None:
    page.locator(".draft-do a").nth(1).click()
    page.wait_for_selector(".draft-edit")


def see_problems(page: Page) -> None:
    """Something on the server does not work; the page says so from its next load on."""
    disk = "The disk of this server is nearly full (1.2 GB left). Delete what is not needed, or give it more room."
    stopped = "Videos are not being made: the process for it has stopped. It is started again by itself."
    problems.set_cache([problems.Problem("a", stopped), problems.Problem("b", disk)])
    page.reload()
    problems.set_cache([])


def lose_connection(page: Page) -> None:
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    page.wait_for_selector("#connection p:visible")
