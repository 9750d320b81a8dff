"""Webhooks and chats that fail: when a row of failures began, when it has lasted too long, and when it is over.

In quarantine a subscriber is tried with one message at a time, by that message's schedule; the others wait behind it
and nothing is lost. What arrives lifts the quarantine by itself, operators lift it by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from statuspage.models import Delivery, Subscriber
from statuspage.notify.chats.listing import CHATS
from statuspage.notify.outbox import Claimed, retry_wait

FAILING_FOR = timedelta(hours=1)
KIND = "quarantine"
"""The kind of the mail that tells operators."""


def note_failure(
    session: Session, subscriber: Subscriber, row: Claimed, waits: Sequence[timedelta], now: datetime
) -> None:
    """A message did not arrive: a row of failures begins or goes on; in quarantine what else is due waits along."""
    subscriber.failing_since = subscriber.failing_since or now
    tries = row.attempts + 1
    if subscriber.quarantined_at is not None and tries <= len(waits):
        due_at = now + retry_wait(row.id, tries, waits)
        _set_due(session, subscriber, due_at, and_(Delivery.id != row.id, Delivery.due_at < due_at))


def note_success(session: Session, subscriber: Subscriber, now: datetime) -> None:
    """A message arrived: the row of failures is over."""
    if subscriber.failing_since is not None or subscriber.quarantined_at is not None:
        lift(session, subscriber, now)


def lift(session: Session, subscriber: Subscriber, now: datetime) -> None:
    """End a quarantine, if there is one; what waits is due now."""
    if subscriber.quarantined_at is not None:
        _set_due(session, subscriber, now, Delivery.due_at > now)
    subscriber.failing_since = subscriber.quarantined_at = None
    session.flush()


def last_words(session: Session, subscriber_id: str) -> str | None:
    """What the last failure said."""
    return session.scalar(
        select(Delivery.last_error)
        .where(Delivery.subscriber_id == subscriber_id, Delivery.last_error.is_not(None), Delivery.address.is_(None))
        .order_by(Delivery.id.desc())
        .limit(1)
    )


def label_of(channel: str, webhook: str = "Webhook") -> str:
    """The name of a channel for people."""
    if channel in CHATS:
        return CHATS[channel].label
    return webhook if channel == "webhook" else "E-mail"


def shown_address(subscriber: Subscriber) -> str:
    """The address as people may see it: the URL of a chat is a key, of which only host and end are shown."""
    if subscriber.channel not in CHATS:
        return subscriber.address
    return f"{urlsplit(subscriber.address).hostname}/…{subscriber.address[-4:]}"


def _set_due(session: Session, subscriber: Subscriber, due_at: datetime, which: ColumnElement[bool]) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.subscriber_id == subscriber.id, Delivery.channel == subscriber.channel, which)
        .where(Delivery.state == "due")
        .values(due_at=due_at)
        .execution_options(synchronize_session=False)
    )
