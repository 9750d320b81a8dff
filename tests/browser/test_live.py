"""The page follows measurements by itself: from a judgement to the reader's eyes without a reload."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect

from statuspage.changes import Installation, site_change
from statuspage.components import load_component
from statuspage.domain.health import Outcome, Result
from statuspage.measurement import take_results
from statuspage.monitor_drafts import MonitorTable
from statuspage.monitoring.judging import Measured
from statuspage.monitors import add_monitor
from tests.browser.conftest import _StaticFiles


@pytest.fixture
def url(installation: Installation, add_components: Callable[..., None]) -> Iterator[str]:
    """The installation's published folder, served."""
    add_components("API")
    handler = functools.partial(_StaticFiles, directory=str(installation.settings.public_folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_judgement_arrives_without_reload(browser: Browser, installation: Installation, url: str) -> None:
    now = datetime.now(UTC)
    with site_change(installation, now, author="ada") as change:
        table = MonitorTable.model_validate({"kind": "http", "target": "https://api.example.com/", "failures": 1})
        api = load_component(change.session, "api")
        key = add_monitor(change.session, api, table, author="ada", now=now)[0].id
    take_results(installation, [Measured(key, Result(now, Outcome.UP, 20))], now)
    page = browser.new_page()
    page.goto(url)
    page.evaluate("window.same = true")
    expect(page.locator("#c-api .status-word")).to_have_count(0)

    judged_at = datetime.now(UTC)
    take_results(installation, [Measured(key, Result(judged_at, Outcome.DOWN, None, "refused"))], judged_at)
    expect(page.locator("#c-api .status-word")).to_have_text("Major outage", timeout=30_000)
    assert page.evaluate("window.same")
    page.close()


def test_page_waits_politely_while_offline(browser: Browser, url: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.install()
    page.goto(url)
    page.route("**/live.json", lambda route: route.abort())
    asked.clear()
    page.clock.run_for(8_000)
    page.wait_for_timeout(0)
    assert len([each for each in asked if each.endswith("live.json")]) <= 2
    expect(page.locator("h1")).to_be_visible()
    page.close()
