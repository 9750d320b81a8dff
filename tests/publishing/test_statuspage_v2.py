"""The Statuspage API v2, member by member."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from statuspage.domain.vocabulary import MaintenanceStatus
from statuspage.publishing.snapshot import Snapshot, Touched
from statuspage.publishing.statuspage_v2 import render_api
from tests.publishing import sample

ENDPOINTS = {
    "summary": {"page", "components", "incidents", "scheduled_maintenances", "status"},
    "status": {"page", "status"},
    "components": {"page", "components"},
    "incidents": {"page", "incidents"},
    "incidents/unresolved": {"page", "incidents"},
    "scheduled-maintenances": {"page", "scheduled_maintenances"},
    "scheduled-maintenances/upcoming": {"page", "scheduled_maintenances"},
    "scheduled-maintenances/active": {"page", "scheduled_maintenances"},
}
PAGE = {"id", "name", "url", "time_zone", "updated_at"}
COMPONENT = {
    "id",
    "name",
    "status",
    "created_at",
    "updated_at",
    "position",
    "description",
    "showcase",
    "start_date",
    "group_id",
    "page_id",
    "group",
    "only_show_if_degraded",
}
INCIDENT = {
    "id",
    "name",
    "status",
    "created_at",
    "updated_at",
    "monitoring_at",
    "resolved_at",
    "impact",
    "shortlink",
    "started_at",
    "page_id",
    "incident_updates",
    "components",
}
UPDATE = {
    "id",
    "status",
    "body",
    "incident_id",
    "created_at",
    "updated_at",
    "display_at",
    "affected_components",
    "deliver_notifications",
    "custom_tweet",
    "tweet_id",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def api(snapshot: Snapshot) -> dict[str, Any]:
    return {
        path.removeprefix("api/v2/").removesuffix(".json"): json.loads(content)
        for path, content in render_api(snapshot)
    }


def test_every_endpoint_has_its_members() -> None:
    documents = api(sample.trouble())
    assert {name: set(documents[name]) for name in ENDPOINTS} == ENDPOINTS
    assert all(set(document["page"]) == PAGE for document in documents.values())


def test_objects_have_exactly_the_documented_members() -> None:
    documents = api(sample.trouble())
    for component in documents["components"]["components"]:
        assert set(component) == (COMPONENT | {"components"} if component["group"] else COMPONENT)
    for incident in documents["incidents"]["incidents"]:
        assert set(incident) == INCIDENT
        assert all(set(update) == UPDATE for update in incident["incident_updates"])
        assert all(set(component) == COMPONENT for component in incident["components"])
    for work in documents["scheduled-maintenances"]["scheduled_maintenances"]:
        assert set(work) == INCIDENT | {"scheduled_for", "scheduled_until"}


def test_times_have_milliseconds_and_z() -> None:
    incident = api(sample.trouble())["incidents"]["incidents"][0]
    for name in ("created_at", "updated_at", "started_at"):
        assert TIME.fullmatch(incident[name])
    assert incident["resolved_at"] is None


def test_summary_holds_what_goes_on() -> None:
    summary = api(sample.trouble())["summary"]
    assert [incident["impact"] for incident in summary["incidents"]] == ["critical", "minor"]
    assert [work["status"] for work in summary["scheduled_maintenances"]] == ["scheduled", "scheduled"]
    assert summary["status"] == {"indicator": "critical", "description": "Major Service Outage"}
    assert summary["incidents"] == api(sample.trouble())["incidents/unresolved"]["incidents"]


def test_calm_page_is_operational() -> None:
    assert api(sample.calm())["status"]["status"] == {
        "indicator": "none",
        "description": "All Systems Operational",
    }


def test_running_maintenance_is_active() -> None:
    documents = api(sample.working())
    active = documents["scheduled-maintenances/active"]["scheduled_maintenances"]
    assert [(work["status"], work["impact"]) for work in active] == [("in_progress", "maintenance")]
    assert documents["scheduled-maintenances/upcoming"]["scheduled_maintenances"] == []
    assert documents["status"]["status"]["indicator"] == "maintenance"


def test_cancelled_maintenance_reads_completed() -> None:
    snapshot = sample.calm()
    cancelled = replace(snapshot.maintenances[0], status=MaintenanceStatus.CANCELLED, cancelled_at=snapshot.now)
    documents = api(replace(snapshot, maintenances=(cancelled,)))
    assert documents["scheduled-maintenances/upcoming"]["scheduled_maintenances"] == []
    assert documents["scheduled-maintenances"]["scheduled_maintenances"][0]["status"] == "completed"


def test_group_row_shows_its_worst_member() -> None:
    rows = api(sample.trouble())["components"]["components"]
    voice = next(row for row in rows if row["group"] and row["name"] == "Voice")
    assert (voice["status"], len(voice["components"])) == ("major_outage", 4)
    members = [row for row in rows if row["group_id"] == voice["id"]]
    assert [row["id"] for row in members] == voice["components"]


def test_updates_are_newest_first() -> None:
    incident = api(sample.trouble())["incidents"]["incidents"][0]
    times = [update["created_at"] for update in incident["incident_updates"]]
    assert times == sorted(times, reverse=True)


def test_link_is_the_page_unless_imported() -> None:
    snapshot = sample.trouble()
    imported = replace(snapshot.incidents[0], shortlink="https://stspg.io/abc")
    documents = api(replace(snapshot, incidents=(imported, *snapshot.incidents[1:])))
    links = [incident["shortlink"] for incident in documents["incidents"]["incidents"]]
    assert links[0] == "https://stspg.io/abc"
    assert links[1] == f"https://status.larkwing.example/incidents/{snapshot.incidents[1].id}"


def test_only_touched_incidents_get_documents() -> None:
    snapshot = sample.trouble()
    touched = Touched(incidents=frozenset([snapshot.incidents[0].id]))
    names = set(api(replace(snapshot, touched=touched))) - set(ENDPOINTS)
    assert names == {f"incidents/{snapshot.incidents[0].id}"}
