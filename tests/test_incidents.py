"""Opening, updating and resolving incidents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.changes import Installation
from statuspage.components import current_statuses, load_components, set_base_status
from statuspage.domain.vocabulary import Cause, ComponentStatus, IncidentStatus
from statuspage.drafts import IncidentDraft, UpdateDraft, read_draft
from statuspage.errors import Refused, TransitionRefused
from statuspage.incidents import (
    components_held,
    load_incident,
    load_incidents,
    next_due,
    open_incident,
    post_update,
)
from statuspage.models import Incident, StatusChange, Update


class Desk:
    """An operator with a clock of her own, posting on one session."""

    def __init__(self, session: Session, installation: Installation, now: datetime) -> None:
        self.session, self.now = session, now
        self.policy = installation.policy(now)

    def open(self, **values: Any) -> Incident:
        values = {"title": "Calls fail", "priority": "P1", "body": "We are looking into it.", **values}
        return open_incident(
            self.session, read_draft(IncidentDraft, values), policy=self.policy, author="ada", now=self.now
        )

    def update(self, incident: Incident, minutes: int = 5, **values: Any) -> Update:
        self.now += timedelta(minutes=minutes)
        draft = read_draft(UpdateDraft, {"body": "More news.", **values})
        return post_update(self.session, incident, draft, policy=self.policy, author="ada", now=self.now)

    def statuses(self) -> dict[str, str]:
        components = load_components(self.session)
        now = current_statuses(self.session, [c.id for c in components], self.now)
        return {c.slug: now[c.id].value for c in components}


@pytest.fixture
def desk(session: Session, installation: Installation, add_components: Callable[..., None], now: datetime) -> Desk:
    add_components("API", "Voice")
    return Desk(session, installation, now)


def test_opening_holds_the_components(desk: Desk) -> None:
    incident = desk.open(components={"voice": "major_outage"})
    assert desk.statuses() == {"api": "operational", "voice": "major_outage"}
    assert incident.public_at == desk.now
    assert incident.impact == "critical"


@pytest.mark.parametrize(("priority", "minutes"), [("P1", 15), ("P2", 30), ("P3", 120)])
def test_next_update_follows_the_policy(desk: Desk, priority: str, minutes: int) -> None:
    incident = desk.open(priority=priority)
    assert next_due(incident, desk.policy) == desk.now + timedelta(minutes=minutes)
    desk.update(incident, minutes=7)
    assert next_due(incident, desk.policy) == desk.now + timedelta(minutes=minutes)
    desk.update(incident, status="resolved")
    assert next_due(incident, desk.policy) is None


def test_component_shows_the_worst_incident(desk: Desk) -> None:
    first = desk.open(components={"voice": "major_outage"})
    second = desk.open(priority="P3", components={"voice": "degraded_performance"})
    assert desk.statuses()["voice"] == "major_outage"
    desk.update(first, status="resolved")
    assert desk.statuses()["voice"] == "degraded_performance"
    desk.update(second, status="resolved")
    assert desk.statuses()["voice"] == "operational"


def test_resolving_says_what_another_incident_holds(desk: Desk) -> None:
    first = desk.open(components={"voice": "major_outage"})
    desk.open(priority="P3", components={"voice": "degraded_performance"})
    update = desk.update(first, status="resolved")
    (affected,) = update.affected
    assert (affected.old_status, affected.new_status) == (
        ComponentStatus.MAJOR_OUTAGE,
        ComponentStatus.DEGRADED_PERFORMANCE,
    )


def test_base_status_survives_an_incident(desk: Desk) -> None:
    voice = next(c for c in load_components(desk.session) if c.slug == "voice")
    set_base_status(desk.session, voice, ComponentStatus.DEGRADED_PERFORMANCE, author="ada", now=desk.now)
    incident = desk.open(components={"voice": "major_outage"})
    desk.update(incident, status="resolved")
    assert desk.statuses()["voice"] == "degraded_performance"


def test_backdated_start_backdates_the_outage(desk: Desk) -> None:
    started = desk.now - timedelta(hours=2)
    incident = desk.open(started_at=started.isoformat(), components={"voice": "major_outage"})
    assert incident.started_at == started
    row = desk.session.scalar(select(StatusChange).where(StatusChange.incident_id == incident.id))
    assert row is not None
    assert (row.at, row.recorded_at) == (started, desk.now)


def test_retrospective_incident_leaves_nothing_held(desk: Desk) -> None:
    started = desk.now - timedelta(hours=2)
    incident = desk.open(status="resolved", started_at=started.isoformat(), components={"voice": "major_outage"})
    assert incident.resolved_at == desk.now
    assert desk.statuses()["voice"] == "operational"


def test_internal_stays_internal_until_raised(desk: Desk) -> None:
    incident = desk.open(priority="P4", body="Internal guess.")
    quiet = desk.update(incident, body="Another internal word.")
    assert incident.public_at is None
    assert next_due(incident, desk.policy) is None
    raised = desk.update(incident, priority="P2", body="Now it is serious.", publish_updates=[quiet.id])
    assert raised.event == "raised"
    assert incident.public_at == desk.now
    assert [u.public_at is not None for u in incident.updates] == [False, True, True]


def test_raising_tells_what_it_holds(desk: Desk) -> None:
    incident = desk.open(priority="P4", components={"voice": "degraded_performance"})
    raised = desk.update(incident, priority="P2", body="Now it is serious.")
    (affected,) = raised.affected
    assert (affected.component.slug, affected.old_status, affected.new_status) == (
        "voice",
        ComponentStatus.OPERATIONAL,
        ComponentStatus.DEGRADED_PERFORMANCE,
    )


def test_public_update_never_tells_internal_status(desk: Desk) -> None:
    desk.open(priority="P5", components={"voice": "major_outage"})
    public = desk.open(priority="P2", components={"voice": "partial_outage"})
    over = desk.update(public, status="resolved")
    said = [(a.old_status.value, a.new_status.value) for u in (public.updates[0], over) for a in u.affected]
    assert said == [("operational", "partial_outage"), ("partial_outage", "operational")]


def test_lowered_incident_stays_public(desk: Desk) -> None:
    incident = desk.open(priority="P2")
    lowered = desk.update(incident, priority="P4")
    assert (lowered.event, lowered.public_at) == ("lowered", desk.now)
    assert incident.public_at is not None


def test_postmortem_needs_a_resolved_incident(desk: Desk) -> None:
    incident = desk.open()
    with pytest.raises(TransitionRefused, match="status"):
        desk.update(incident, status="postmortem")
    desk.update(incident, status="resolved")
    desk.update(incident, status="postmortem", body="What we learned.")
    assert incident.status is IncidentStatus.POSTMORTEM


def test_reopening_holds_again(desk: Desk) -> None:
    incident = desk.open(components={"voice": "major_outage"})
    desk.update(incident, status="resolved")
    again = desk.update(incident, status="investigating", components={"voice": "partial_outage"})
    assert again.event == "reopened"
    assert incident.resolved_at is None
    assert desk.statuses()["voice"] == "partial_outage"


def test_changed_cause_is_said_again(desk: Desk) -> None:
    incident = desk.open(components={"voice": "major_outage"})
    desk.update(incident, cause="third_party")
    rows = desk.session.scalars(
        select(StatusChange).where(StatusChange.incident_id == incident.id).order_by(StatusChange.id)
    ).all()
    assert [(row.cause.value, row.at) for row in rows] == [
        ("own", incident.started_at),
        ("third_party", incident.started_at),
    ]
    assert components_held(desk.session, incident) == {"voice": ComponentStatus.MAJOR_OUTAGE}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"components": {"nope": "major_outage"}}, "components.nope"),
        ({"status": "postmortem"}, "status"),
        ({"started_at": "2031-01-01T00:00:00Z"}, "started_at"),
        ({"started_at": "2026-01-01T00:00:00"}, "started_at"),
        ({"priority": "P9"}, "priority"),
        ({"title": "x" * 256}, "title"),
        ({"title": "Calls fail\r\nBcc: all@example.com"}, "title"),
        ({"body": "x" * 25_001}, "body"),
        ({"body": "bell \x07"}, "body"),
        ({"body": "   "}, "body"),
    ],
)
def test_bad_input_names_the_field(desk: Desk, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        desk.open(**values)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert load_incidents(desk.session) == []


def test_resolving_with_a_broken_component_is_refused(desk: Desk) -> None:
    incident = desk.open(components={"voice": "major_outage"})
    with pytest.raises(Refused) as refused:
        desk.update(incident, status="resolved", components={"voice": "partial_outage"})
    assert refused.value.problems[0].field == "components.voice"
    assert load_incident(desk.session, incident.id).status is IncidentStatus.INVESTIGATING


def test_third_party_is_named(desk: Desk) -> None:
    opened = desk.open(cause=Cause.THIRD_PARTY, provider="Northern Fibre")
    assert opened.provider == "Northern Fibre"
    desk.update(opened, cause=Cause.OWN)
    assert opened.provider is None
    with pytest.raises(Refused) as refused:
        desk.update(opened, provider="Northern Fibre")
    assert refused.value.problems[0].field == "provider"


def test_retrospective_incident_has_its_own_end(desk: Desk) -> None:
    began, over = desk.now - timedelta(hours=3), desk.now - timedelta(hours=2)
    words = {"status": "resolved", "started_at": began.isoformat(), "components": {"voice": "major_outage"}}
    incident = desk.open(**words, resolved_at=over.isoformat())
    assert (incident.started_at, incident.resolved_at) == (began, over)
    rows = desk.session.scalars(select(StatusChange).where(StatusChange.incident_id == incident.id)).all()
    assert [(row.at, row.status.value) for row in rows] == [(began, "major_outage"), (over, "operational")]
    for wrong, why in (
        ({**words, "resolved_at": (began - timedelta(minutes=1)).isoformat()}, "must not be before"),
        ({**words, "resolved_at": (desk.now + timedelta(minutes=1)).isoformat()}, "must not lie ahead"),
        ({**words, "status": "monitoring", "resolved_at": over.isoformat()}, "only with the status resolved"),
    ):
        with pytest.raises(Refused, match=f"resolved_at: {why}"):
            desk.open(**wrong)


def test_update_may_say_it_was_over_earlier(desk: Desk) -> None:
    incident = desk.open(components={"voice": "major_outage"})
    over = desk.now + timedelta(minutes=3)
    with pytest.raises(Refused, match="only with the status resolved"):
        desk.update(incident, minutes=10, resolved_at=over.isoformat())
    with pytest.raises(Refused, match="must not be before"):
        desk.update(incident, minutes=10, status="resolved", resolved_at=(over - timedelta(hours=1)).isoformat())
    desk.update(incident, minutes=10, status="resolved", resolved_at=over.isoformat())
    assert incident.resolved_at == over
    last = desk.session.scalars(select(StatusChange).order_by(StatusChange.id.desc()).limit(1)).one()
    assert (last.at, last.recorded_at, last.status.value) == (over, desk.now, "operational")
    with pytest.raises(Refused, match="is over already"):
        desk.update(incident, status="resolved", resolved_at=over.isoformat())
