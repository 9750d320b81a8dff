"""What the dashboard knows: clocks of open incidents, maintenance ahead, and whether the machinery runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage.changes import Installation
from statuspage.components import load_page
from statuspage.domain.vocabulary import MaintenanceStatus
from statuspage.incidents import load_incidents, next_due
from statuspage.maintenance import load_maintenances, load_upcoming
from statuspage.models import Delivery, Incident, Maintenance, Monitor, TimedPost
from statuspage.monitors import load_ending
from statuspage.notify.flow import Flow, load_flows
from statuspage.notify.pauses import Pause, load_pause
from statuspage.proposals import load_proposals
from statuspage.timed_posts import load_timed
from statuspage.web.admin.lead_times import Unannounced, load_unannounced
from statuspage.web.health import WORKER_SILENT, ProberBeat, last_beat, prober_beat

AHEAD = 10
"""So many maintenances that come next are on the board; the list has them all."""


@dataclass(frozen=True)
class Clock:
    """An open incident and when the public is owed the next word (None: no promise)."""

    incident: Incident
    due: datetime | None
    overdue: bool


@dataclass(frozen=True)
class MailHealth:
    """Deliveries owed, the oldest one's due time, given up, and the last success; `trouble` is the last answer to
    a delivery that still waits, `pause` why nothing at all is sent."""

    configured: bool
    due: int
    oldest_due_at: datetime | None
    dead: int
    last_sent_at: datetime | None
    trouble: str | None
    pause: Pause | None


@dataclass(frozen=True)
class Board:
    """All the dashboard shows."""

    drafts: Sequence[Incident]
    waiting: Sequence[TimedPost]
    clocks: Sequence[Clock]
    running: Sequence[Maintenance]
    upcoming: Sequence[Maintenance]
    unannounced: Sequence[Unannounced]
    mail: MailHealth
    flows: Sequence[Flow]
    worker_at: datetime | None
    worker_silent: bool
    prober: ProberBeat
    certificates: Sequence[Monitor]
    """Of monitors: those that end soon, or have ended."""
    stale: bool
    stale_reason: str | None
    changed_at: datetime
    revision: int


def load_board(session: Session, installation: Installation, now: datetime) -> Board:
    """The board at `now`."""
    worker_at = last_beat(session)
    page = load_page(session)
    stale, reason = _freshness(session, installation, now)
    return Board(
        drafts=load_proposals(session),
        waiting=load_timed(session),
        clocks=_clocks(session, installation, now),
        running=load_maintenances(session, statuses=[s for s in MaintenanceStatus if s.is_running]),
        upcoming=load_upcoming(session, AHEAD + 1)[:AHEAD],
        unannounced=load_unannounced(session, installation.policy(now, session), now),
        mail=load_mail_health(session, installation),
        flows=load_flows(session, now),
        worker_at=worker_at,
        worker_silent=worker_at is None or now - worker_at >= WORKER_SILENT,
        prober=prober_beat(session, now),
        certificates=load_ending(session, now),
        stale=stale,
        stale_reason=reason,
        changed_at=page.updated_at,
        revision=page.revision,
    )


def load_mail_health(session: Session, installation: Installation) -> MailHealth:
    """How the outbox does."""
    waiting = Delivery.state == "due"
    due, oldest = session.execute(select(func.count(), func.min(Delivery.due_at)).where(waiting)).one()
    put_off = select(Delivery.last_error).where(waiting, Delivery.last_error.is_not(None))
    return MailHealth(
        configured=bool(installation.settings.mail_server),
        due=due,
        oldest_due_at=oldest,
        dead=session.scalar(select(func.count()).where(Delivery.state == "dead")) or 0,
        last_sent_at=session.scalar(select(func.max(Delivery.sent_at)).where(Delivery.state == "sent")),
        trouble=session.scalar(put_off.order_by(Delivery.attempts.desc(), Delivery.id).limit(1)),
        pause=load_pause(session),
    )


def _clocks(session: Session, installation: Installation, now: datetime) -> list[Clock]:
    """Open incidents, the one that is due first on top; those without a promise last."""
    policy = installation.policy(now)
    clocks = []
    for incident in load_incidents(session, open_only=True, drafts=False):
        due = next_due(incident, policy)
        clocks.append(Clock(incident, due, due is not None and due < now))
    return sorted(clocks, key=lambda clock: (clock.due is None, clock.due or now))


def _freshness(session: Session, installation: Installation, now: datetime) -> tuple[bool, str | None]:
    try:
        return installation.publisher.is_stale(session, now), None
    except OSError as error:
        return True, error.strerror or str(error)
