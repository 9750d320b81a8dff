"""The clocks over promised updates: reminders, alarms at growing intervals, escalation; nothing rings twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import clocks, incidents, people
from statuspage.changes import Installation
from statuspage.domain.sla.cadence import RingKind
from statuspage.domain.sla.policy import Policy, load_policy
from statuspage.domain.vocabulary import IncidentStatus, Priority, Role
from statuspage.drafts import IncidentDraft, UpdateDraft
from statuspage.models import ClockRing, Delivery, Incident, Page
from statuspage.notify import outbox
from statuspage.notify.composing import Composed, Composer
from statuspage.notify.letterhead import load_letterhead


@pytest.fixture
def policy_in_force() -> Policy:
    return load_policy("cm-com")


@pytest.fixture
def responsible(session: Session) -> Session:
    """The page names who is told."""
    page = session.get_one(Page, 1)
    page.responsible_email, page.escalation_email = "duty@example.com, lead@example.com", "noc@example.com"
    return session


def open_one(session: Session, policy: Policy, at: datetime, priority: Priority = Priority.P2) -> Incident:
    draft = IncidentDraft(title="Calls fail", body="We look.", priority=priority)
    return incidents.open_incident(session, draft, policy=policy, author="ada", now=at)


def say(session: Session, incident: Incident, policy: Policy, at: datetime, **more: object) -> None:
    draft = UpdateDraft.model_validate({"body": "We go on.", **more})
    incidents.post_update(session, incident, draft, policy=policy, author="ada", now=at)


def ring_until(session: Session, policy: Policy, now: datetime, minutes: int) -> list[tuple[str, int]]:
    """What rang, with the minute it rang, when a worker looks every minute."""
    rung = []
    for minute in range(minutes + 1):
        at = now + timedelta(minutes=minute)
        rung += [(row.kind, minute) for row in clocks.ring_due(session, policy=policy, now=at)]
    return rung


def test_responsible_are_reminded_then_alarmed(responsible: Session, policy_in_force: Policy, now: datetime) -> None:
    open_one(responsible, policy_in_force, now)

    rung = ring_until(responsible, policy_in_force, now, 80)

    late = [("overdue", minute) for minute in (30, 35, 45, 75)]
    assert rung == [("escalation", 0), ("reminder", 27), *late]


def test_public_update_restarts_clock(responsible: Session, policy_in_force: Policy, now: datetime) -> None:
    incident = open_one(responsible, policy_in_force, now)
    say(responsible, incident, policy_in_force, now + timedelta(minutes=29))

    assert [kind for kind, _ in ring_until(responsible, policy_in_force, now, 58)] == ["escalation", "reminder"]


def test_nothing_rings_twice(responsible: Session, policy_in_force: Policy, now: datetime) -> None:
    open_one(responsible, policy_in_force, now)
    late = now + timedelta(hours=1)

    first = clocks.ring_due(responsible, policy=policy_in_force, now=late)
    assert [(row.kind, row.step) for row in first] == [("overdue", 2), ("escalation", 0)]
    assert not clocks.is_anything_due(responsible, policy=policy_in_force, now=late)
    assert clocks.ring_due(responsible, policy=policy_in_force, now=late) == []


def test_resolved_incident_is_silent(responsible: Session, policy_in_force: Policy, now: datetime) -> None:
    incident = open_one(responsible, policy_in_force, now)
    say(responsible, incident, policy_in_force, now, status=IncidentStatus.RESOLVED)

    assert ring_until(responsible, policy_in_force, now, 40) == []


def test_escalation_waits_for_business_hours(responsible: Session, policy_in_force: Policy, now: datetime) -> None:
    night = now.replace(hour=2)
    open_one(responsible, policy_in_force, night, Priority.P3)

    before = night.replace(hour=7, minute=29)
    assert "escalation" not in {row.kind for row in clocks.ring_due(responsible, policy=policy_in_force, now=before)}
    rung = clocks.ring_due(responsible, policy=policy_in_force, now=night.replace(hour=7, minute=30))

    assert [row.kind for row in rung if row.kind == RingKind.ESCALATION] == ["escalation"]


def test_raised_incident_escalates_once(responsible: Session, policy_in_force: Policy, now: datetime) -> None:
    incident = open_one(responsible, policy_in_force, now, Priority.P4)
    assert ring_until(responsible, policy_in_force, now, 10) == []

    raised = now + timedelta(minutes=20)
    say(responsible, incident, policy_in_force, raised, priority=Priority.P2)
    say(responsible, incident, policy_in_force, raised + timedelta(minutes=1), priority=Priority.P1)

    rung = clocks.ring_due(responsible, policy=policy_in_force, now=raised + timedelta(minutes=2))
    assert [(row.kind, row.due_at) for row in rung] == [("escalation", raised)]
    assert ring_until(responsible, policy_in_force, raised + timedelta(minutes=2), 5) == []


def test_mail_goes_to_named_addresses(responsible: Session, policy_in_force: Policy, now: datetime) -> None:
    open_one(responsible, policy_in_force, now)
    clocks.ring_due(responsible, policy=policy_in_force, now=now + timedelta(minutes=27))

    rows = responsible.scalars(select(Delivery).order_by(Delivery.id)).all()
    owed = [(row.address, responsible.get_one(ClockRing, row.ring_id).kind) for row in rows]
    assert owed == [
        ("duty@example.com", "reminder"),
        ("lead@example.com", "reminder"),
        ("noc@example.com", "escalation"),
    ]


def test_without_addresses_posters_are_told(session: Session, now: datetime) -> None:
    people.create_user(session, "ada@example.com", "a long enough password", Role.RESPONDER, now)
    people.create_user(session, "eve@example.com", "a long enough password", Role.VIEWER, now)

    assert clocks.load_addresses(session, RingKind.OVERDUE) == ["ada@example.com"]


def test_alarm_mail_says_how_late(
    installation: Installation, responsible: Session, policy_in_force: Policy, now: datetime
) -> None:
    incident = open_one(responsible, policy_in_force, now)
    late = now + timedelta(minutes=36)
    clocks.ring_due(responsible, policy=policy_in_force, now=late)

    composed = compose_all(installation, responsible, policy_in_force, late)
    mails = [message_from_bytes(mail.data, policy=policy.default) for mail in composed.messages]

    overdue = next(mail for mail in mails if mail["To"] == "duty@example.com")
    assert overdue["Subject"] == "Update overdue: P2 Calls fail"
    text = overdue.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "It is 6 minutes late." in text
    assert f"https://status.example.com/admin/incidents/{incident.id}" in text
    assert overdue["List-Unsubscribe"] is None
    assert next(mail for mail in mails if mail["To"] == "noc@example.com")["Subject"].startswith("Incident escalates")


def test_alarm_is_dropped_once_posted(
    installation: Installation, responsible: Session, policy_in_force: Policy, now: datetime
) -> None:
    incident = open_one(responsible, policy_in_force, now)
    clocks.ring_due(responsible, policy=policy_in_force, now=now + timedelta(minutes=28))
    later = now + timedelta(minutes=29)
    say(responsible, incident, policy_in_force, later)

    composed = compose_all(installation, responsible, policy_in_force, later)

    assert [mail.recipient for mail in composed.messages] == ["noc@example.com"]
    assert len(composed.unwanted) == 2


def compose_all(installation: Installation, session: Session, terms: Policy, now: datetime) -> Composed:
    """All that is due, as the worker would write it."""
    rows = outbox.claim(session, now=now, limit=10)
    letterhead = load_letterhead(session, installation.settings)
    return Composer(letterhead, terms).compose(session, rows, now)
