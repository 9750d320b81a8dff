"""Subscribers: add, list, read, erase."""

from __future__ import annotations

from typing import Literal

from sqlalchemy.orm import Session

from statuspage import audit, subscribers
from statuspage.domain.vocabulary import NoticeKind, Priority, Scope
from statuspage.drafts import SubscriberDraft
from statuspage.models import Subscriber
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, make_place, read_place
from statuspage.wishes import kinds_of

IMPORT = "import"
"""The source that consents given elsewhere are recorded under."""


class SubscriberAnswer(Shape):
    """A subscriber. An empty list of components means all of them."""

    id: str
    channel: str
    email: str | None
    webhook: str | None
    state: Literal["pending", "active", "unsubscribed", "suppressed"]
    confirmed: bool
    components: list[str]
    kinds: list[NoticeKind]
    min_priority: Priority | None
    language: str
    created_at: UtcInstant
    confirmed_at: UtcInstant | None
    unsubscribed_at: UtcInstant | None
    suppressed_at: UtcInstant | None


@endpoint("GET", "/subscribers", scope=Scope.READ, query=PageQuery, gives=Items[SubscriberAnswer])
def list_subscribers(call: Call, query: PageQuery) -> Answer:
    """Subscribers in the order of their ids, pending and former ones among them."""
    place = read_place(query.cursor)
    with call.read() as session:
        rows = subscribers.load_subscribers(session, after=place[1] if place else None, limit=query.limit + 1)
        items = [_shown(row) for row in rows[: query.limit]]
    following = make_place(0, items[-1].id) if len(rows) > query.limit else None
    return call.answered(Items[SubscriberAnswer](items=items, next=following))


@endpoint("GET", "/subscribers/<subscriber_id>", scope=Scope.READ, gives=SubscriberAnswer)
def show_subscriber(call: Call, subscriber_id: str) -> Answer:
    """One subscriber."""
    with call.read() as session:
        return call.answered(_shown(subscribers.load_subscriber(session, subscriber_id)))


@endpoint("POST", "/subscribers", scope=Scope.WRITE, body=SubscriberDraft, gives=SubscriberAnswer, status=201)
def create_subscriber(call: Call, draft: SubscriberDraft) -> Answer:
    """Add a subscriber, who is asked to confirm by mail. `confirmed: true` (scope admin) says that consent was given
    elsewhere: it is recorded as consent by import and nobody is asked."""
    if draft.confirmed:
        call.caller.check_scope(Scope.ADMIN, "Adding a confirmed subscriber")
    add = subscribers.add_confirmed if draft.confirmed else subscribers.subscribe
    source = f"{IMPORT}:{call.author}" if draft.confirmed else f"api:{call.author}"
    with call.write() as session:
        row = add(session, draft, source=source[:80], client=call.client, now=call.now)
        return call.created(_shown(row), f"/api/v1/subscribers/{row.id}")


@endpoint("DELETE", "/subscribers/<subscriber_id>", scope=Scope.WRITE, status=204)
def erase_subscriber(call: Call, subscriber_id: str) -> Answer:
    """Forget a subscriber wholly: address, wishes, proofs of consent and what was still to be sent."""
    with call.write() as session:
        _erase(session, call, subscribers.load_subscriber(session, subscriber_id))
        return call.answered(None)


def _erase(session: Session, call: Call, row: Subscriber) -> None:
    audit.record(session, "subscriber.erase", actor=call.author, target=row.id, client=call.client, now=call.now)
    subscribers.erase(session, row)


def _shown(row: Subscriber) -> SubscriberAnswer:
    return SubscriberAnswer(
        id=row.id,
        channel=row.channel,
        email=row.address if row.channel == "email" else None,
        webhook=row.address if row.channel == "webhook" else None,
        state=_state_of(row),
        confirmed=row.confirmed_at is not None,
        components=[component.slug for component in row.components],
        kinds=kinds_of(row),
        min_priority=row.min_priority,
        language=row.language,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        unsubscribed_at=row.unsubscribed_at,
        suppressed_at=row.suppressed_at,
    )


def _state_of(row: Subscriber) -> Literal["pending", "active", "unsubscribed", "suppressed"]:
    if row.unsubscribed_at is not None:
        return "unsubscribed"
    if row.suppressed_at is not None:
        return "suppressed"
    return "pending" if row.confirmed_at is None else "active"
