"""Several videos at once, in a browser: sounds on their way, a sheet put right, a batch that moves by itself."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.jobs.provider_job import ProviderState, current_provider
from tests.browser.conftest import tick
from tests.conftest import FIXTURES
from tests.consent import OURS
from videos.batches import poller
from videos.models import Batch, BatchItem, Video
from videos.voices import services

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HELLO = (FIXTURES / "hello.mp3").read_bytes()


def mp3(name: str, content: bytes = HELLO) -> dict:
    return {"name": name, "mimeType": "audio/mpeg", "buffer": content}


@pytest.fixture
def people(new_avatar, maria):
    ready = {"state": ProviderState.READY, "provider": current_provider(), "made_by": maria}
    return [new_avatar(name=name, remote_id=name, **ready) for name in ("Ada", "Bea", "Cleo")]


def test_several_sounds_arrive_each_with_its_own_error_and_become_videos(page, people):
    page.goto("/videos/new/")
    page.get_by_role("link", name="Make several at once").click()
    page.get_by_role("radio", name="Ada").check(force=True)
    page.locator("#sounds").set_input_files([mp3("one.mp3"), mp3("broken.mp3", b"?"), mp3("two.mp3")])
    bad = page.locator(".sound-row", has_text="broken.mp3")
    expect(bad).to_contain_text("not an audio file we can read")
    expect(page.get_by_role("checkbox", name="One")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Two")).to_be_checked()
    bad.get_by_role("button", name="Remove").click()
    expect(bad).to_have_count(0)
    two = page.locator(".sound-row", has_text="Two")
    two.get_by_text("Title and script").click()
    two.get_by_label("Title", exact=True).fill("The second")
    page.get_by_role("button", name="Make 2 videos").click()
    expect(page.locator(".batch-words")).to_have_text("0 of 2 ready")
    expect(page.locator(".batch-row")).to_have_count(2)
    assert set(Video.objects.values_list("title", flat=True)) == {"Ada: One", "The second"}


def test_sounds_chosen_before_the_script_has_loaded_are_uploaded_all_the_same(browse, people):
    page = browse(ticks=False).new_page()
    held = []
    page.route(re.compile(r"/js/batch[^/]*\.js"), lambda route: held.append(route))
    page.goto("/videos/batches/new/sounds/", wait_until="commit")
    page.locator("#sounds").set_input_files([mp3("one.mp3"), mp3("two.mp3")])
    held[0].continue_()
    tick(page)
    expect(page.get_by_role("checkbox", name="One")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Two")).to_be_checked()
    # And so on the page of a sheet: its sounds, and the sheet that was fixed.
    batch = Batch.objects.create(name="Draft", made_by=people[0].made_by)
    BatchItem.objects.create(batch=batch, number=1, state="draft", error="?", sound_text="x.wav", title="A")
    held.clear()
    page.goto(batch.get_absolute_url() + "draft/", wait_until="commit")
    page.locator("#draft-sounds input[type=file]").first.set_input_files([mp3("three.mp3")])
    held[0].continue_()
    tick(page)
    expect(page.locator("#sound-list .is-there")).to_contain_text("three.mp3")


def test_the_keyboard_alone_chooses_several_avatars(page, people, new_video):
    new_video(avatar=people[0])
    page.goto("/videos/batches/new/speakers/")
    page.get_by_role("checkbox", name="Cleo").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("radio", name="Hello").focus()
    page.keyboard.press("Space")
    button = page.get_by_role("button", name="Make 2 videos")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".batch-words")).to_have_text("0 of 2 ready")


def test_a_page_that_lacks_something_says_so_and_sends_nothing(page, people):
    page.goto("/videos/batches/new/sheet/")
    page.get_by_role("checkbox", name="I may use this recording").check()
    page.get_by_role("button", name="Review rows").click()
    expect(page.locator("#sound-error")).to_have_text("Choose the sheet first.")
    page.goto("/videos/batches/new/sounds/")
    page.get_by_role("radio", name="Ada").check(force=True)
    page.get_by_role("button", name="Make the videos").click()
    expect(page.locator("#sound-error")).to_contain_text("Add a voice")
    assert not Batch.objects.exists()


def test_a_sheet_and_its_sounds_are_dropped_together_put_right_and_made(page, people):
    page.goto("/videos/batches/new/sheet/")
    page.evaluate(
        """async (bytes) => {
            const data = new DataTransfer();
            data.items.add(new File(["avatar;sound\\nAda;one.mp3\\nBeaa;one.mp3\\nCleo;two.mp3\\n"], "Spring.csv"));
            data.items.add(new File([new Uint8Array(bytes)], "one.mp3"));
            const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
            document.body.dispatchEvent(event);
        }""",
        list(HELLO),
    )
    expect(page.locator("[data-sheet-name]")).to_have_text("Spring.csv")
    expect(page.locator(".sound-row .sound-name")).to_have_text("one.mp3")
    page.get_by_role("button", name="Remove one.mp3").wait_for()
    page.get_by_role("button", name="Review rows").click()
    expect(page.get_by_role("button", name="Make the video")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^Row 3"))).to_contain_text("Did you mean “Bea”?")
    page.get_by_role("link", name="Fix row 3").click()
    field = page.get_by_label("Avatar", exact=True)
    expect(field).to_be_focused()
    field.fill("Bea")
    page.get_by_role("button", name="Save and check").click()
    expect(page.get_by_role("button", name="Make 2 videos")).to_be_focused()
    page.locator("#draft-sounds input[type=file]").set_input_files([mp3("two.mp3")])
    expect(page.locator("#draft-sounds .sound-row")).to_contain_text("For row 4")
    page.get_by_role("button", name="Make all 3 videos").click()
    expect(page.locator(".batch-words")).to_have_text("0 of 3 ready")
    page.reload()
    expect(page.locator(".batch-row")).to_have_count(3)


def test_what_is_fine_is_made_and_the_rest_is_fixed_in_a_sheet_that_is_dropped_on_its_page(
    page, people, maria, tmp_path
):
    services.create_voice(FIXTURES / "hello.mp3", "Hello.mp3", maria, consent=OURS)
    page.goto("/videos/batches/new/sheet/")
    sheet = {"name": "Spring.csv", "mimeType": "text/csv"}
    page.locator("#sheet").set_input_files(
        sheet | {"buffer": b"avatar,sound\nAda,hello\nBeaa,hello\nCleo,hello\nBeaaa,hello\n"}
    )
    page.get_by_role("checkbox", name="I may use this recording").check()
    page.get_by_role("button", name="Review rows").click()
    page.get_by_role("button", name="Make 2 videos").click()
    expect(page.locator(".batch-words")).to_have_text("0 of 2 ready, 2 to fix")
    page.get_by_role("link", name="Fix them").click()
    expect(page.locator(".draft-table .is-wrong")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    download.value.save_as(tmp_path / "fix.csv")
    mended = (tmp_path / "fix.csv").read_bytes().replace(b"3,Beaa,", b"3,Bea,")
    page.evaluate(
        """(bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "Spring to fix.csv"));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        list(mended),
    )
    expect(page.locator(".toast")).to_contain_text("1 row updated.")
    page.get_by_role("button", name="Make the video").click()
    expect(page.locator(".batch-words")).to_have_text("0 of 3 ready, 1 to fix")
    page.get_by_role("link", name="Fix it").click()
    page.get_by_role("link", name="Fix row 5").click()
    page.get_by_label("Title", exact=True).evaluate("(field) => { field.value = 'a\\0b'; }")
    page.get_by_role("button", name="Save and check").click()
    expect(page.locator(".toast.is-bad")).to_contain_text("The text contains a character that cannot be used")
    page.get_by_label("Title", exact=True).fill("Four")
    page.get_by_role("button", name="Remove this row").click()
    page.wait_for_url(re.compile(r"/batches/\d+/$"))
    expect(page.locator(".batch-words")).to_have_text("0 of 3 ready")


