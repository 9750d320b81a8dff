"""Reminders of maintenance that starts soon: the window as it stands, told like an update of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.domain.vocabulary import MaintenanceStatus
from statuspage.models import Maintenance, Reminder, Update
from statuspage.notify import bulletins, outbox, webhook_payload
from statuspage.notify.kinds import updates
from statuspage.notify.kinds.kind import Desk, Hearer, Kind
from statuspage.notify.kinds.updates import MAINTENANCE_LANE
from statuspage.notify.news import MaintenanceNews, load_maintenance_news
from statuspage.notify.outbox import Claimed
from statuspage.notify.recipients import audience_of_maintenance, cannot_wait, select_recipients

NAME = "reminder"
WINDOW_EVENTS = ("announced", "moved", "extended")
"""Updates whose words tell of the window."""


def owe(session: Session, reminder: Reminder, *, now: datetime) -> int:
    """Owe a reminder to everybody who hears of this maintenance; how many. Who reads digests hears it when the
    window starts before the next one."""
    audience = audience_of_maintenance(session, reminder.maintenance_id)
    chosen = select_recipients(replace(audience, at_once=cannot_wait(session, reminder.starts_at, now)))
    about = {"reminder_id": reminder.id, "thread": reminder.maintenance_id}
    return outbox.owe_chosen(session, NAME, MAINTENANCE_LANE, chosen, now=now, **about)


def _load(session: Session, row: Claimed, desk: Desk) -> MaintenanceNews:
    reminder = session.get_one(Reminder, row.reminder_id)
    told = select(Update).where(Update.maintenance_id == reminder.maintenance_id, Update.event.in_(WINDOW_EVENTS))
    update = session.scalars(told.order_by(Update.sequence.desc()).limit(1)).one()
    news = load_maintenance_news(session, update, desk.policy)
    return replace(news, event="reminder", posted_at=reminder.reminded_at, old_window=None)


def _members(session: Session, news: MaintenanceNews, hearer: Hearer) -> dict[str, Any]:
    public = select(Update).where(Update.maintenance_id == news.maintenance_id, Update.public_at.is_not(None))
    last = session.scalars(public.order_by(Update.posted_at.desc(), Update.sequence.desc()).limit(1)).one()
    told = webhook_payload.tell_update(session, last, hearer.letterhead, hearer.person.language)
    return {"incident": {**told, "scheduled_reminded_at": webhook_payload.wire_time(news.posted_at)}}


def _is_true(session: Session, row: Claimed, desk: Desk, now: datetime) -> bool:
    """The window has not moved, ended or begun."""
    reminder = session.get_one(Reminder, row.reminder_id)
    work = session.get_one(Maintenance, reminder.maintenance_id)
    waits = work.status is MaintenanceStatus.SCHEDULED and now < work.starts_at
    return waits and work.starts_at == reminder.starts_at


REMINDER: Kind[MaintenanceNews] = Kind(
    NAME,
    about="reminder_id",
    load=_load,
    mail=updates.write,
    bulletin=bulletins.tell_maintenance,
    members=_members,
    is_true=_is_true,
)
