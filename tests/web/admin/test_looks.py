"""The page's look as an operator loads it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from statuspage.changes import Installation
from tests.test_looks import SVG
from tests.web.admin.conftest import Operator

PAGE = "/admin/settings/look"


def test_logo_and_colour_are_loaded(enter: Callable[[str], Operator], installation: Installation) -> None:
    mary = enter("mary")
    sent = {"colour": "#0b6b2d", "logo": (io.BytesIO(SVG), "logo.svg")}
    answer = mary.post(PAGE, sent, page=PAGE, follow_redirects=True)
    assert "The look is saved." in answer.text
    assert 'value="#0b6b2d"' in answer.text
    assert re.search(r'src="/static/logo\.\w+\.svg"', answer.text)
    front = (installation.settings.public_folder / "index.html").read_text()
    assert re.search(r'src="/static/logo\.\w+\.svg"', front)
    gone = mary.post(PAGE, {"colour": "#0b6b2d", "no_logo": "yes"}, page=PAGE, follow_redirects=True)
    assert "static/logo." not in gone.text


def test_unreadable_colour_stays_typed(enter: Callable[[str], Operator]) -> None:
    mary = enter("mary")
    answer = mary.post(PAGE, {"colour": "#ffcc00", "stylesheet": ".wrap { margin: 0 }"}, page=PAGE)
    assert answer.status_code == 422
    assert "would do" in answer.text
    assert 'value="#ffcc00"' in answer.text
    assert ".wrap { margin: 0 }" in answer.text


def test_responder_may_not_change_it(rob: Operator) -> None:
    assert rob.get(PAGE).status_code == 403


def test_snippets_are_ready_to_paste(alice: Operator) -> None:
    html = alice.get("/admin/settings/look").text
    assert "&lt;iframe src=&#34;https://status.example.com/embed&#34;" in html
    assert "https://status.example.com/badge.svg" in html
