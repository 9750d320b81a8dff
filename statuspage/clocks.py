"""The clocks over promised updates and escalations: what rings now, and who is told.

Every ring is a row (models.ClockRing) written with the mail it owes, so neither a restart nor a second worker rings
twice. Rings that passed while nobody worked are not made up for: only the latest one is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from statuspage.components import load_page
from statuspage.domain.sla.cadence import Ring, RingKind, escalation_at, rings
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import IncidentStatus, Role
from statuspage.incidents import next_due
from statuspage.models import ClockRing, Incident, User
from statuspage.notify.kinds import alarms


def is_anything_due(session: Session, *, policy: Policy, now: datetime) -> bool:
    """Whether ring_due would do something: a cheap question for every few seconds."""
    return any(True for _ in _due(session, _load_open(session), policy, now))


def ring_due(session: Session, *, policy: Policy, now: datetime) -> list[ClockRing]:
    """Ring what is due and owe the mail of it to the people responsible; nothing twice, however often it runs."""
    # locked, so that a second worker reads what the first one has rung
    incidents = _load_open(session, lock=True)
    rung = []
    for incident, ring in list(_due(session, incidents, policy, now)):
        row = ClockRing(incident_id=incident.id, kind=ring.kind, due_at=ring.due_at, step=ring.step, at=now)
        session.add(row)
        session.flush()
        alarms.owe(session, row, load_addresses(session, ring.kind), now=now)
        if hook := load_page(session).alarm_webhook:
            alarms.owe(session, row, [hook], now=now, channel="webhook")
        rung.append(row)
    return rung


def load_addresses(session: Session, kind: RingKind) -> list[str]:
    """Whom a ring goes to: the page's own addresses for it, else everybody who may post updates."""
    page = load_page(session)
    named = page.responsible_email
    if kind is RingKind.ESCALATION:
        named = page.escalation_email or named
    if named:
        return [address.strip() for address in named.split(",") if address.strip()]
    users = session.scalars(select(User).where(User.active.is_(True)).order_by(User.id))
    return [user.email for user in users if user.role.includes(Role.RESPONDER)]


def _load_open(session: Session, *, lock: bool = False) -> list[Incident]:
    query = (
        select(Incident)
        .where(
            Incident.status.in_([status for status in IncidentStatus if status.is_open]),
            Incident.imported_at.is_(None),
        )
        .where(Incident.draft.is_(False))
    )
    query = query.order_by(Incident.id).options(selectinload(Incident.updates))
    return list(session.scalars(query.with_for_update() if lock else query))


def _due(
    session: Session, incidents: Iterable[Incident], policy: Policy, now: datetime
) -> Iterator[tuple[Incident, Ring]]:
    """The rings that are due and were not rung, at most one about the update and one escalation of each incident."""
    waiting = [(incident, _rings_of(incident, policy, now)) for incident in incidents]
    waiting = [(incident, due) for incident, due in waiting if due]
    if not waiting:
        return
    rows = session.scalars(select(ClockRing).where(ClockRing.incident_id.in_([i.id for i, _ in waiting]))).all()
    for incident, due in waiting:
        rung = [row for row in rows if row.incident_id == incident.id]
        yield from ((incident, ring) for ring in due if not _was_rung(ring, rung))


def _was_rung(ring: Ring, rung: Iterable[ClockRing]) -> bool:
    """An incident escalates once, whatever becomes of its priority; an update's rings are told apart."""
    if ring.kind is RingKind.ESCALATION:
        return any(row.kind == ring.kind for row in rung)
    return any((row.kind, row.due_at, row.step) == (ring.kind, ring.due_at, ring.step) for row in rung)


def _rings_of(incident: Incident, policy: Policy, now: datetime) -> list[Ring]:
    """The latest ring about the next update, and the escalation, as far as they are due."""
    found: list[Ring] = []
    due_at = next_due(incident, policy)
    if due_at is not None:
        last = max(update.posted_at for update in incident.updates if update.public_at is not None)
        found += rings(last, due_at, now)[-1:]
    at = _escalates_at(incident, policy)
    if at is not None and at <= now:
        found.append(Ring(RingKind.ESCALATION, at, 0, at))
    return found


def _escalates_at(incident: Incident, policy: Policy) -> datetime | None:
    """The earliest escalation since the incident last got priorities that escalate; raising one starts its own."""
    instants = []
    for update in reversed(incident.updates):
        at = escalation_at(policy, update.priority, update.posted_at)
        if at is None:
            break
        instants.append(at)
    return min(instants, default=None)
