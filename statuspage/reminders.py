"""Reminders of announced maintenance: by the clock, once for each window and length, to who hears of maintenance.

A reminder is a message and no post: page, feeds and calendar show the window itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from statuspage.components import load_page
from statuspage.domain.reminding import due_reminders, length_of
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import MaintenanceStatus
from statuspage.models import Maintenance, Reminder, Update
from statuspage.notify import contacts
from statuspage.notify.kinds import reminders as news


def is_anything_due(session: Session, *, now: datetime) -> bool:
    """Whether remind_due would do something."""
    aheads = load_page(session).reminders
    return any(_missing(session, work, aheads, now) for work in _ahead(session, aheads, now))


def remind_due(session: Session, *, policy: Policy, now: datetime) -> int:
    """Owe the reminders whose time has come; how many deliveries. Of several that were missed while no worker ran
    the shortest alone is sent. Nothing twice, however late or often it runs."""
    aheads = load_page(session).reminders
    owed = 0
    for work in _ahead(session, aheads, now, lock=True):
        missing = _missing(session, work, aheads, now)
        for ahead in missing:
            row = Reminder(maintenance_id=work.id, ahead=ahead, starts_at=work.starts_at, reminded_at=now)
            session.add(row)
            session.flush()
            if ahead == missing[-1]:
                owed += news.owe(session, row, now=now)
                owed += contacts.owe_reminder(session, row, policy=policy, now=now)
    return owed


def _ahead(session: Session, aheads: Sequence[str], now: datetime, *, lock: bool = False) -> Sequence[Maintenance]:
    """Announced windows that start soon enough to be reminded of."""
    if not aheads:
        return ()
    longest = max((length_of(ahead) for ahead in aheads), default=timedelta(0))
    query = select(Maintenance).where(
        Maintenance.status == MaintenanceStatus.SCHEDULED,
        Maintenance.imported_at.is_(None),
        Maintenance.starts_at > now,
        Maintenance.starts_at <= now + longest,
        exists().where(
            Update.maintenance_id == Maintenance.id, Update.public_at.is_not(None), Update.notify.is_(True)
        ),
    )
    return session.scalars(query.with_for_update() if lock else query).all()


def _missing(session: Session, work: Maintenance, aheads: Sequence[str], now: datetime) -> list[str]:
    """The reminders of a window that are due and were not sent, longest first."""
    due = due_reminders(work.starts_at, _told_at(session, work), aheads, now)
    if not due:
        return []
    sent = select(Reminder.ahead).where(
        Reminder.maintenance_id == work.id, Reminder.starts_at == work.starts_at, Reminder.ahead.in_(due)
    )
    told = set(session.scalars(sent))
    # a shorter one that went says all that a longer one, added later to the settings, would say
    return [] if due[-1] in told else [ahead for ahead in due if ahead not in told]


def _told_at(session: Session, work: Maintenance) -> datetime:
    """When people last heard of this window: it was announced, or moved to where it is."""
    moved = select(func.max(Update.posted_at)).where(
        Update.maintenance_id == work.id, Update.event.in_(("announced", "moved", "extended"))
    )
    return session.scalar(moved) or work.announced_at
