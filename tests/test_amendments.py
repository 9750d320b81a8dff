"""What was posted by mistake: edited with its history kept, or taken back from everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from statuspage import amendments, incidents, maintenance, subscribers
from statuspage.amendment_drafts import UpdateChange, Withdrawal
from statuspage.audit import load_events
from statuspage.changes import Installation, site_change
from statuspage.components import current_statuses, load_components
from statuspage.domain.vocabulary import Scope
from statuspage.drafts import IncidentDraft, MaintenanceDraft, SubscriberDraft, UpdateDraft, read_draft
from statuspage.errors import NotFound, Refused
from statuspage.models import Delivery, Incident, Maintenance
from statuspage.notify import outbox
from tests.web.api_v1.conftest import Api, fields_of, make_api

__all__ = ["make_api"]

REASON = Withdrawal(reason="Meant for the test system.")


class Desk:
    """An operator whose posts are published as they are made; a clock of her own."""

    def __init__(self, installation: Installation, now: datetime) -> None:
        self.installation, self.now = installation, now

    def open(self, **values: Any) -> str:
        values = {"title": "Calls fail", "priority": "P1", "body": "We are looking.", **values}
        with self.change() as change:
            draft = read_draft(IncidentDraft, values)
            return incidents.open_incident(change.session, draft, policy=change.policy, author="ada", now=self.now).id

    def update(self, incident_id: str, **values: Any) -> str:
        self.now += timedelta(minutes=5)
        with self.change() as change:
            incident = incidents.load_incident(change.session, incident_id)
            draft = read_draft(UpdateDraft, {"body": "More news.", **values})
            return incidents.post_update(
                change.session, incident, draft, policy=change.policy, author="ada", now=self.now
            ).id

    def edit(self, update_id: str, **values: Any) -> None:
        self.now += timedelta(minutes=1)
        with self.change() as change:
            update = amendments.load_update(change.session, update_id)
            draft = read_draft(UpdateChange, values)
            amendments.edit_update(change.session, update, draft, author="bob", now=self.now)

    def withdraw(self, update_id: str) -> None:
        self.now += timedelta(minutes=1)
        with self.change() as change:
            update = amendments.load_update(change.session, update_id)
            amendments.withdraw_update(change.session, update, REASON, author="bob", now=self.now)

    def withdraw_incident(self, incident_id: str) -> None:
        self.now += timedelta(minutes=1)
        with self.change() as change:
            incident = incidents.load_incident(change.session, incident_id)
            amendments.withdraw_incident(change.session, incident, REASON, author="bob", now=self.now)

    def change(self) -> Any:
        return site_change(self.installation, self.now, author="ada")

    def read(self, path: str) -> str:
        return (self.folder / path).read_text()

    @property
    def folder(self) -> Path:
        return self.installation.publisher.folder

    def publicly(self, words: str) -> list[str]:
        """Published files that say this."""
        texts = [p for p in self.folder.rglob("*") if p.suffix in (".html", ".json", ".atom", ".rss", ".ics", ".xml")]
        return sorted(str(path.relative_to(self.folder)) for path in texts if words in path.read_text())

    def statuses(self) -> dict[str, str]:
        with self.installation.database.read() as session:
            found = load_components(session)
            shown = current_statuses(session, [each.id for each in found], self.now)
            return {each.slug: shown[each.id].value for each in found}


@pytest.fixture
def desk(installation: Installation, add_components: Callable[..., None], now: datetime) -> Desk:
    add_components("API", "Voice")
    return Desk(installation, now)


@pytest.fixture
def listener(installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        draft = SubscriberDraft(email="reader@example.com")
        subscribers.add_confirmed(session, draft, source="test", now=now)


def test_edit_keeps_what_was_said(desk: Desk) -> None:
    incident = desk.open()
    update = desk.update(incident, body="The router in Ghnet is down.")
    desk.edit(update, body="The router in Ghent is down.")
    with desk.installation.database.read() as session:
        stored = amendments.load_update(session, update)
        (version,) = stored.versions
        assert (version.body, version.replaced_by) == ("The router in Ghnet is down.", "bob")
        event = load_events(session)[0]
        assert event.action == "update.edit"
        assert event.details is not None
        assert event.details["body"]["before"] == "The router in Ghnet is down."
    assert desk.publicly("Ghnet") == []
    page = desk.read(f"incidents/{incident}.html")
    assert "Edited" in page
    assert "2026-11-16T10:06:00" in page
    wire = json.loads(desk.read(f"api/v2/incidents/{incident}.json"))["incident"]["incident_updates"][0]
    assert (wire["created_at"], wire["updated_at"]) == ("2026-11-16T10:05:00.000Z", "2026-11-16T10:06:00.000Z")
    assert "<updated>2026-11-16T10:06:00+00:00</updated>" in desk.read("feed.atom")


def test_shown_time_moves_between_neighbours(desk: Desk) -> None:
    incident = desk.open()
    update = desk.update(incident)
    desk.update(incident, status="resolved")
    desk.edit(update, posted_at="2026-11-16T10:02:00Z")
    wire = json.loads(desk.read(f"api/v2/incidents/{incident}.json"))["incident"]["incident_updates"][1]
    assert (wire["created_at"], wire["display_at"]) == ("2026-11-16T10:05:00.000Z", "2026-11-16T10:02:00.000Z")
    for wrong, why in (("2026-11-16T09:59:00Z", "before"), ("2026-11-16T10:11:00Z", "after")):
        with pytest.raises(Refused, match=f"the update {why} was posted"):
            desk.edit(update, posted_at=wrong)
    with pytest.raises(Refused, match="nothing is changed"):
        desk.edit(update, body="More news.")


def test_facts_in_other_languages_survive_an_edit(desk: Desk) -> None:
    update = desk.update(desk.open())
    facts = {"nl": {"facts": ["Said at the end.", "Aan het eind gezegd."]}}
    with desk.installation.database.write() as session:
        row = amendments.load_update(session, update)
        row.body, row.texts = "More news.\n\nSaid at the end.", facts
        row.details = {"workaround_at": "2026-11-16T12:00:00Z"}
    desk.edit(update, translations={}, body="Other news.\n\nSaid at the end.")
    with desk.installation.database.read() as session:
        assert amendments.load_update(session, update).texts == facts


def test_edit_past_another_edit_is_refused(desk: Desk) -> None:
    update = desk.update(desk.open())
    desk.edit(update, body="First.", edits=0)
    with pytest.raises(Refused, match="edited meanwhile by bob"):
        desk.edit(update, body="Second.", edits=0)


def test_withdrawn_update_takes_its_claims_along(desk: Desk) -> None:
    incident = desk.open(components={"voice": "partial_outage"})
    wrong = desk.update(incident, status="resolved", body="All is well again.", priority="P2")
    assert desk.statuses()["voice"] == "operational"
    desk.withdraw(wrong)
    assert desk.statuses()["voice"] == "partial_outage"
    assert desk.publicly("All is well again") == []
    wire = json.loads(desk.read(f"api/v2/incidents/{incident}.json"))["incident"]
    assert (wire["status"], wire["resolved_at"], wire["impact"]) == ("investigating", None, "critical")
    with desk.installation.database.read() as session:
        event = load_events(session)[0]
        assert event.details is not None
        assert (event.action, event.details["reason"]) == ("update.withdraw", REASON.reason)
        assert event.details["body"] == "All is well again."
    later = desk.update(incident, status="identified", components={"api": "major_outage"})
    assert desk.statuses() == {"api": "major_outage", "voice": "partial_outage"}
    desk.update(incident, status="monitoring")
    desk.withdraw(later)
    assert desk.statuses() == {"api": "operational", "voice": "partial_outage"}


def test_first_word_is_not_withdrawn_alone(desk: Desk) -> None:
    incident = desk.open()
    with desk.installation.database.read() as session:
        (first,) = incidents.load_incident(session, incident).updates
    with pytest.raises(Refused, match="withdraw the incident"):
        desk.withdraw(first.id)


def test_withdrawn_incident_is_gone_everywhere(desk: Desk) -> None:
    other = desk.open(title="Something else")
    incident = desk.open(title="A false alarm", components={"voice": "major_outage"})
    desk.update(incident, body="Still a false alarm.")
    assert "major_outage" in desk.read("api/v2/summary.json")
    bars = desk.read("uptime.json")
    desk.withdraw_incident(incident)
    assert desk.publicly("alse alarm") == []
    assert not (desk.folder / f"incidents/{incident}.html").exists()
    assert not (desk.folder / f"api/v2/incidents/{incident}.json.gz").exists()
    assert "major_outage" not in desk.read("api/v2/summary.json")
    assert desk.read("uptime.json") != bars
    assert desk.publicly("Something else") != []
    written = {path: path.read_bytes() for path in desk.folder.rglob("*.html")}
    desk.installation.publisher.publish(desk.now, everything=True)
    assert {path: path.read_bytes() for path in desk.folder.rglob("*.html")} == written
    with desk.installation.database.read() as session:
        with pytest.raises(NotFound):
            incidents.load_incident(session, incident)
        assert [each.id for each in incidents.load_incidents(session)] == [other]
        event = load_events(session)[0]
        assert event.details is not None
        assert event.details["title"] == "A false alarm"
        assert [each["body"] for each in event.details["updates"]] == ["We are looking.", "Still a false alarm."]


def test_what_was_not_sent_is_not_sent(desk: Desk, listener: None) -> None:
    incident = desk.open(title="A false alarm")
    with desk.installation.database.write() as session:
        held = outbox.claim(session, now=desk.now, limit=10)
    wrong = desk.update(incident)
    desk.withdraw_incident(incident)
    with desk.installation.database.read() as session:
        rows = {row.update_id: row for row in session.scalars(select(Delivery))}
        assert (rows[wrong].state, rows[wrong].last_error) == ("skipped", "withdrawn")
        assert rows[held[0].update_id].state == "due"  # in a worker's hand, which looks again before it sends


def test_withdrawn_maintenance_leaves_the_calendar(desk: Desk, now: datetime) -> None:
    with desk.change() as change:
        draft = MaintenanceDraft(
            title="Wrong window",
            body="New routers.",
            starts_at=now + timedelta(days=20),
            ends_at=now + timedelta(days=20, hours=2),
            components=["voice"],
        )
        row = maintenance.schedule(change.session, draft, policy=change.policy, author="ada", now=now)
    assert "maintenance.ics" in desk.publicly("Wrong window")
    with desk.change() as change:
        found = maintenance.load_maintenance(change.session, row.id)
        amendments.withdraw_maintenance(change.session, found, REASON, author="bob", now=now)
    assert desk.publicly("Wrong window") == []
    assert not (desk.folder / f"maintenance/{row.id}.html").exists()
    with desk.installation.database.read() as session:
        assert maintenance.load_maintenances(session) == []
        assert maintenance.load_upcoming(session, 5) == []
        assert session.get_one(Maintenance, row.id).status == "cancelled"


def test_running_maintenance_lets_go_when_withdrawn(desk: Desk, now: datetime) -> None:
    with desk.change() as change:
        draft = MaintenanceDraft(
            title="Wrong window",
            body="Now.",
            reason="urgent",
            starts_at=now,
            ends_at=now + timedelta(hours=1),
            components=["voice"],
        )
        row = maintenance.schedule(change.session, draft, policy=change.policy, author="ada", now=now)
    assert desk.statuses()["voice"] == "under_maintenance"
    with desk.change() as change:
        found = maintenance.load_maintenance(change.session, row.id)
        started = found.updates[-1]
        with pytest.raises(Refused, match="a step of a maintenance"):
            amendments.withdraw_update(change.session, started, REASON, author="bob", now=now)
        amendments.withdraw_maintenance(change.session, found, REASON, author="bob", now=now)
    assert desk.statuses()["voice"] == "operational"


def test_raised_by_mistake_is_internal_again(desk: Desk) -> None:
    incident = desk.open(priority="P4", title="A suspicion")
    raised = desk.update(incident, priority="P1", body="It is everywhere.")
    assert desk.publicly("A suspicion") != []
    desk.withdraw(raised)
    assert desk.publicly("A suspicion") == []
    with desk.installation.database.read() as session:
        stored = session.get_one(Incident, incident)
        assert (stored.public_at, stored.priority) == (None, "P4")


def test_api_edits_and_withdraws(desk: Desk, make_api: Callable[[Scope], Api]) -> None:
    incident = desk.open()
    update = desk.update(incident)
    desk.update(incident, body="A third word.")
    api = make_api(Scope.WRITE)
    answer = api.patch(f"/updates/{update}", {"body": "Better news.", "edits": 0})
    assert (answer.status_code, answer.json["versions"][0]["body"]) == (200, "More news.")
    assert answer.json["edited_at"] is not None
    assert fields_of(api.patch(f"/updates/{update}", {"body": "Best news.", "edits": 0})) == ["edits"]
    assert fields_of(api.patch(f"/updates/{update}", {"body": None})) == ["body"]
    assert fields_of(api.patch(f"/updates/{update}", {"posted_at": "2090-01-01T00:00:00Z"})) == ["posted_at"]
    assert fields_of(api.delete(f"/updates/{update}")) == ["reason"]
    assert fields_of(api.delete(f"/updates/{update}?reason=%20")) == ["reason"]
    assert api.delete(f"/updates/{update}?reason=wrong").status_code == 204
    assert api.get(f"/updates/{update}").status_code == 404
    assert [each["body"] for each in api.get(f"/incidents/{incident}").json["updates"]] == [
        "A third word.",
        "We are looking.",
    ]
    assert api.delete(f"/incidents/{incident}?reason=wrong").status_code == 204
    assert api.get(f"/incidents/{incident}").status_code == 404
    assert api.get("/incidents").json["items"] == []
    with desk.installation.database.read() as session:
        assert [event.action for event in load_events(session)][:3] == [
            "incident.withdraw",
            "update.withdraw",
            "update.edit",
        ]