def test_a_batch_moves_by_itself_and_only_what_changed_is_drawn_again(page, maria, people, new_video):
    batch = Batch.objects.create(name="Spring", made_by=maria, started_at=timezone.now())
    for number in (1, 2, 3):
        video = new_video(
            avatar=people[0],
            batch=batch,
            batch_position=number,
            title=f"Number {number}",
            state=ProviderState.MAKING,
            made_by=maria,
        )
        BatchItem.objects.create(batch=batch, number=number, state="ready", video=video, avatar=people[0])
    page.goto(batch.get_absolute_url())
    page.evaluate("document.querySelectorAll('.batch-row').forEach((row) => { row.dataset.old = 'yes'; })")
    page.get_by_role("link", name="Number 1").focus()
    Video.objects.filter(title="Number 2").update(state=ProviderState.READY, version=5, seconds=7)
    expect(page.locator(".batch-words")).to_have_text("1 of 3 ready")
    expect(page.locator(".batch-row", has_text="Number 2")).to_contain_text("Ready")
    expect(page.locator(".batch-row[data-old]")).to_have_count(2)
    expect(page.get_by_role("link", name="Number 1")).to_be_focused()
    Video.objects.update(state=ProviderState.READY, version=9)
    expect(page.locator("#announcer")).to_have_text("Spring: 3 videos are ready.")
    expect(page.locator("main [hx-trigger]")).to_have_count(0)
    expect(page.get_by_role("link", name="Download 3 as ZIP")).to_be_visible()


def test_one_toast_tells_of_the_whole_batch_on_whatever_page(page, maria, people, new_video):
    batch = Batch.objects.create(name="Spring", made_by=maria, started_at=timezone.now())
    for number in (1, 2, 3):
        video = new_video(
            avatar=people[0], batch=batch, batch_position=number, state=ProviderState.MAKING, made_by=maria
        )
        BatchItem.objects.create(batch=batch, number=number, state="ready", video=video, avatar=people[0])
    page.goto("/avatars/")
    Video.objects.update(state=ProviderState.READY, version=9, state_since=timezone.now())
    poller.step()
    toast = page.locator(".toast")
    expect(toast).to_contain_text("Spring: 3 videos are ready.")
    expect(toast).to_have_count(1)
    toast.get_by_role("link", name="Show").click()
    expect(page).to_have_url(re.compile(batch.get_absolute_url()))


@pytest.mark.parametrize("width", [360, 820])
def test_nothing_sticks_out_on_a_small_screen(browse, maria, people, new_video, width):
    page = browse(viewport={"width": width, "height": 760}).new_page()
    long = "A-title-without-any-place-to-break" * 5
    batch = Batch.objects.create(name=long, made_by=maria, started_at=timezone.now())
    video = new_video(
        avatar=people[0], batch=batch, title=long, state=ProviderState.FAILED, error="x" * 200, made_by=maria
    )
    BatchItem.objects.create(batch=batch, number=1, state="ready", video=video, avatar=people[0])
    draft = Batch.objects.create(name=long, made_by=maria)
    item = BatchItem.objects.create(
        batch=draft,
        number=2,
        state="draft",
        avatar_text=long,
        sound_text=f"https://{long}/x",
        title=long,
        script=long,
    )
    pages = [batch.get_absolute_url(), draft.get_absolute_url(), f"{draft.get_absolute_url()}?row={item.pk}"]
    for address in [*pages, "/videos/batches/", "/videos/batches/new/sheet/", "/videos/batches/new/sounds/"]:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
