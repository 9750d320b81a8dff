"""The public page in Chromium: on a small phone without JavaScript, by keyboard, in both schemes, kept current."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from statuspage.publishing.snapshot import Snapshot
from tests.browser.conftest import Site
from tests.publishing import sample

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/history",
    "/history/2026-11",
    "/incidents/i000000open1",
    "/incidents/i000000past3",
    "/maintenance/m000000plan2",
    "/components/sip-trunk-b",
    "/uptime",
    "/sla",
    "/notices",
    "/embed",
    "/404",
)
RULES = {
    "light": {"rules": {"target-size": {"enabled": True}}},
    "dark": {"runOnly": ["color-contrast"]},  # nothing else depends on the scheme
}
FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  return {
    place: [...document.querySelectorAll('*')].indexOf(at),
    name: at.outerHTML.slice(0, 80),
    shown: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) && box.width > 0,
  };
}"""
SMALL = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def site(serve: Callable[[Snapshot], Site]) -> Site:
    return serve(sample.trouble())


@contextmanager
def opened(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A tab of its own; what the page complains of fails the test."""
    context = browser.new_context(**{"viewport": SMALL, **options})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    yield page
    context.close()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_violation(browser: Browser, site: Site, path: str, scheme: str) -> None:
    with opened(browser, site.url + path, color_scheme=scheme) as page:
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        found = Axe().run(page, options=RULES[scheme])
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_scrolls_sideways(browser: Browser, site: Site, width: int) -> None:
    with opened(browser, site.url, viewport={"width": width, "height": 740}) as page:
        for path in PAGES:
            page.goto(site.url + path)
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_own_colours_large_text_and_still_pages(browser: Browser, site: Site) -> None:
    """What readers set for themselves: forced colours, text twice as large, no motion."""
    asked = {"forced_colors": "active", "reduced_motion": "reduce", "viewport": {"width": 640, "height": 740}}
    with opened(browser, site.url, **asked) as page:
        for path in PAGES:
            page.goto(site.url + path)
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= 640, path
            assert page.evaluate("document.getAnimations().length") == 0, path
        page.goto(site.url)
        for state in page.locator(".state-icon").all()[:3]:
            expect(state).to_be_visible()


def test_keyboard_reaches_everything_visibly(browser: Browser, site: Site) -> None:
    with opened(browser, site.url, viewport={"width": 1280, "height": 900}) as page:
        wanted = page.locator("a[href]:visible, summary:visible, button:visible, input:visible").count()
        seen = set()
        for _ in range(wanted + 20):
            page.keyboard.press("Tab")
            found = page.evaluate(FOCUSED)
            if found is None:
                break
            assert found["shown"], found
            seen.add(found["place"])
        assert len(seen) >= wanted * 0.9


def test_first_phone_screen_answers_without_script(browser: Browser, site: Site) -> None:
    with opened(browser, site.url, java_script_enabled=False) as page:
        for text in (
            "Major outage: SIP trunk A",
            "Since 14:02 CET",
            "Outgoing calls to Dutch mobile numbers fail",
            "Next update by 14:45 CET",
            "Call recording",
        ):
            box = page.get_by_text(text).first.bounding_box()
            assert box is not None, text
            assert box["y"] + box["height"] <= SMALL["height"], text


def test_rows_stay_low(browser: Browser, site: Site) -> None:
    with opened(browser, site.url, viewport={"width": 1280, "height": 900}) as page:
        heights = page.eval_on_selector_all(".component", "all => all.map(each => each.offsetHeight)")
        assert len(heights) == 12
        assert all(44 <= height <= 56 for height in heights)


def test_row_opens_by_keyboard(browser: Browser, site: Site) -> None:
    with opened(browser, site.url) as page:
        row = page.locator("#c-sip-trunk-b")
        row.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(row.get_by_text("99.90%")).to_be_visible()
        expect(row.get_by_role("link", name="No calls by SIP trunk B")).to_be_visible()


def test_script_counts_overdue_minutes(browser: Browser, site: Site) -> None:
    with opened(browser, site.url, timezone_id="Europe/Amsterdam") as page:
        page.clock.install(time=sample.NOW)
        page.goto(site.url)
        expect(page.locator(".due.late")).to_have_text("Update was due at 14:24 CET (10 min ago)")
        expect(page.locator(".due").first).to_have_text("Next update by 14:45 CET (in 11 min)")
        page.clock.fast_forward("14:00")
        expect(page.locator(".due").first).to_have_text("Next update by 14:45 CET (3 min ago)")


def test_script_adds_own_zone(browser: Browser, site: Site) -> None:
    with opened(browser, site.url, timezone_id="America/New_York") as page:
        expect(page.locator(".due").first).to_contain_text("Next update by 14:45 CET (08:45 your time")


def test_theme_choice_is_kept(browser: Browser, site: Site) -> None:
    with opened(browser, site.url, color_scheme="light") as page:
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.get_by_label("Dark").check()
        dark = page.evaluate(ground)
        assert dark != light
        page.reload()
        assert page.evaluate(ground) == dark
        expect(page.get_by_label("Dark")).to_be_checked()
        page.get_by_label("Auto").check()
        assert page.evaluate(ground) == light


def test_page_renews_itself(browser: Browser, serve: Callable[[Snapshot], Site]) -> None:
    site = serve(sample.calm())
    with opened(browser, site.url) as page:
        page.clock.install()
        page.goto(site.url)
        page.locator("#c-api summary").click()
        expect(page.locator("h1")).to_have_text("All systems operational")
        site.publish(sample.trouble())
        page.clock.fast_forward("00:31")
        expect(page.locator("h1")).to_have_text("Major outage: SIP trunk A")
        expect(page.get_by_role("status")).to_contain_text("Updated")
        expect(page).to_have_title("Major outage: SIP trunk A · Larkwing")
        assert "major_outage" in str(page.locator("link[rel=icon]").get_attribute("href"))
        assert page.locator("#c-api").get_attribute("open") is not None


def test_first_load_is_under_sixty_kilobytes(browser: Browser, site: Site) -> None:
    with opened(browser, "about:blank") as page:
        sizes: list[int] = []
        page.on("response", lambda answer: sizes.append(len(answer.body())))
        page.goto(site.url, wait_until="networkidle")
        assert 5 < len(sizes) <= 8
        assert sum(sizes) < 80_000  # without compression, which makes it a quarter


def test_print_shows_the_news(browser: Browser, site: Site) -> None:
    with opened(browser, site.url) as page:
        page.emulate_media(media="print")
        expect(page.get_by_role("heading", name="Outgoing calls").first).to_be_visible()
        expect(page.locator(".top-nav")).to_be_hidden()
