"""Notices by API: on the page, in the feeds, changed and gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from statuspage.changes import Installation
from statuspage.components import load_page
from statuspage.domain.vocabulary import Scope
from tests.web.api_v1.conftest import Api, fields_of

NOTICE = {"title": "We move", "body": "On Friday to a **new** domain."}


@pytest.fixture
def api(make_api: Callable[[Scope], Api]) -> Api:
    return make_api(Scope.WRITE)


def test_notice_is_on_page_and_in_feeds(api: Api, client: FlaskClient) -> None:
    answer = api.post("/notices", NOTICE)

    assert answer.status_code == 201
    assert answer.json is not None
    assert answer.json["kind"] == "notice"
    assert "<strong>new</strong> domain" in client.get("/").text
    assert "[Notice] We move" in client.get("/feed.atom").text
    assert "[Notice] We move" in client.get("/feed.json").text
    assert f'id="{answer.json["id"]}"' in client.get("/notices").text


def test_ended_notice_leaves_front_page_only(api: Api, client: FlaskClient) -> None:
    made = api.post("/notices", NOTICE).json or {}
    changed = api.patch(f"/notices/{made['id']}", {"ends_at": datetime.now(UTC).isoformat()})

    assert changed.status_code == 200
    assert "We move" not in client.get("/").text
    assert "We move" in client.get("/notices").text


def test_notice_ends_in_the_future(api: Api) -> None:
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    answer = api.post("/notices", {**NOTICE, "ends_at": past})

    assert answer.status_code == 422
    assert fields_of(answer) == ["ends_at"]


def test_deleted_notice_is_gone(api: Api, client: FlaskClient) -> None:
    made = api.post("/notices", NOTICE).json or {}

    assert api.delete(f"/notices/{made['id']}").status_code == 204
    assert api.get(f"/notices/{made['id']}").status_code == 404
    assert "We move" not in client.get("/feed.atom").text
    assert (api.get("/notices").json or {})["items"] == []


def test_title_cannot_be_taken_away(api: Api) -> None:
    made = api.post("/notices", NOTICE).json or {}
    assert fields_of(api.patch(f"/notices/{made['id']}", {"title": None})) == ["title"]


def test_translations_are_answered_and_refused(api: Api, installation: Installation) -> None:
    with installation.database.write() as session:
        load_page(session).languages = ["en", "nl"]
    made = api.post("/notices", {**NOTICE, "translations": {"nl": {"title": "Wij verhuizen"}}}).json or {}
    assert made["translations"] == {"nl": {"title": "Wij verhuizen", "body": None}}
    refused = api.post("/notices", {**NOTICE, "translations": {"de": {"title": "Wir ziehen um"}}})
    assert refused.status_code == 422
    assert fields_of(refused) == ["translations.de"]
    empty = api.post("/notices", {**NOTICE, "translations": {"nl": {"body": ""}}})
    assert fields_of(empty) == ["translations.nl.body"]
