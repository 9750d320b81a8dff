"""Components over the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.api_v1.conftest import Api, fields_of


def test_component_is_added_and_changed(api: Api) -> None:
    answer = api.post("/components", {"name": "SIP trunk A", "group": "Voice", "service": "voice"})
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/api/v1/components/sip-trunk-a"
    assert (answer.json["slug"], answer.json["status"]) == ("sip-trunk-a", "operational")
    changed = api.patch("/components/sip-trunk-a", {"status": "degraded_performance", "group": None})
    assert changed.status_code == 200
    assert (changed.json["status"], changed.json["group"]) == ("degraded_performance", None)
    assert changed.json["service"] == "voice"
    assert api.get("/components/sip-trunk-a").json == changed.json


def test_hundred_components_fill_a_page(api: Api) -> None:
    names = [f"Node {number:02}" for number in range(5)]
    for name in names:
        api.post("/components", {"name": name})
    seen: list[str] = []
    page = api.get("/components", limit=2).json
    while True:
        seen += [item["name"] for item in page["items"]]
        if page["next"] is None:
            break
        page = api.get("/components", limit=2, cursor=page["next"]).json
    assert seen == names


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "\u2603"}, "slug"),
        ({"name": "API"}, "slug"),
        ({"name": "X", "slug": "A B"}, "slug"),
        ({"name": "X", "status": "major_outage"}, "status"),
        ({"name": "X", "description": 5}, "description"),
    ],
)
def test_bad_component_names_the_field(api: Api, body: dict[str, Any], field: str) -> None:
    api.post("/components", {"name": "API"})
    answer = api.post("/components", body)
    assert answer.status_code == 422
    assert fields_of(answer) == [field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": None}, "name"),
        ({"status": None}, "status"),
        ({"status": "unknown"}, "status"),
        ({"slug": "x"}, "slug"),
    ],
)
def test_bad_change_names_the_field(api: Api, body: dict[str, Any], field: str) -> None:
    api.post("/components", {"name": "API"})
    answer = api.patch("/components/api", body)
    assert answer.status_code == 422
    assert fields_of(answer) == [field]


def test_unknown_component_is_404(api: Api) -> None:
    assert api.get("/components/nothing").status_code == 404
    assert api.patch("/components/nothing", {"name": "X"}).status_code == 404
