"""The readers' live forms in Chromium: valid, usable by everybody, in both schemes and two languages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from statuspage import subscribers
from statuspage.changes import Installation, site_change
from statuspage.components import add_component, load_page
from statuspage.drafts import ComponentDraft, SubscriberDraft
from tests.browser.test_public import RULES, opened

pytestmark = pytest.mark.browser


@pytest.fixture
def forms(app: Flask, installation: Installation) -> Iterator[dict[str, str]]:
    """The addresses of a page's live forms, by what they are."""
    now = datetime.now(UTC)
    with site_change(installation, now, author="test") as change:
        load_page(change.session).languages = ["en", "nl"]
        for name in ("Voice", "Messaging"):
            add_component(change.session, ComponentDraft(name=name, group="Platform"), author="test", now=now)
        reader = SubscriberDraft(email="reader@example.org", language="nl")
        token = subscribers.add_confirmed(change.session, reader, source="test", now=now).token
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}"
    paths = ("subscribe", "nl/subscribe", f"manage/{token}", f"confirm/{token}", f"unsubscribe/{token}")
    yield {path.removesuffix(token): f"{root}/{path}" for path in paths}
    server.shutdown()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forms_are_usable_by_everybody(browser: Browser, forms: dict[str, str], scheme: str) -> None:
    first, *_ = forms.values()
    with opened(browser, first, color_scheme=scheme, viewport={"width": 320, "height": 740}) as page:
        for name, url in forms.items():
            page.goto(url)
            html5lib.HTMLParser(strict=True).parse(page.content())
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            found = Axe().run(page, options=RULES[scheme])
            assert found.violations_count == 0, (name, found.generate_report())
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
