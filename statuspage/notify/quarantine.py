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

from statuspage.components import load_page
from statuspage.models import Delivery, Subscriber
from statuspage.notify.chats.listing import CHATS
from statuspage.notify.email import MailTemplate
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Letter, Places, write_mail
from statuspage.notify.outbox import ALARM_LANE, Claimed, retry_wait

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


def is_failing_long(now: datetime) -> ColumnElement[bool]:
    """Whether a subscriber's row of failures has lasted FAILING_FOR and nobody was told."""
    return and_(
        Subscriber.channel != "email",
        Subscriber.failing_since <= now - FAILING_FOR,
        Subscriber.quarantined_at.is_(None),
        Subscriber.suppressed_at.is_(None),
        Subscriber.unsubscribed_at.is_(None),
    )


def is_anything_due(session: Session, now: datetime) -> bool:
    """Whether `isolate_due` would find somebody."""
    return session.scalar(select(Subscriber.id).where(is_failing_long(now)).limit(1)) is not None


def isolate_due(session: Session, now: datetime) -> int:
    """Quarantine who has failed for an hour, and owe the news to the responsible people; how many. For the worker."""
    told = [each.strip() for each in (load_page(session).responsible_email or "").split(",") if each.strip()]
    failing = session.scalars(
        update(Subscriber).where(is_failing_long(now)).values(quarantined_at=now).returning(Subscriber.id)
    ).all()
    for subscriber_id in failing:
        session.add_all(_owed(subscriber_id, address, now) for address in dict.fromkeys(told))
    session.flush()
    return len(failing)


def is_still_true(session: Session, subscriber_id: str) -> bool:
    """Whether the mail still says something when it is to go."""
    subscriber = session.get(Subscriber, subscriber_id)
    return subscriber is not None and subscriber.quarantined_at is not None


def write_quarantine(
    session: Session, subscriber_id: str, letterhead: Letterhead, language: str, now: datetime
) -> Letter:
    """The mail about one subscriber."""
    subscriber = session.get_one(Subscriber, subscriber_id)
    words = letterhead.words(language)
    places = Places.of(f"{letterhead.url} quarantine {subscriber_id}")
    facts = {
        "channel": label_of(subscriber.channel, words.gettext("Webhook")),
        "address": shown_address(subscriber),
        "failing_since": subscriber.failing_since,
        "said": last_words(session, subscriber_id),
        "url": f"{letterhead.url}/admin/subscribers?kind=quarantined",
    }
    mail = write_mail(KIND, facts, {}, letterhead, words, places, now)
    return Letter(MailTemplate.of(mail, {places.recipient: 1, places.message_id: 1}), places, words)


def last_words(session: Session, subscriber_id: str) -> str | None:
    """What the last failure said."""
    return session.scalar(
        select(Delivery.last_error)
        .where(Delivery.subscriber_id == subscriber_id, Delivery.last_error.is_not(None), Delivery.kind != KIND)
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


def _owed(subscriber_id: str, address: str, now: datetime) -> Delivery:
    return Delivery(
        kind=KIND,
        channel="email",
        lane=ALARM_LANE,
        subscriber_id=subscriber_id,
        address=address,
        state="due",
        created_at=now,
        due_at=now,
        attempts=0,
    )


def _set_due(session: Session, subscriber: Subscriber, due_at: datetime, which: ColumnElement[bool]) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.subscriber_id == subscriber.id, Delivery.channel == subscriber.channel, which)
        .where(Delivery.state == "due")
        .values(due_at=due_at)
        .execution_options(synchronize_session=False)
    )
