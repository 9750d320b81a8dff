"""Long words and other letters: every page kind in each language, in Chromium, at 320 px and by axe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from statuspage.publishing.snapshot import Snapshot
from tests.browser.conftest import Site
from tests.browser.test_public import PAGES, opened
from tests.publishing import sample

pytestmark = pytest.mark.browser
FURTHER = ("nl", "de", "fr", "es", "it")


@pytest.fixture(scope="module")
def site(serve: Callable[[Snapshot], Site]) -> Site:
    snapshot = sample.trouble()
    return serve(replace(snapshot, page=replace(snapshot.page, languages=("en", *FURTHER))))


@pytest.mark.parametrize("language", ["de", "fr"])
def test_axe_finds_no_violation(browser: Browser, site: Site, language: str) -> None:
    with opened(browser, f"{site.url}/{language}/index.html") as page:
        for path in PAGES:
            page.goto(f"{site.url}/{language}{path if path != '/' else '/index.html'}")
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}})
            assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("language", FURTHER)
def test_long_words_scroll_nothing_sideways(browser: Browser, site: Site, language: str) -> None:
    with opened(browser, f"{site.url}/{language}/index.html", viewport={"width": 320, "height": 740}) as page:
        for path in PAGES:
            page.goto(f"{site.url}/{language}{path if path != '/' else '/index.html'}")
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_refresh_stays_in_its_language(browser: Browser, serve: Callable[[Snapshot], Site]) -> None:
    calm = sample.calm()
    site = serve(replace(calm, page=replace(calm.page, languages=("en", "nl"))))
    with opened(browser, f"{site.url}/nl/index.html") as page:
        page.clock.install()
        page.goto(f"{site.url}/nl/index.html")
        before = page.locator("h1").inner_text()
        trouble = sample.trouble()
        site.publish(replace(trouble, page=replace(trouble.page, languages=("en", "nl"))))
        page.clock.fast_forward("00:31")
        page.wait_for_function("before => document.querySelector('h1').innerText !== before", arg=before)
        assert page.locator("h1").inner_text().startswith("Grote storing"), page.locator("h1").inner_text()
