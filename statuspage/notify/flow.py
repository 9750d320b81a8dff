"""How what is owed flows: the queue by channel, and whether mail stands still, for banner, readiness and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from statuspage.models import Delivery, Heartbeat
from statuspage.notify.pauses import load_pause
from statuspage.settings import Settings

PATIENCE = timedelta(seconds=40)
"""So long may mail that nobody tried yet wait while none is sent; then nobody takes it."""
QUEUE_AWAY = "queue-away:"
"""How the rows begin in which workers say that they do not reach the queue."""
QUEUE_SAID = timedelta(minutes=1)
"""So long such a row counts; a worker that lives says it anew."""


@dataclass(frozen=True)
class Flow:
    """One channel: how many are owed, how many of these failed before, how many were given up, the oldest one's due
    time (None: nothing is due), and when something was last accepted."""

    channel: str
    waiting: int
    failing: int
    dead: int
    oldest_due_at: datetime | None
    last_sent_at: datetime | None


@dataclass(frozen=True)
class Standstill:
    """Mail does not leave: why in the mail server's words (empty: nobody tries), since when, how many wait."""

    words: str
    since: datetime
    waiting: int


def load_flows(session: Session, now: datetime) -> list[Flow]:
    """Every channel that ever carried something, by name."""
    is_due = Delivery.state == "due"
    rows = session.execute(
        select(
            Delivery.channel,
            func.sum(case((is_due, 1), else_=0)),
            func.sum(case((and_(is_due, Delivery.attempts > 0), 1), else_=0)),
            func.sum(case((Delivery.state == "dead", 1), else_=0)),
            func.min(case((and_(is_due, Delivery.due_at <= now), Delivery.due_at))),
            func.max(case((Delivery.state == "sent", Delivery.sent_at))),
        )
        .group_by(Delivery.channel)
        .order_by(Delivery.channel)
    )
    return [Flow(*row) for row in rows]


def mail_standstill(session: Session, settings: Settings, now: datetime) -> Standstill | None:
    """Why no mail leaves; None while it does, where none is owed, and where no mail server is set (mail is kept).

    It stands still when the server refuses us, when mail failed and none was accepted since it was owed, and when
    mail that is due is tried by nobody. A single address that is put off among others that accept is no standstill.
    """
    if not settings.mail_server:
        return None
    owed = (Delivery.channel == "email", Delivery.state == "due")
    pause = load_pause(session)
    if pause is not None:
        waiting = session.scalar(select(func.count()).where(*owed)) or 0
        return Standstill(pause.reason, pause.since, waiting)
    failed, since = _oldest(session, *owed, Delivery.attempts > 0)
    if failed:  # others may wait behind these by right
        if _was_sent_since(session, since):
            return None
        words = select(Delivery.last_error).where(*owed, Delivery.attempts > 0).order_by(Delivery.id).limit(1)
        return Standstill(session.scalar(words) or "", since, failed)
    untried, since = _oldest(session, *owed, Delivery.attempts == 0, Delivery.due_at < now - PATIENCE)
    if untried and not _was_sent_since(session, now - PATIENCE):
        return Standstill("", since, untried)
    return None


def queue_trouble(session: Session, now: datetime) -> str | None:
    """Why a worker does not reach the queue; None while all do. Messages leave nevertheless, a second later."""
    said = select(Heartbeat).where(Heartbeat.name.startswith(QUEUE_AWAY), Heartbeat.at > now - QUEUE_SAID)
    row = session.scalars(said.order_by(Heartbeat.at.desc()).limit(1)).first()
    return None if row is None else str((row.details or {}).get("reason", ""))


def _oldest(session: Session, *chosen: ColumnElement[bool]) -> tuple[int, datetime]:
    """How many, and since when the first of them is owed (no matter when there is none)."""
    count, since = session.execute(select(func.count(), func.min(Delivery.created_at)).where(*chosen)).one()
    return count, since


def _was_sent_since(session: Session, since: datetime) -> bool:
    sent = select(Delivery.id).where(Delivery.channel == "email", Delivery.state == "sent", Delivery.sent_at >= since)
    return session.scalar(sent.limit(1)) is not None
