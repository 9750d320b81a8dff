"""Incidents over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.web.api_v1.conftest import Api, fields_of

OUTAGE: dict[str, Any] = {
    "title": "Calls fail",
    "priority": "P1",
    "status": "investigating",
    "body": "We are **looking**.",
    "components": {"sip-trunk": "major_outage"},
}


@pytest.fixture(autouse=True)
def _components(add_components: Callable[..., None]) -> None:
    add_components("SIP trunk", "API")


def test_opened_incident_is_answered_whole(api: Api) -> None:
    answer = api.post("/incidents", OUTAGE)
    assert answer.status_code == 201
    incident = answer.json
    assert answer.headers["Location"] == f"/api/v1/incidents/{incident['id']}"
    assert incident["url"] == f"https://status.example.com/incidents/{incident['id']}"
    assert (incident["priority"], incident["status"], incident["public"]) == ("P1", "investigating", True)
    assert incident["draft"] is False
    assert incident["components"] == {"sip-trunk": "major_outage"}
    assert incident["resolved_at"] is None
    due = datetime.fromisoformat(incident["next_update_due"]) - datetime.fromisoformat(incident["started_at"])
    assert due.total_seconds() == 15 * 60
    assert incident["started_at"].endswith("Z")
    (update,) = incident["updates"]
    assert (update["status"], update["body"]) == ("investigating", "We are **looking**.")
    assert api.get(f"/incidents/{incident['id']}").json == incident


def test_internal_incident_has_no_url(api: Api) -> None:
    incident = api.post("/incidents", {**OUTAGE, "priority": "P4"}).json
    assert incident["public"] is False
    assert incident["url"] is None
    assert incident["next_update_due"] is None


def test_updates_move_the_incident_along(api: Api) -> None:
    incident = api.post("/incidents", OUTAGE).json
    path = f"/incidents/{incident['id']}/updates"
    monitored = api.post(
        path, {"status": "monitoring", "body": "Better.", "components": {"sip-trunk": "operational"}}
    )
    assert monitored.status_code == 201
    assert [update["status"] for update in monitored.json["updates"]] == ["monitoring", "investigating"]
    resolved = api.post(path, {"status": "resolved", "body": "Over."}).json
    assert resolved["status"] == "resolved"
    assert resolved["resolved_at"]
    assert resolved["next_update_due"] is None
    assert api.get("/incidents", status="open").json == {"items": [], "next": None}
    assert [each["id"] for each in api.get("/incidents", status="resolved").json["items"]] == [resolved["id"]]
    assert fields_of(api.get("/incidents", status="over")) == ["status"]
    assert api.get("/components/sip-trunk").json["status"] == "operational"


def test_lists_are_paged_by_cursor(api: Api) -> None:
    for day in (1, 2, 3):
        api.post("/incidents", {**OUTAGE, "components": {}, "started_at": f"2026-10-0{day}T10:00:00+02:00"})
    first = api.get("/incidents", limit=2).json
    assert [item["started_at"] for item in first["items"]] == ["2026-10-03T08:00:00Z", "2026-10-02T08:00:00Z"]
    second = api.get("/incidents", limit=2, cursor=first["next"]).json
    assert [item["started_at"] for item in second["items"]] == ["2026-10-01T08:00:00Z"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"priority": "P9"}, "priority"),
        ({"priority": None}, "priority"),
        ({"title": ""}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"title": "x\r\nBcc: a@example.com"}, "title"),
        ({"title": 5}, "title"),
        ({"body": "x" * 25_001}, "body"),
        ({"body": "bell \x07"}, "body"),
        ({"status": "done"}, "status"),
        ({"status": "postmortem"}, "status"),
        ({"components": {"nothing": "major_outage"}}, "components.nothing"),
        ({"components": {"sip-trunk": "broken"}}, "components.sip-trunk"),
        ({"components": ["sip-trunk"]}, "components"),
        ({"started_at": "2026-10-01T10:00:00"}, "started_at"),
        ({"started_at": "2300-10-01T10:00:00Z"}, "started_at"),
        ({"started_at": 5}, "started_at"),
        ({"notify": "yes"}, "notify"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_refusal_names_the_field(api: Api, change: dict[str, Any], field: str) -> None:
    answer = api.post("/incidents", OUTAGE | change)
    assert answer.status_code == 422
    assert fields_of(answer) == [field]
    assert api.get("/incidents").json["items"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "-1"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1e2"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "W10"}, "cursor"),
        ({"status": "closed"}, "status"),
        ({"page": "1"}, "page"),
    ],
)
def test_bad_query_names_the_parameter(reader: Api, query: dict[str, str], field: str) -> None:
    answer = reader.get("/incidents", **query)
    assert answer.status_code == 422
    assert fields_of(answer) == [field]


def test_unknown_incident_is_404(api: Api) -> None:
    for path in ("/incidents/abcdefghijkl", "/incidents/%00", "/incidents/a%20b", "/incidents/" + "x" * 500):
        answer = api.get(path)
        assert answer.status_code == 404
        fields_of(answer)
    assert api.post("/incidents/abcdefghijkl/updates", {"body": "x"}).status_code == 404


def test_update_past_an_unread_one_is_refused(api: Api) -> None:
    incident = api.post("/incidents", OUTAGE).json
    path, read = f"/incidents/{incident['id']}/updates", incident["updates"][0]["id"]
    assert api.post(path, {"body": "First.", "after": read}).status_code == 201
    overtaken = api.post(path, {"body": "Second.", "after": read})
    assert (overtaken.status_code, fields_of(overtaken)) == (409, ["after"])
    assert overtaken.json["newest_update"] != read
    assert api.post(path, {"body": "Second.", "after": overtaken.json["newest_update"]}).status_code == 201
    assert fields_of(api.post(path, {"body": "Third.", "after": "nothing"})) == ["after"]
