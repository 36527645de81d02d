"""News on the desktop: only for who asked for it, and only while no page of ours is in front."""

import pytest
from playwright.sync_api import expect

from dashboard.jobs.provider_job import ProviderState
from videos.models import Video

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# A page of a browser without windows is always in front, and shows no notifications: both are noted instead.
FAKE = """globalThis.shown = [];
globalThis.Notification = class extends EventTarget {
  static permission = "default";
  static async requestPermission() { return (this.permission = "granted"); }
  constructor(text, options) { super(); shown.push([text, options.tag]); }
};
Object.defineProperty(document, "hidden", { get: () => globalThis.isHidden ?? false });"""


@pytest.mark.parametrize("is_wanted", [True, False])
def test_what_became_ready_is_shown_on_the_desktop_if_that_is_wanted(browse, new_video, maria, is_wanted):
    video = new_video(title="Spring", made_by=maria, state=ProviderState.MAKING)
    context = browse()
    context.add_init_script(FAKE)
    page = context.new_page()
    page.goto("/account/")
    box = page.get_by_label("Notify me on this device")
    expect(box).to_be_enabled()
    expect(box).not_to_be_checked()
    if is_wanted:
        box.check()
        expect(page.get_by_text("Saved for this device.")).to_be_visible()
    page.evaluate("globalThis.isHidden = true")
    Video.objects.get(pk=video.pk).move(ProviderState.COPYING)
    Video.objects.get(pk=video.pk).move(ProviderState.READY)
    expect(page.locator(".toast")).to_contain_text("Spring")
    assert [text for text, _ in page.evaluate("shown")] == ["Spring is ready."] * is_wanted
