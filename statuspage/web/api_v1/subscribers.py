"""Subscribers: add, list, read, erase."""

from __future__ import annotations

from typing import Literal

from sqlalchemy.orm import Session

from statuspage import audit, bounces, subscribers
from statuspage.domain.vocabulary import Frequency, NoticeKind, Priority, Scope
from statuspage.drafts import SubscriberDraft
from statuspage.models import Subscriber
from statuspage.notify.hook_addresses import HOOK_CHANNELS
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, make_place, read_place
from statuspage.wishes import kinds_of, services_of

IMPORT = "import"
"""The source that consents given elsewhere are recorded under."""


class SubscriberAnswer(Shape):
    """A subscriber. Neither components nor services means all of the page."""

    id: str
    channel: str
    email: str | None
    webhook: str | None
    slack: str | None
    teams: str | None
    discord: str | None
    mattermost: str | None
    google_chat: str | None
    secret: str | None
    """Key of a webhook's signature; only to a token of scope admin."""
    quarantined_at: UtcInstant | None
    failing_since: UtcInstant | None
    state: Literal["pending", "active", "unsubscribed", "suppressed"]
    confirmed: bool
    components: list[str]
    services: list[str]
    kinds: list[NoticeKind]
    min_priority: Priority | None
    frequency: Frequency
    follows: list[str]
    """Ids of the incidents heard of until they are resolved."""
    language: str
    created_at: UtcInstant
    confirmed_at: UtcInstant | None
    unsubscribed_at: UtcInstant | None
    suppressed_at: UtcInstant | None
    suppressed_for: str | None


@endpoint("GET", "/subscribers", scope=Scope.READ, query=PageQuery, gives=Items[SubscriberAnswer])
def list_subscribers(call: Call, query: PageQuery) -> Answer:
    """Subscribers in the order of their ids, pending and former ones among them."""
    place = read_place(query.cursor)
    with call.read() as session:
        rows = subscribers.load_subscribers(session, after=place[1] if place else None, limit=query.limit + 1)
        items = [subscriber_answer(row) for row in rows[: query.limit]]
    following = make_place(0, items[-1].id) if len(rows) > query.limit else None
    return call.answered(Items[SubscriberAnswer](items=items, next=following))


@endpoint("GET", "/subscribers/<subscriber_id>", scope=Scope.READ, gives=SubscriberAnswer)
def show_subscriber(call: Call, subscriber_id: str) -> Answer:
    """One subscriber."""
    with call.read() as session:
        row = subscribers.load_subscriber(session, subscriber_id)
        return call.answered(subscriber_answer(row, secretly=_may_know(call)))


@endpoint("POST", "/subscribers", scope=Scope.WRITE, body=SubscriberDraft, gives=SubscriberAnswer, status=201)
def create_subscriber(call: Call, draft: SubscriberDraft) -> Answer:
    """Add a subscriber by `email`, `webhook` or the incoming-webhook URL of a chat, who is asked there to confirm.

    With `incident` it is that open incident alone that is heard of, until it is resolved. `confirmed: true` (scope
    admin) says that consent was given elsewhere: it is recorded as consent by import and nobody is asked."""
    if draft.confirmed:
        call.caller.check_scope(Scope.ADMIN, "Adding a confirmed subscriber")
    add = subscribers.add_confirmed if draft.confirmed else subscribers.subscribe
    source = f"{IMPORT}:{call.author}" if draft.confirmed else f"api:{call.author}"
    with call.write() as session:
        row = add(session, draft, source=source[:80], client=call.client, now=call.now)
        return call.created(subscriber_answer(row, secretly=_may_know(call)), f"/api/v1/subscribers/{row.id}")


@endpoint("DELETE", "/subscribers/<subscriber_id>", scope=Scope.WRITE, status=204)
def erase_subscriber(call: Call, subscriber_id: str) -> Answer:
    """Forget a subscriber wholly: address, wishes, proofs of consent and what was still to be sent."""
    with call.write() as session:
        _erase(session, call, subscribers.load_subscriber(session, subscriber_id))
        return call.answered(None)


@endpoint("POST", "/subscribers/<subscriber_id>/restore", scope=Scope.WRITE, gives=SubscriberAnswer, status=201)
def restore_subscriber(call: Call, subscriber_id: str) -> Answer:
    """Write again to an address that was given up or quarantined."""
    with call.write() as session:
        row = subscribers.load_subscriber(session, subscriber_id)
        bounces.restore(session, row, now=call.now)
        audit.record(
            session, "subscriber.restore", actor=call.author, target=row.id, client=call.client, now=call.now
        )
        return call.created(subscriber_answer(row), f"/api/v1/subscribers/{row.id}")


def _erase(session: Session, call: Call, row: Subscriber) -> None:
    audit.record(session, "subscriber.erase", actor=call.author, target=row.id, client=call.client, now=call.now)
    subscribers.erase(session, row)


def subscriber_answer(row: Subscriber, *, secretly: bool = False) -> SubscriberAnswer:
    """A subscriber as the API shows it, `secretly` with the key of its signature."""
    return SubscriberAnswer(
        id=row.id,
        channel=row.channel,
        email=row.address if row.channel == "email" else None,
        **{channel: row.address if row.channel == channel else None for channel in HOOK_CHANNELS},
        secret=row.secret if secretly else None,
        quarantined_at=row.quarantined_at,
        failing_since=row.failing_since,
        state=_state_of(row),
        confirmed=row.confirmed_at is not None,
        components=[component.slug for component in row.components],
        services=services_of(row),
        kinds=kinds_of(row),
        frequency=row.frequency,
        follows=[each.incident_id for each in row.follows if each.ended_at is None],
        min_priority=row.min_priority,
        language=row.language,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        unsubscribed_at=row.unsubscribed_at,
        suppressed_at=row.suppressed_at,
        suppressed_for=row.suppressed_for,
    )


def _may_know(call: Call) -> bool:
    return call.caller.scope.includes(Scope.ADMIN)


def _state_of(row: Subscriber) -> Literal["pending", "active", "unsubscribed", "suppressed"]:
    if row.unsubscribed_at is not None:
        return "unsubscribed"
    if row.suppressed_at is not None:
        return "suppressed"
    return "pending" if row.confirmed_at is None else "active"
