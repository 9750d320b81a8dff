"""What responsible people are told when a clock rings: an update falls due, is late, or an incident escalates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage.domain.sla.cadence import RingKind, next_update_due
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import IncidentStatus, Priority
from statuspage.models import ClockRing, Incident, Update
from statuspage.notify.email import MailTemplate
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Letter, Places, write_mail

_TEXTS = {
    RingKind.REMINDER: "Update due soon",
    RingKind.OVERDUE: "Update overdue",
    RingKind.ESCALATION: "Incident escalates",
    RingKind.DETECTED: "Outage measured",
}


@dataclass(frozen=True)
class Alarm:
    """The facts of one ring. `due_at` is when the update was promised, or the escalation was due."""

    ring_id: int
    kind: RingKind
    step: int
    due_at: datetime
    at: datetime
    incident_id: str
    title: str
    priority: Priority
    status: IncidentStatus
    last_update_at: datetime | None
    draft: bool = False

    @property
    def path(self) -> str:
        """Where an operator acts on it: a draft is published by one button there."""
        return f"/admin/incidents/{self.incident_id}" + ("/publish" if self.draft else "")

    @property
    def minutes_late(self) -> int:
        """Whole minutes past due when it rang."""
        return max(int((self.at - self.due_at).total_seconds() // 60), 0)


def load_alarm(session: Session, ring_id: int) -> Alarm:
    """The facts of a stored ring. Raises ValueError for an incident without priority, whose clocks never ring."""
    ring = session.get_one(ClockRing, ring_id)
    incident = ring.incident
    if incident.priority is None:
        raise ValueError(f"incident {incident.id} has no priority: its clocks do not ring")
    return Alarm(
        ring_id=ring.id,
        kind=RingKind(ring.kind),
        step=ring.step,
        due_at=ring.due_at,
        at=ring.at,
        incident_id=incident.id,
        title=incident.title,
        priority=incident.priority,
        status=incident.status,
        last_update_at=_last_public_update(session, incident),
        draft=incident.draft,
    )


def is_still_true(session: Session, ring_id: int, policy: Policy) -> bool:
    """Whether a ring still says something when its mail is to go: a posted update makes it moot."""
    ring = session.get_one(ClockRing, ring_id)
    if not ring.incident.status.is_open:
        return False
    if ring.kind in (RingKind.ESCALATION, RingKind.DETECTED):
        return True
    last = _last_public_update(session, ring.incident)
    incident = ring.incident
    return last is not None and next_update_due(policy, incident.priority, incident.status, last) == ring.due_at


def write_alarm(alarm: Alarm, letterhead: Letterhead, language: str, now: datetime) -> Letter:
    """The mail of one ring; the rings of one incident make one thread."""
    words = letterhead.words(language)
    places = Places.of(f"{letterhead.url} ring {alarm.ring_id}")
    thread = letterhead.message_id("alarm", alarm.incident_id)
    facts = {
        "alarm": alarm,
        "state": words.gettext(_TEXTS[alarm.kind]),
        "url": f"{letterhead.url}{alarm.path}",
    }
    mail = write_mail("alarm", facts, {"In-Reply-To": thread, "References": thread}, letterhead, words, places, now)
    return Letter(MailTemplate.of(mail, {places.recipient: 1, places.message_id: 1}), places, words)


def _last_public_update(session: Session, incident: Incident) -> datetime | None:
    return session.scalar(
        select(func.max(Update.posted_at)).where(Update.incident_id == incident.id, Update.public_at.is_not(None))
    )
