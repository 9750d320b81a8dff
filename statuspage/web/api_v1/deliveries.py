"""Deliveries: what is owed, sent or given up, and the state of the outbox."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from statuspage import audit
from statuspage.domain.vocabulary import Scope
from statuspage.drafts import Draft
from statuspage.errors import Problem, Refused
from statuspage.models import Delivery
from statuspage.notify import outbox
from statuspage.notify.pauses import resume
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, page_of, read_cursor

_NUMBER = re.compile(r"[0-9]{1,18}")
State = Literal["due", "sent", "failed", "dead", "skipped"]


class DeliveryAnswer(Shape):
    """One message to one subscriber. `failed` is due again at `due_at` after at least one failure."""

    id: str
    kind: str
    channel: str
    state: State
    subscriber_id: str | None
    update_id: str | None
    created_at: UtcInstant
    due_at: UtcInstant
    sent_at: UtcInstant | None
    attempts: int
    last_error: str | None


class RetryBody(Draft):
    """Which deliveries to try again."""

    ids: Annotated[list[Annotated[int, Field(ge=1, lt=2**62)]], Field(max_length=1000)] | None = Field(
        None, description="given up, or waiting after a failure; without it all that were given up"
    )


class RetryAnswer(Shape):
    """How many are due again."""

    due: int


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    state: State | None = Field(None, description="only those in this state; `due` holds the failed ones too")


class ChannelAnswer(Shape):
    """What one channel owes and when it last delivered."""

    due: int
    oldest_due_at: UtcInstant | None
    last_success_at: UtcInstant | None
    failed: int
    dead: int


class OutboxAnswer(Shape):
    """The outbox as a whole and per channel."""

    due: int
    oldest_due_at: UtcInstant | None
    last_success_at: UtcInstant | None
    failed: int
    dead: int
    channels: dict[str, ChannelAnswer]


@endpoint("GET", "/deliveries", scope=Scope.READ, query=DeliveryQuery, gives=Items[DeliveryAnswer])
def list_deliveries(call: Call, query: DeliveryQuery) -> Answer:
    """Deliveries, newest first."""
    with call.read() as session:
        rows = load_deliveries(session, query.state, after=read_cursor(query.cursor), limit=query.limit + 1)
        items, following = page_of(rows, query.limit, delivery_answer, lambda row: (row.created_at, str(row.id)))
        return call.answered(Items[DeliveryAnswer](items=items, next=following))


@endpoint("POST", "/deliveries/retry", scope=Scope.WRITE, body=RetryBody, gives=RetryAnswer, status=201)
def retry_deliveries(call: Call, draft: RetryBody) -> Answer:
    """Make given-up deliveries due again; mail that stands still flows again."""
    with call.write() as session:
        resume(session)
        count = outbox.retry(session, ids=draft.ids, now=call.now)
        details = {"ids": draft.ids or "all", "count": count}
        audit.record(session, "delivery.retry", actor=call.author, details=details, client=call.client, now=call.now)
        return call.created(RetryAnswer(due=count), "/api/v1/deliveries")


@endpoint("GET", "/outbox", scope=Scope.READ, gives=OutboxAnswer)
def show_outbox(call: Call) -> Answer:
    """How much is due, since when, and when each channel last delivered."""
    with call.read() as session:
        channels = {name: _channel(session, name) for name in _channels(session)}
    return call.answered(
        OutboxAnswer(
            due=sum(channel.due for channel in channels.values()),
            oldest_due_at=min((c.oldest_due_at for c in channels.values() if c.oldest_due_at), default=None),
            last_success_at=max((c.last_success_at for c in channels.values() if c.last_success_at), default=None),
            failed=sum(channel.failed for channel in channels.values()),
            dead=sum(channel.dead for channel in channels.values()),
            channels=channels,
        )
    )


def load_deliveries(
    session: Session,
    state: str | None,
    *,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[Delivery]:
    """Deliveries, newest first; "failed" are those due again after a failure."""
    query = select(Delivery).order_by(Delivery.created_at.desc(), Delivery.id.desc()).limit(limit)
    if state == "failed":
        query = query.where(Delivery.state == "due", Delivery.attempts > 0)
    elif state is not None:
        query = query.where(Delivery.state == state)
    if after is not None:
        at, last_id = after
        same = and_(Delivery.created_at == at, Delivery.id < _row_id(last_id))
        query = query.where(or_(Delivery.created_at < at, same))
    return list(session.scalars(query.options(joinedload(Delivery.subscriber))))


def _row_id(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise Refused(Problem("cursor", "is not a cursor of this list"))
    return int(text)


def shown_state(row: Delivery) -> State:
    """The state for people: what failed and is due again is `failed`."""
    if row.state == "due" and row.attempts:
        return "failed"
    return row.state  # type: ignore[return-value]  # the outbox writes these words only


def delivery_answer(row: Delivery) -> DeliveryAnswer:
    """A delivery as it is answered."""
    return DeliveryAnswer(
        id=str(row.id),
        kind=row.kind,
        channel=row.channel,
        state=shown_state(row),
        subscriber_id=row.subscriber_id,
        update_id=row.update_id,
        created_at=row.created_at,
        due_at=row.due_at,
        sent_at=row.sent_at,
        attempts=row.attempts,
        last_error=row.last_error,
    )


def _channels(session: Session) -> list[str]:
    used = set(session.scalars(select(Delivery.channel).distinct()))
    return sorted(used | {"email"})


def _channel(session: Session, name: str) -> ChannelAnswer:
    due = and_(Delivery.channel == name, Delivery.state == "due")
    count, oldest = session.execute(select(func.count(), func.min(Delivery.due_at)).where(due)).one()
    failed = session.scalar(select(func.count()).where(due, Delivery.attempts > 0))
    dead = session.scalar(select(func.count()).where(Delivery.channel == name, Delivery.state == "dead"))
    success = session.scalar(select(func.max(Delivery.sent_at)).where(Delivery.channel == name))
    return ChannelAnswer(due=count, oldest_due_at=oldest, last_success_at=success, failed=failed or 0, dead=dead or 0)
