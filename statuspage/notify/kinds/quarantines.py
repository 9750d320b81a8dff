"""Webhooks and chats that failed for an hour: set apart, and the responsible people told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from statuspage.components import load_page
from statuspage.models import Subscriber
from statuspage.notify import outbox
from statuspage.notify.kinds.kind import Desk, Kind
from statuspage.notify.messages import Foot, Letter, Writing, write_letter
from statuspage.notify.outbox import Claimed
from statuspage.notify.quarantine import label_of, last_words, shown_address

NAME = "quarantine"
LANE = 0
FAILING_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class Failing:
    """Who fails, since when, and what it said last."""

    subscriber_id: str
    channel: str
    address: str
    failing_since: datetime | None
    said: str | None


def _is_failing_long(now: datetime) -> ColumnElement[bool]:
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
    return session.scalar(select(Subscriber.id).where(_is_failing_long(now)).limit(1)) is not None


def isolate_due(session: Session, now: datetime) -> int:
    """Quarantine who has failed for an hour, and owe the news to the responsible people; how many. For the worker."""
    told = [each.strip() for each in (load_page(session).responsible_email or "").split(",") if each.strip()]
    failing = session.scalars(
        update(Subscriber).where(_is_failing_long(now)).values(quarantined_at=now).returning(Subscriber.id)
    ).all()
    for subscriber_id in failing:
        for address in dict.fromkeys(told):
            outbox.owe(session, NAME, LANE, now=now, subscriber_id=subscriber_id, address=address)
    session.flush()
    return len(failing)


def _is_true(session: Session, row: Claimed, desk: Desk, now: datetime) -> bool:
    subscriber = session.get(Subscriber, row.subscriber_id)
    return subscriber is not None and subscriber.quarantined_at is not None


def _load(session: Session, row: Claimed, desk: Desk) -> Failing:
    found = session.get_one(Subscriber, row.subscriber_id)
    said = last_words(session, found.id)
    return Failing(found.id, found.channel, shown_address(found), found.failing_since, said)


def _write(failing: Failing, writing: Writing) -> Letter:
    url = writing.letterhead.url
    facts = {
        "channel": label_of(failing.channel, writing.words.gettext("Webhook")),
        "address": failing.address,
        "failing_since": failing.failing_since,
        "said": failing.said,
        "url": f"{url}/admin/subscribers?kind=quarantined",
    }
    seed = f"{url} quarantine {failing.subscriber_id}"
    return write_letter(NAME, facts, writing, seed=seed, foot=Foot.NONE)


QUARANTINE: Kind[Failing] = Kind(NAME, about="subscriber_id", load=_load, mail=_write, is_true=_is_true)
