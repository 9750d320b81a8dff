"""Maintenances over the API: times are this moment's, because the API reads the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.web.api_v1.conftest import Api, fields_of


def window(days: float, hours: float = 2) -> dict[str, str]:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    return {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=hours)).isoformat()}


def upgrade(days: float, **more: Any) -> dict[str, Any]:
    return {"title": "Upgrade", "body": "We upgrade.", "components": ["api"], **window(days), **more}


@pytest.fixture(autouse=True)
def _component(add_components: Callable[..., None]) -> None:
    add_components("API")


def test_announced_in_time_is_scheduled(api: Api) -> None:
    answer = api.post("/maintenances", upgrade(20, kind="scheduled"))
    assert answer.status_code == 201
    row = answer.json
    assert answer.headers["Location"] == f"/api/v1/maintenances/{row['id']}"
    assert (row["kind"], row["urgent"], row["status"]) == ("scheduled", False, "scheduled")
    assert row["excluded_from_availability"] is True
    assert row["components"] == ["api"]
    notice = row["notice"]
    assert (notice["required"], notice["met"]) == ("14d", True)
    assert notice["announced_at"].endswith("Z")
    start = datetime.fromisoformat(row["starts_at"])
    assert datetime.fromisoformat(notice["latest_notice_at"]) == start - timedelta(days=14)
    assert api.get(f"/maintenances/{row['id']}").json == row


def test_too_little_notice_says_what_would_do(api: Api) -> None:
    answer = api.post("/maintenances", upgrade(3, kind="scheduled"))
    assert answer.status_code == 422
    assert fields_of(answer) == ["starts_at"]
    earliest = answer.json["earliest_start"]
    assert earliest.endswith("Z")
    assert datetime.fromisoformat(earliest) > datetime.now(UTC) + timedelta(days=13)
    assert answer.json["accepted_kinds"] == ["emergency"]
    assert api.get("/maintenances").json["items"] == []


def test_emergency_in_time_is_stored_as_scheduled(api: Api) -> None:
    assert api.post("/maintenances", upgrade(20, kind="emergency")).json["kind"] == "scheduled"
    assert api.post("/maintenances", upgrade(3, kind="emergency")).json["kind"] == "emergency"


def test_urgent_work_needs_a_reason(api: Api) -> None:
    refused = api.post("/maintenances", upgrade(0.2, kind="emergency"))
    assert refused.status_code == 422
    accepted = api.post("/maintenances", upgrade(0.2, kind="emergency", reason="urgent", reason_text="A leak."))
    assert accepted.status_code == 201
    assert (accepted.json["urgent"], accepted.json["reason_text"]) == (True, "A leak.")


def test_moved_then_cancelled(api: Api) -> None:
    row = api.post("/maintenances", upgrade(20)).json
    moved = api.post(f"/maintenances/{row['id']}/move", {**window(30), "body": "Later."})
    assert moved.status_code == 201
    assert moved.json["starts_at"] > row["starts_at"]
    cancelled = api.post(f"/maintenances/{row['id']}/cancel", {"body": "Not needed."}).json
    assert cancelled["status"] == "cancelled"
    assert [update["body"] for update in cancelled["updates"]] == ["Not needed.", "Later.", "We upgrade."]
    again = api.post(f"/maintenances/{row['id']}/cancel", {"body": "Again."})
    assert again.status_code == 422
    assert fields_of(again) == ["status"]
    assert api.get("/maintenances", status="open").json["items"] == []


def test_update_starts_it_early(api: Api) -> None:
    row = api.post("/maintenances", upgrade(20)).json
    path = f"/maintenances/{row['id']}/updates"
    started = api.post(path, {"status": "in_progress", "body": "We begin."}).json
    assert started["status"] == "in_progress"
    assert api.get("/components/api").json["status"] == "under_maintenance"
    assert api.post(path, {"status": "completed", "body": "Done."}).json["completed_at"]
    assert api.get("/components/api").json["status"] == "operational"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (window(20, hours=-1), "ends_at"),
        ({"starts_at": "2027-01-01T10:00:00"}, "starts_at"),
        ({"ends_at": None}, "ends_at"),
        ({"components": ["nothing"]}, "components.nothing"),
        ({"components": {"api": "major_outage"}}, "components"),
        ({"kind": "urgent"}, "kind"),
        ({"risk": "low"}, "risk"),
        ({"title": "x" * 256}, "title"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ({"starts_at": "9999-12-31T23:59:59-12:00", "ends_at": "9999-12-31T23:59:59-13:00"}, "starts_at"),
    ],
)
def test_refusal_names_the_field(api: Api, change: dict[str, Any], field: str) -> None:
    answer = api.post("/maintenances", {**upgrade(20), **change})
    assert answer.status_code == 422
    assert field in fields_of(answer)


def test_work_far_ahead_is_published_or_refused(api: Api) -> None:
    last = api.post(
        "/maintenances", {**upgrade(20), "starts_at": "2100-12-31T22:00Z", "ends_at": "2100-12-31T23:59Z"}
    )
    assert last.status_code == 201
    assert "Statuspage-Publish" not in last.headers
    beyond = api.post(
        "/maintenances", {**upgrade(20), "starts_at": "2101-01-01T00:00Z", "ends_at": "2170-01-01T00:00Z"}
    )
    assert fields_of(beyond) == ["starts_at", "ends_at"]


def test_start_in_the_past_is_refused(api: Api) -> None:
    answer = api.post("/maintenances", upgrade(-1, kind="scheduled"))
    assert answer.status_code == 422
    assert "starts_at" in fields_of(answer)
