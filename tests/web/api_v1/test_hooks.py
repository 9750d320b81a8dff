"""Hooks and drafts by the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from statuspage.domain.vocabulary import Scope
from tests.web.api_v1.conftest import Api, fields_of

BODY: dict[str, Any] = {
    "title": "Calls fail",
    "priority": "P1",
    "status": "investigating",
    "body": "We look into it.",
    "components": {"api": "major_outage"},
    "draft": True,
}


def test_draft_is_listed_changed_published(
    make_api: Callable[[Scope], Api], add_components: Callable[..., None]
) -> None:
    add_components("API")
    api = make_api(Scope.WRITE)
    made = api.post("/incidents", BODY).json or {}
    assert (made["draft"], made["public"], made["url"]) == (True, False, None)
    assert made["components"] == {"api": "major_outage"}
    listed = (api.get("/incidents", status="open").json or {})["items"]
    assert [(each["id"], each["draft"]) for each in listed] == [(made["id"], True)]
    assert (api.get("/components/api").json or {})["status"] == "operational"
    path = f"/incidents/{made['id']}"
    assert api.post(f"{path}/updates", {"body": "More."}).status_code == 422
    assert (api.patch(path, {"priority": "P2"}).json or {})["priority"] == "P2"
    assert fields_of(api.patch(path, {"title": None})) == ["title"]
    assert fields_of(api.patch(path, {"components": {"nowhere": "major_outage"}})) == ["components.nowhere"]
    posted = api.post(f"{path}/publish", None).json or {}
    assert (posted["draft"], posted["public"]) == (False, True)
    assert (api.get("/components/api").json or {})["status"] == "major_outage"
    assert api.post(f"{path}/publish", None).status_code == 422
    assert api.delete(f"{path}?reason=Wrong").status_code == 204  # what was published is withdrawn
    assert api.get(path).status_code == 404


def test_draft_is_discarded(make_api: Callable[[Scope], Api]) -> None:
    api = make_api(Scope.WRITE)
    made = api.post("/incidents", {**BODY, "components": {}}).json or {}
    assert fields_of(api.delete(f"/incidents/{made['id']}?reason=%20")) == ["reason"]
    assert api.delete(f"/incidents/{made['id']}?reason=False+alarm").status_code == 204
    assert api.get(f"/incidents/{made['id']}").status_code == 404


def test_hook_tells_its_address_once(
    make_api: Callable[[Scope], Api], client: FlaskClient, add_components: Callable[..., None]
) -> None:
    add_components("API")
    assert make_api(Scope.WRITE).get("/hooks").status_code == 403
    api = make_api(Scope.ADMIN)
    wanted = {"name": "UptimeRobot", "kind": "alert", "component": "api"}
    answer = api.post("/hooks", wanted, **{"Idempotency-Key": "k1"})
    made = answer.json or {}
    assert answer.status_code == 201
    assert (api.post("/hooks", wanted, **{"Idempotency-Key": "k1"}).json or {})["url"] is None
    path = made["url"].removeprefix("https://status.example.com")
    assert client.post(path, json={"status": "firing", "key": "1", "title": "Down"}).status_code == 200
    shown = api.get(f"/hooks/{made['id']}").json or {}
    assert shown["last_used_at"]
    assert "url" not in shown
    assert api.delete(f"/hooks/{made['id']}").status_code == 204
    assert client.post(path, json={"status": "resolved", "key": "1"}).status_code == 404
    assert fields_of(api.post("/hooks", {**wanted, "component": "nowhere"})) == ["component"]
    assert fields_of(api.post("/hooks", {**wanted, "kind": "heartbeat"})) == ["kind"]
