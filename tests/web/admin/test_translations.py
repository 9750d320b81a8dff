"""Texts in further languages by form: no script is needed, and what was typed stays."""

from __future__ import annotations

import pytest

from statuspage.changes import Installation
from statuspage.components import load_page
from tests.web.admin.conftest import Operator

INCIDENT = {
    "title": "Calls fail",
    "priority": "P1",
    "status": "investigating",
    "body": "We look.",
    "cause": "own",
    "translations.nl.title": "Bellen lukt niet",
    "translations.nl.body": "We zoeken het uit.",
}


@pytest.fixture
def rob_speaks_dutch(rob: Operator, installation: Installation) -> Operator:
    with installation.database.write() as session:
        load_page(session).languages = ["en", "nl"]
    return rob


def test_form_offers_each_further_language(rob_speaks_dutch: Operator) -> None:
    for path in ("/admin/incidents/new", "/admin/maintenance/new", "/admin/notices"):
        html = rob_speaks_dutch.get(path).text
        assert "In Dutch" in html, path
        assert 'name="translations.nl.body"' in html, path
        assert "translations.en" not in html, path


def test_posted_translation_is_published(rob_speaks_dutch: Operator) -> None:
    answer = rob_speaks_dutch.post("/admin/incidents", INCIDENT)
    assert answer.status_code == 303
    assert "Bellen lukt niet" in rob_speaks_dutch.client.get("/nl").text
    assert "We zoeken het uit." in rob_speaks_dutch.get(answer.headers["Location"]).text


def test_refused_form_keeps_translation(rob_speaks_dutch: Operator) -> None:
    answer = rob_speaks_dutch.post("/admin/incidents", {**INCIDENT, "body": ""})
    assert answer.status_code == 422
    assert 'value="Bellen lukt niet"' in answer.text


def test_draft_keeps_translation(rob_speaks_dutch: Operator) -> None:
    answer = rob_speaks_dutch.post("/admin/incidents", {**INCIDENT, "draft": "yes"})
    edit = rob_speaks_dutch.get(answer.headers["Location"].rstrip("/") + "/edit")
    assert 'value="Bellen lukt niet"' in edit.text
