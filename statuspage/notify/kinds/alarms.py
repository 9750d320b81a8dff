"""What responsible people are told when a clock rings: an update falls due, is late, or an incident escalates."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage.domain.sla.cadence import RingKind, next_update_due
from statuspage.domain.vocabulary import IncidentStatus, Priority
from statuspage.domain.wallclock import wire
from statuspage.models import ClockRing, Incident, Update
from statuspage.notify import outbox
from statuspage.notify.kinds.kind import Desk, Kind
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Foot, Letter, Writing, write_letter
from statuspage.notify.outbox import Claimed
from statuspage.translations.catalogues import N_

NAME = "alarm"
LANE = 0
_TEXTS = {
    RingKind.REMINDER: N_("Update due soon"),
    RingKind.OVERDUE: N_("Update overdue"),
    RingKind.ESCALATION: N_("Incident escalates"),
    RingKind.DETECTED: N_("Outage measured"),
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


def owe(
    session: Session, ring: ClockRing, addresses: Iterable[str], *, now: datetime, channel: str = "email"
) -> None:
    """Owe the news of a ring to people who are responsible, who need not have subscribed, or to a webhook's URL."""
    for address in dict.fromkeys(addresses):
        outbox.owe(session, NAME, LANE, now=now, channel=channel, ring_id=ring.id, address=address)
    session.flush()


def _load(session: Session, row: Claimed, desk: Desk) -> Alarm:
    assert row.ring_id is not None
    return load_alarm(session, row.ring_id)


def _is_true(session: Session, row: Claimed, desk: Desk, now: datetime) -> bool:
    """A posted update makes a ring moot."""
    ring = session.get_one(ClockRing, row.ring_id)
    if not ring.incident.status.is_open:
        return False
    if ring.kind in (RingKind.ESCALATION, RingKind.DETECTED):
        return True
    last = _last_public_update(session, ring.incident)
    incident = ring.incident
    return last is not None and next_update_due(desk.policy, incident.priority, incident.status, last) == ring.due_at


def _write(alarm: Alarm, writing: Writing) -> Letter:
    """The rings of one incident make one thread."""
    url = writing.letterhead.url
    facts = {"alarm": alarm, "state": writing.words.gettext(_TEXTS[alarm.kind]), "url": f"{url}{alarm.path}"}
    seed = f"{url} ring {alarm.ring_id}"
    return write_letter(NAME, facts, writing, seed=seed, thread=(NAME, alarm.incident_id), foot=Foot.NONE)


def _call(alarm: Alarm, letterhead: Letterhead) -> bytes:
    """What the page's own webhook is told: {type, kind, at, due_at, minutes_late, incident: {id, title, priority,
    status, url}}, a shape of our own."""
    told = {
        "type": "alarm",
        "id": f"alarm-{alarm.ring_id}",
        "kind": alarm.kind.value,
        "at": wire(alarm.at),
        "due_at": wire(alarm.due_at),
        "minutes_late": alarm.minutes_late,
        "incident": {
            "id": alarm.incident_id,
            "title": alarm.title,
            "priority": alarm.priority.value,
            "status": alarm.status.value,
            "url": f"{letterhead.url}{alarm.path}",
        },
    }
    return json.dumps(told).encode()


def _last_public_update(session: Session, incident: Incident) -> datetime | None:
    return session.scalar(
        select(func.max(Update.posted_at)).where(Update.incident_id == incident.id, Update.public_at.is_not(None))
    )


ALARM: Kind[Alarm] = Kind(NAME, about="ring_id", load=_load, mail=_write, call=_call, is_true=_is_true)
