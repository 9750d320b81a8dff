"""Verbs on mail that came back or was not welcome: kept as rows, and the address suppressed when the rule says so.

Who reports is believed only as far as it can prove: a return address that we signed, the Message-ID that only the
reader's mail holds, or a provider's own door.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from statuspage import subscribers
from statuspage.addresses import read_address
from statuspage.domain.bouncing import SILENT_FOR, SOFT_WITHIN, BounceKind, must_stop
from statuspage.errors import Refused
from statuspage.models import Bounce, Delivery, Subscriber
from statuspage.notify.bounce_reports import BounceReport
from statuspage.notify.returning import ReturnPath

_OF_SUBSCRIBER = re.compile(r"<[^<>@\s]*\.([a-z0-9]{12})@[^<>@\s]+>")


def take_in(
    session: Session, reports: Iterable[BounceReport], *, returns: ReturnPath | None, now: datetime
) -> list[Bounce]:
    """Keep what reports say of mail of ours, and suppress who must not be written to. What is told twice counts
    once; what names nobody we know changes nothing."""
    rows = []
    for report in reports:
        row = _row_of(session, report, returns, now)
        if row is None or _is_known(session, row):
            continue
        session.add(row)
        session.flush()
        rows.append(row)
        _judge(session, row, now)
    return rows


def restore(session: Session, subscriber: Subscriber, *, now: datetime) -> None:
    """Write to a suppressed or quarantined address again; soft bounces count from nought."""
    softs = (Bounce.subscriber_id == subscriber.id, Bounce.kind == BounceKind.SOFT.value)
    session.execute(delete(Bounce).where(*softs))
    subscribers.restore(session, subscriber, now=now)


def load_bounces(session: Session, subscriber: Subscriber, *, limit: int = 20) -> Sequence[Bounce]:
    """What came back from one address, newest first."""
    query = select(Bounce).where(Bounce.subscriber_id == subscriber.id).order_by(Bounce.at.desc(), Bounce.id.desc())
    return session.scalars(query.limit(limit)).all()


def _row_of(session: Session, report: BounceReport, returns: ReturnPath | None, now: datetime) -> Bounce | None:
    delivery = _marked_delivery(session, report, returns)
    subscriber_id = delivery.subscriber_id if delivery is not None else _named_subscriber(session, report, returns)
    if delivery is None and subscriber_id is None:
        return None
    return Bounce(
        subscriber_id=subscriber_id,
        delivery_id=delivery.id if delivery is not None else None,
        kind=report.kind.value,
        words=report.words or None,
        source=report.source,
        at=min(report.at or now, now),
        received_at=now,
    )


def _marked_delivery(session: Session, report: BounceReport, returns: ReturnPath | None) -> Delivery | None:
    if returns is None:
        return None
    found = (returns.delivery_of(mark) for mark in report.marks)
    number = next((each for each in found if each is not None), None)
    delivery = session.get(Delivery, number) if number is not None else None
    return delivery if delivery is not None and delivery.channel == "email" else None


def _named_subscriber(session: Session, report: BounceReport, returns: ReturnPath | None) -> str | None:
    by_mail = Subscriber.channel == "email"
    if report.address is not None:
        try:
            key = read_address(report.address).key
        except Refused:
            return None
        return session.scalar(select(Subscriber.id).where(by_mail, Subscriber.address_key == key))
    if returns is not None or report.message_id is None:
        return None
    # without return addresses of our own, the Message-ID proves that the report comes of the reader's own mail
    found = _OF_SUBSCRIBER.fullmatch(report.message_id)
    if found is None:
        return None
    return session.scalar(select(Subscriber.id).where(by_mail, Subscriber.id == found[1]))


def _is_known(session: Session, row: Bounce) -> bool:
    same = [Bounce.kind == row.kind]
    if row.delivery_id is not None:
        same.append(Bounce.delivery_id == row.delivery_id)
    else:
        same += [Bounce.subscriber_id == row.subscriber_id, Bounce.at == row.at, Bounce.source == row.source]
    return session.scalar(select(Bounce.id).where(*same).limit(1)) is not None


def _judge(session: Session, row: Bounce, now: datetime) -> None:
    subscriber = session.get(Subscriber, row.subscriber_id) if row.subscriber_id else None
    if subscriber is None or subscriber.suppressed_at is not None:
        return
    recent = select(Bounce.at).where(
        Bounce.subscriber_id == subscriber.id,
        Bounce.kind == BounceKind.SOFT.value,
        Bounce.at > now - SOFT_WITHIN,
    )
    kind = BounceKind(row.kind)
    if must_stop(kind, session.scalars(recent).all(), _arrived_at(session, subscriber, now), now):
        subscribers.suppress(session, subscriber, reason=f"{kind.value}: {row.words or row.source}", now=now)


def _arrived_at(session: Session, subscriber: Subscriber, now: datetime) -> datetime | None:
    """When the last mail was sent that did not come back."""
    came_back = exists().where(Bounce.delivery_id == Delivery.id)
    return session.scalar(
        select(func.max(Delivery.sent_at)).where(
            Delivery.subscriber_id == subscriber.id,
            Delivery.state == "sent",
            Delivery.sent_at < now - SILENT_FOR,
            ~came_back,
        )
    )
