"""What came of telling people about one incident or maintenance: the delivery report on its admin page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Float, and_, case, cast, extract, func, or_, select
from sqlalchemy.orm import Session

from statuspage.models import Delivery, Subscriber, Update


@dataclass(frozen=True)
class DeliveryReport:
    """Messages about one event. `told` is all that were owed; `waiting` were not tried yet, `retrying` failed at
    least once; `suppressed` were given up because their address is written to no more; `median` from the post to the
    other side's acceptance."""

    told: int
    accepted: int
    waiting: int
    retrying: int
    suppressed: int
    given_up: int
    unwanted: int
    median: timedelta | None


def load_delivery_report(
    session: Session, *, incident_id: str | None = None, maintenance_id: str | None = None
) -> DeliveryReport | None:
    """The report of an event's updates; None when nobody was told."""
    about = Update.incident_id == incident_id if incident_id else Update.maintenance_id == maintenance_id
    gone = and_(Subscriber.suppressed_at.is_not(None), Delivery.state.in_(("dead", "skipped")))
    lost = and_(Delivery.state == "dead", or_(Subscriber.id.is_(None), Subscriber.suppressed_at.is_(None)))
    unwanted = and_(Delivery.state == "skipped", or_(Subscriber.id.is_(None), Subscriber.suppressed_at.is_(None)))
    columns = [
        func.count(),
        _number(Delivery.state == "sent"),
        _number(and_(Delivery.state == "due", Delivery.attempts == 0)),
        _number(and_(Delivery.state == "due", Delivery.attempts > 0)),
        _number(gone),
        _number(lost),
        _number(unwanted),
    ]
    query = select(*columns).select_from(Delivery).join(Update, Update.id == Delivery.update_id)
    row = session.execute(query.outerjoin(Subscriber, Subscriber.id == Delivery.subscriber_id).where(about)).one()
    told, accepted, waiting, retrying, suppressed, given_up, unneeded = (int(each or 0) for each in row)
    if not told:
        return None
    median = _median(session, about, accepted)
    return DeliveryReport(told, accepted, waiting, retrying, suppressed, given_up, unneeded, median)


def _number(wanted: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((wanted, 1), else_=0))


def _median(session: Session, about: ColumnElement[bool], accepted: int) -> timedelta | None:
    """The middle one of the times to acceptance, found by the database."""
    if not accepted:
        return None
    if session.get_bind().dialect.name == "sqlite":
        took: ColumnElement[float] = (func.julianday(Delivery.sent_at) - func.julianday(Delivery.created_at)) * 86400
    else:
        took = cast(extract("epoch", Delivery.sent_at - Delivery.created_at), Float)
    middle = session.scalar(
        select(took)
        .join(Update, Update.id == Delivery.update_id)
        .where(about, Delivery.state == "sent")
        .order_by(took)
        .offset((accepted - 1) // 2)
        .limit(1)
    )
    return None if middle is None else timedelta(seconds=round(float(middle), 1))
