"""What somebody agreed to: whether they asked, whether they said yes and it holds, when it ended, and the proof of
each (GDPR article 7)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage.models import Consent, Follow, Subscriber

PENDING_FOR = timedelta(days=7)
"""How long a confirmation link works, and how long an unconfirmed address is kept."""

LEFT_FOR = timedelta(days=3 * 365)
"""How long the proof of what somebody had agreed to is kept after they left."""


def prove(
    session: Session, subscriber: Subscriber, action: str, *, source: str, client: str | None, now: datetime
) -> None:
    """Write down what somebody agreed to, or took back, where and when."""
    session.flush()
    session.add(
        Consent(subscriber_id=subscriber.id, at=now, action=action, source=source[:80], client=client and client[:60])
    )
    session.flush()


def is_active(subscriber: Subscriber) -> bool:
    """Whether this subscriber is told anything at present."""
    return subscriber.confirmed_at is not None and ended_at(subscriber) is None


def ended_at(subscriber: Subscriber) -> datetime | None:
    """When it last ended: unsubscribed, or suppressed."""
    ends = [at for at in (subscriber.unsubscribed_at, subscriber.suppressed_at) if at is not None]
    return max(ends, default=None)


def is_asked(found: Follow, now: datetime) -> bool:
    """Whether a follow waits for its confirmation."""
    return found.confirmed_at is None and found.ended_at is None and found.created_at >= now - PENDING_FOR


def is_awaited(session: Session, subscriber: Subscriber, now: datetime) -> bool:
    """Whether somebody asked for this lately, for a subscription or to follow an incident, and it has not been
    confirmed since."""
    if any(is_asked(each, now) for each in subscriber.follows):
        return True
    asked_at = session.scalar(
        select(func.max(Consent.at)).where(Consent.subscriber_id == subscriber.id, Consent.action == "asked")
    )
    if asked_at is None or is_active(subscriber) or asked_at < now - PENDING_FOR:
        return False
    over = ended_at(subscriber)
    return over is None or asked_at >= over
