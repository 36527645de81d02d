"""axe-core finds nothing to complain about, on any page, in light and in dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.forgotten.models import Forgetting
from dashboard.health import problems
from dashboard.health.problems import Problem
from dashboard.jobs.local_job import LocalState
from dashboard.jobs.provider_job import ProviderState, current_provider
from dashboard.models import OneTimeLink, User
from engine.models import Token
from tests import sample_media
from videos.models import Batch, BatchItem, MaskDownload, Video, Voice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EXPORTS = {
    "webp": {"state": LocalState.WORKING, "progress": 42},
    "gif": {"state": LocalState.FAILED, "error": "The disk is full."},
    "sound": {"state": LocalState.READY, "file": "videos/exports/x.m4a"},
    "poster": {"state": LocalState.WAITING},
}


PAGES = [
    "/",
    "/avatars/",
    "/avatars/?q=nobody",
    "/videos/",
    "/videos/?state=ready&sort=longest",
    "/videos/new/",
    "/videos/voices/",
    "/videos/batches/",
    *(f"/videos/batches/new/{way}/" for way in ("sounds", "speakers", "sheet")),
    "/account/",
    "/people/",
    "/label/",
    "/api/",
    "/trash/",
    "/trash/empty/",
    "/projects/",
    "/accounts/two-step/",
    "/nothing/",
]


@pytest.fixture
def files_gone(new_video, maria):
    """Pages of a video and a voice without files, and of a video whose mask did not come."""
    video = new_video(made_by=maria, state=ProviderState.READY, video="videos/videos/gone.mp4")
    Voice.objects.filter(pk=video.voice.pk).update(made_by=maria)
    late = {"video": "videos/videos/late.mp4", "mask_problem": Video.MaskProblem.PENDING}
    other = new_video(made_by=maria, state=ProviderState.READY, **late)
    MaskDownload.objects.create(video=other, error="It is slow.")
    for file in (video.video, video.voice.sound):
        default_storage.delete(file.name)
    return [row.get_absolute_url() for row in (video, video.voice, other)]


@pytest.fixture
def addresses(new_avatar, new_video, maria, owner, tmp_path, files_gone):
    """Every page, with something in each state on it."""
    picture = sample_media.picture(tmp_path / "p.jpg").read_bytes()
    avatar = new_avatar(state=ProviderState.READY, remote_id="a1", provider=current_provider(), made_by=maria)
    new_avatar(state=ProviderState.FAILED, error="We could not find a face in this picture.", made_by=maria)
    new_avatar(state=ProviderState.SENDING, made_by=maria)
    videos = {}
    for state in ProviderState:
        videos[state] = new_video(avatar=avatar, made_by=maria, state=state, seconds=8, error="Try again.")
    ready = videos[ProviderState.READY]
    ready.video.save("v.mp4", ContentFile(sample_media.video(tmp_path / "v.mp4").read_bytes()), save=False)
    ready.poster.save("p.jpg", ContentFile(picture))
    for kind, fields in EXPORTS.items():
        ready.exports.create(kind=kind, **fields)
    invitation = OneTimeLink.make(owner)[1]
    Token.make("website")
    record(maria, Action.DELETED, "video 7: Hello")
    batch = Batch.objects.create(name="Spring", made_by=maria, started_at=timezone.now())
    draft = Batch.objects.create(name="A sheet", made_by=maria)
    for number, video in enumerate(videos.values(), 1):
        rows = {"number": number, "avatar": avatar, "voice": video.voice}
        BatchItem.objects.create(batch=batch, state="ready", video=video, **rows)
        row = BatchItem.objects.create(
            batch=draft, state="draft", avatar_text=f"Ada{number % 2 or ''}", **rows
        )
    BatchItem.objects.create(batch=batch, number=99, state="working", audio_url="https://a.example/x.mp3")
    return {
        "inside": [
            *PAGES,
            batch.get_absolute_url(),
            f"{draft.get_absolute_url()}?row={row.pk}",
            f"{ready.get_absolute_url()}credentials/",
            avatar.get_absolute_url(),
            f"{avatar.get_absolute_url()}forget/",
            Forgetting.objects.create(made_by=maria).get_absolute_url(),
            *files_gone,
            *(
                videos[state].get_absolute_url()
                for state in (ProviderState.READY, ProviderState.MAKING, ProviderState.FAILED)
            ),
        ],
        "ready": ready.get_absolute_url(),
        "for_owners": [
            *("/people/", "/people/sessions/", "/activity/", "/usage/", "/connection/", "/tokens/"),
            f"/people/{User.objects.create_user('nina@example.com', name='Nina').pk}/",
        ],
        "outside": ["/accounts/login/", "/check/", f"/invitation/{invitation}/"],
    }


def complaints(page, name: str) -> list[str]:
    answer = Axe().run(page).response
    assert answer["passes"], f"{name}: axe looked at nothing"
    found = answer["violations"]
    return [
        f"{name}: {one['id']}: {node['target']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_anything_that_axe_complains_about(
    browse, chromium, live_server, addresses, scheme, maria
):
    found = []
    inside = browse(color_scheme=scheme, bypass_csp=True, viewport={"width": 1280, "height": 900}).new_page()
    for address in addresses["inside"]:
        inside.goto(address)
        found += complaints(inside, address)
    inside.goto(addresses["ready"])
    inside.locator("#thumbnail > summary").click()
    inside.locator("#formats > summary").click()
    found += complaints(inside, "the other formats")
    inside.goto("/videos/voices/")
    inside.get_by_role("button", name="Play Hello").first.click()
    found += complaints(inside, "a voice that plays")
    inside.goto("/videos/")
    inside.get_by_role("button", name="Select").click()
    inside.locator(".card-pick").first.check()
    found += complaints(inside, "selecting")
    maria.role = "owner"
    maria.save()
    for address in addresses["for_owners"]:
        inside.goto(address)
        found += complaints(inside, f"an owner's {address}")
    problems.set_cache([Problem("disk", "The disk of this server is full.", for_everybody=True)])
    inside.goto("/")
    assert inside.get_by_text("The disk of this server is full.").is_visible()
    found += complaints(inside, "a problem")
    outside = chromium.new_context(
        base_url=live_server.url, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce"
    )
    page = outside.new_page()
    for address in addresses["outside"]:
        page.goto(address)
        found += complaints(page, address)
    outside.close()
    assert not found, "\n".join(found)
