"""Monitors and corrections by API."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from statuspage.domain.vocabulary import Scope
from tests.web.api_v1.conftest import Api, fields_of

HTTP = {"component": "api", "kind": "http", "target": "https://api.example.com/health", "every": "10s"}


@pytest.fixture
def api(make_api: Callable[[Scope], Api], add_components: Callable[..., None]) -> Api:
    add_components("API")
    return make_api(Scope.WRITE)


def test_monitor_is_added_changed_removed(api: Api) -> None:
    made = api.post("/monitors", {**HTTP, "headers": {"Authorization": "Bearer of-the-secret"}})
    assert made.status_code == 201
    assert "of-the-secret" not in made.text
    path = f"/monitors/{(made.json or {})['id']}"

    changed = api.patch(path, {"latency": "900ms", "enabled": False}).json or {}
    assert (changed["settings"]["latency"], changed["enabled"]) == ("900ms", False)
    assert changed["settings"]["headers"] == {"Authorization": "(kept)"}
    gone = api.patch(path, {"latency": None}).json or {}
    assert "latency" not in gone["settings"]
    shown = api.get(path).json or {}
    assert (shown["status"], shown["results"]) == ("unknown", [])

    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert (api.get("/monitors", component="api").json or {})["items"] == []


def test_heartbeat_tells_its_url_once(api: Api) -> None:
    body = {"component": "api", "kind": "heartbeat", "period": "1h", "grace": "5m"}
    made = api.post("/monitors", body, **{"Idempotency-Key": "once"})
    again = api.post("/monitors", body, **{"Idempotency-Key": "once"})
    assert "/heartbeat/" in (made.json or {})["url"]
    assert (again.json or {})["url"] is None
    assert (again.json or {})["id"] == (made.json or {})["id"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"every": "1s"}, "every"),
        ({"every": "soon"}, "every"),
        ({"component": "nope"}, "component"),
        ({"target": "ftp://x/"}, "target"),
        ({"target": "http:///x"}, "target"),
        ({"target": "http://[::1"}, "target"),
        ({"target": "http://api.example.com:99999/"}, "target"),
        ({"target": "https://exa mple.com/"}, "target"),
        ({"target": "https://ann:secret@api.example.com/"}, "target"),
        ({"headers": {"Content-Length": "5"}}, "headers"),
        ({"headers": {"X": "\u2603"}}, "headers"),
        ({"period": "1h"}, "period"),
        ({"failures": "3"}, "failures"),
        ({"headers": {"X": "(kept)"}}, "headers"),
        ({"headers": {"X": "a\r\nb: c"}}, "headers"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_monitor_names_its_key(api: Api, more: dict[str, object], field: str) -> None:
    refused = api.post("/monitors", {**HTTP, **more})
    assert refused.status_code == 422
    assert fields_of(refused)[0].split(".")[0] == field


def test_change_is_checked_as_a_whole(api: Api) -> None:
    path = f"/monitors/{(api.post('/monitors', HTTP).json or {})['id']}"
    assert fields_of(api.patch(path, {"latency": "10s"})) == ["latency"]
    assert fields_of(api.patch(path, {"kind": "heartbeat"})) == ["target"]


def test_correction_is_recorded_listed_withdrawn(api: Api) -> None:
    body = {
        "component": "api",
        "starts_at": "2026-11-16T09:00:00Z",
        "ends_at": "2026-11-16T10:00:00Z",
        "status": "major_outage",
        "reason": "Nobody noticed.",
    }
    made = api.post("/corrections", body)
    assert made.status_code == 201
    query = {"component": "api", "from": "2026-11-16", "to": "2026-11-17"}
    assert (api.get("/uptime", **query).json or {})["days"][0]["seconds_down"] == 3600
    assert api.delete(f"/corrections/{(made.json or {})['id']}").status_code == 204
    assert (api.get("/uptime", **query).json or {})["days"][0]["seconds_down"] == 0
    (listed,) = (api.get("/corrections", component="api").json or {})["items"]
    assert listed["withdrawn_at"]
    assert fields_of(api.post("/corrections", {**body, "reason": " "})) == ["reason"]


def test_trial_is_refused_a_private_address(api: Api) -> None:
    found = api.post("/monitors/test", {"kind": "tcp", "target": "127.0.0.1:1", "timeout": "1s"})
    assert (found.status_code, (found.json or {})["outcome"]) == (201, "unknown")
    assert "not public" in (found.json or {})["words"]
    assert fields_of(api.post("/monitors/test", {"kind": "heartbeat", "period": "1h"})) == ["kind"]
