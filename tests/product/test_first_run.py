"""The first minute against the really running product: one click, and the video is seen being generated."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.product.running import Product, running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Every wording that stands on the picture, however short.
WATCH = """
window.seen = [];
document.addEventListener("DOMContentLoaded", () => {
  const look = () => {
    const words = document.querySelector(".stage .card-words")?.textContent.trim();
    if (words && words !== window.seen.at(-1)) window.seen.push(words);
  };
  look();
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
});
"""


@pytest.fixture
def fresh(tmp_path) -> Iterator[Product]:
    with running(tmp_path / "data") as product:
        yield product


@pytest.fixture
def visitor(chromium: Browser, fresh: Product) -> Iterator[Page]:
    context = chromium.new_context(base_url=fresh.url)
    context.add_init_script(WATCH)
    yield context.new_page()
    context.close()


def test_one_click_on_home_and_the_sample_is_seen_being_generated(visitor: Page, fresh: Product):
    page = visitor
    page.goto("/")
    page.get_by_label("Set-up code").fill(fresh.setup_code())
    page.get_by_label("Your name").fill("Olga")
    page.get_by_label("Email address").fill("olga@example.com")
    page.get_by_label("Password", exact=True).fill("a long enough password")
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("button", name="Make this sample video").click()
    expect(page.get_by_role("heading", name="Eileen Collins: Welcome")).to_be_visible(timeout=30_000)
    expect(page.locator("video.player")).to_be_visible(timeout=200_000)

    seen = page.evaluate("window.seen")
    assert seen[0] == "Preparing your avatar…"
    assert "Finishing…" in seen
    percentages = [int(found[1]) for words in seen if (found := re.fullmatch(r"Generating (\d+) %", words))]
    assert len(percentages) >= 2, seen  # as many as the polls of a busy machine catch
    assert percentages == sorted(percentages)
    assert percentages[-1] >= 50
    assert not [words for words in seen if words.startswith("Queued")]

    page.goto("/")
    expect(page.get_by_role("button", name="Make this sample video")).to_have_count(0)
