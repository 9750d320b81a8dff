"""An incident's title and components set right: kept, marked, and counted anew from its start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from statuspage import incidents
from statuspage.amendment_drafts import IncidentAmendment
from statuspage.audit import load_events
from statuspage.changes import Installation
from statuspage.domain.vocabulary import Scope
from statuspage.drafts import read_draft
from statuspage.errors import Overtaken, Refused
from statuspage.incident_amendments import amend_incident
from tests.test_amendments import Desk, desk
from tests.web.api_v1.conftest import Api, fields_of, make_api

__all__ = ["desk", "make_api"]


def amend(desk: Desk, incident_id: str, **values: Any) -> None:
    desk.now += timedelta(minutes=1)
    with desk.change() as change:
        incident = incidents.load_incident(change.session, incident_id)
        draft = read_draft(IncidentAmendment, values)
        amend_incident(change.session, incident, draft, policy=change.policy, author="bob", now=desk.now)


def test_wrong_component_gives_way_to_the_right_one(desk: Desk, installation: Installation) -> None:
    incident = desk.open(title="API is down", components={"api": "major_outage"})
    desk.update(incident, status="resolved")
    amend(desk, incident, title="Voice is down", components={"api": None, "voice": "partial_outage"}, edits=0)
    assert desk.statuses() == {"api": "operational", "voice": "operational"}
    assert desk.publicly("API is down") == []
    page = desk.read(f"incidents/{incident}.html")
    assert ("Edited" in page, "/components/voice" in page, "/components/api" in page) == (True, True, False)
    uptime = desk.read("uptime.json")
    assert '"seconds_partial":300' in uptime.replace(" ", "").replace("\n", "")
    assert '"seconds_down":300' not in uptime.replace(" ", "").replace("\n", "")
    with installation.database.read() as session:
        (version,) = incidents.load_incident(session, incident).versions
        assert (version.title, version.components) == ("API is down", {"api": "major_outage"})
        assert load_events(session)[0].action == "incident.amend"


def test_open_incident_holds_what_is_right(desk: Desk) -> None:
    incident = desk.open(components={"api": "degraded_performance"})
    amend(desk, incident, components={"api": "major_outage"})
    assert desk.statuses()["api"] == "major_outage"
    amend(desk, incident, components={"api": None})
    assert desk.statuses()["api"] == "operational"


def test_second_author_reads_the_first(desk: Desk) -> None:
    incident = desk.open()
    amend(desk, incident, title="Calls to Ghent fail", edits=0)
    with pytest.raises(Overtaken, match="amended meanwhile by bob"):
        amend(desk, incident, title="Calls to Gent fail", edits=0)
    with pytest.raises(Refused, match="nothing is changed"):
        amend(desk, incident, title="Calls to Ghent fail")


def test_api_amends_what_is_published(desk: Desk, make_api: Callable[[Scope], Api], now: datetime) -> None:
    incident, api = desk.open(), make_api(Scope.WRITE)
    path = f"/incidents/{incident}/amend"
    answer = api.post(path, {"title": "Voice fails", "components": {"voice": "major_outage"}}).json
    assert (answer["title"], answer["components"]) == ("Voice fails", {"voice": "major_outage"})
    assert answer["edited_at"] is not None
    assert fields_of(api.post(path, {"components": {"voice": "operational"}})) == ["components.voice"]
    assert fields_of(api.post(path, {"components": {"nothing": None}})) == ["components.nothing"]
    draft = {"title": "Later", "priority": "P3", "body": "x", "draft": True}
    kept = api.post("/incidents", draft).json["id"]
    assert api.post(f"/incidents/{kept}/amend", {"title": "Other"}).status_code == 422
