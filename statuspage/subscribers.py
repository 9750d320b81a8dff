"""Verbs on subscribers: ask, confirm, change, leave; each leaves a row that proves it (GDPR article 7).

A subscription is double opt-in: asking writes a pending row and owes one mail, and only the link in that mail
confirms. What a stranger sees never tells whether an address is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, selectinload

from statuspage import consent, follows, opt_in
from statuspage.addresses import Address
from statuspage.consent import LEFT_FOR, PENDING_FOR, is_active, is_awaited
from statuspage.drafts import SubscriberDraft
from statuspage.errors import NotFound, Problem, Refused
from statuspage.models import Follow, Subscriber
from statuspage.notify import quarantine
from statuspage.opt_in import FORM
from statuspage.wishes import Scope, check_wishes, set_wishes

__all__ = ["FORM", "LEFT_FOR", "PENDING_FOR", "is_active", "is_awaited"]


def subscribe(
    session: Session, draft: SubscriberDraft, *, source: str, client: str | None = None, now: datetime
) -> Subscriber:
    """Ask for a subscription: a pending row and one confirmation mail, or "you are subscribed" to who already is.

    Doors answer alike whatever the row says. An address that had its ration of mails gets no further one, silently.
    A draft with `incident` asks to follow that one alone (see follows). Raises Refused for bad input, Rationed when
    the client or everybody asked too often.
    """
    if draft.incident is not None:
        return follows.ask_to_follow(session, draft, source=source, client=client, now=now)
    address, scope = _check(session, draft, by_operator=source != FORM)
    if source == FORM:
        opt_in.ration(session, client, now)
    subscriber = opt_in.find(session, address.key, address.channel)
    if subscriber is not None and is_active(subscriber):
        opt_in.owe(session, subscriber, "already", now=now)
        return subscriber
    if subscriber is None:
        subscriber = opt_in.add(session, address, now)
    elif subscriber.confirmed_at is None:
        subscriber.created_at = now  # the seven days begin anew
    set_wishes(session, subscriber, draft, scope, now=now)
    subscriber.by_operator = subscriber.by_operator or source != FORM
    consent.prove(session, subscriber, "asked", source=source, client=client, now=now)
    opt_in.owe(session, subscriber, "confirmation", now=now)
    return subscriber


def confirm(
    session: Session, token: str, *, source: str = FORM, client: str | None = None, now: datetime
) -> Subscriber:
    """The owner of the address says yes; a second yes changes nothing. Raises NotFound when the link is over."""
    subscriber = load_by_token(session, token)
    if not is_awaited(session, subscriber, now):
        if is_active(subscriber):
            return subscriber
        raise NotFound("open request to subscribe", "")
    follows.confirm_asked(session, subscriber, now)
    if not is_active(subscriber):
        subscriber.confirmed_at = now
        subscriber.unsubscribed_at = None
        subscriber.suppressed_at = subscriber.suppressed_for = None
        subscriber.failing_since = subscriber.quarantined_at = None
    consent.prove(session, subscriber, "confirmed", source=source, client=client, now=now)
    return subscriber


def change_wishes(
    session: Session,
    subscriber: Subscriber,
    draft: SubscriberDraft,
    *,
    source: str,
    client: str | None = None,
    now: datetime,
) -> Subscriber:
    """Replace what the subscriber wants to hear; the address stays. Raises Refused."""
    scope = check_wishes(session, draft, kept=subscriber)
    set_wishes(session, subscriber, draft, scope, now=now)
    consent.prove(session, subscriber, "changed", source=source, client=client, now=now)
    return subscriber


def unsubscribe(
    session: Session, subscriber: Subscriber, *, source: str, client: str | None = None, now: datetime
) -> Subscriber:
    """Nothing more is sent, of followed incidents neither. The row stays as proof; a second time changes nothing."""
    if subscriber.unsubscribed_at is None:
        subscriber.unsubscribed_at = now
        for each in subscriber.follows:
            each.ended_at = each.ended_at or now
        consent.prove(session, subscriber, "withdrawn", source=source, client=client, now=now)
    return subscriber


def add_confirmed(
    session: Session, draft: SubscriberDraft, *, source: str, client: str | None = None, now: datetime
) -> Subscriber:
    """Add somebody whose consent was given elsewhere, no mail sent; `source` says where. Raises Refused.

    Who unsubscribed or bounced here stays so: an old list never brings anybody back. A draft with `incident` adds
    who follows that one alone.
    """
    if draft.incident is not None:
        return follows.add_follower(session, draft, source=source, client=client, now=now)
    address, scope = _check(session, draft, by_operator=True)
    subscriber = opt_in.find(session, address.key, address.channel)
    if subscriber is None:
        subscriber = opt_in.add(session, address, now)
    elif consent.ended_at(subscriber) is not None:
        return subscriber
    subscriber.by_operator = True
    set_wishes(session, subscriber, draft, scope, now=now)
    if subscriber.confirmed_at is None:
        subscriber.confirmed_at = now
        consent.prove(session, subscriber, "confirmed", source=source, client=client, now=now)
    return subscriber


def suppress(session: Session, subscriber: Subscriber, *, reason: str, now: datetime) -> None:
    """Stop writing to an address that refuses our mail; visible, and undone by `restore` or a new confirmation."""
    if subscriber.suppressed_at is None:
        subscriber.suppressed_at = now
        subscriber.suppressed_for = reason[:255]
        session.flush()


def restore(session: Session, subscriber: Subscriber, *, now: datetime) -> None:
    """Write to a suppressed or quarantined address again; what waits for it is due at once."""
    subscriber.suppressed_at = subscriber.suppressed_for = None
    quarantine.lift(session, subscriber, now)


def erase(session: Session, subscriber: Subscriber) -> None:
    """Forget somebody wholly, proofs and deliveries too (GDPR article 17)."""
    session.execute(delete(Subscriber).where(Subscriber.id == subscriber.id))
    session.expunge(subscriber)


def expire_pending(session: Session, now: datetime) -> int:
    """Delete who never confirmed within PENDING_FOR; how many. For the worker's tick."""
    gone = session.scalars(
        delete(Subscriber)
        .where(
            Subscriber.confirmed_at.is_(None),
            Subscriber.unsubscribed_at.is_(None),
            Subscriber.created_at < now - PENDING_FOR,
        )
        .returning(Subscriber.id)
    )
    return len(gone.all())


def expire_left(session: Session, now: datetime) -> int:
    """Forget who left LEFT_FOR ago, the proofs too; how many. An address that mail must not reach again is kept for
    that alone. For the worker's tick."""
    gone = session.scalars(
        delete(Subscriber)
        .where(Subscriber.unsubscribed_at < now - LEFT_FOR, Subscriber.suppressed_at.is_(None))
        .returning(Subscriber.id)
    )
    return len(gone.all())


def load_by_token(session: Session, token: str) -> Subscriber:
    """Whose link this is. Raises NotFound, which does not repeat the token."""
    if not _TOKEN.fullmatch(token):
        raise NotFound("subscription", "")
    found = session.scalar(select(Subscriber).where(Subscriber.token == token).options(*_WITH_ALL))
    if found is None:
        raise NotFound("subscription", "")
    return found


def load_subscriber(session: Session, subscriber_id: str) -> Subscriber:
    """One subscriber. Raises NotFound."""
    found = session.get(Subscriber, subscriber_id, options=list(_WITH_ALL))
    if found is None:
        raise NotFound("subscriber", subscriber_id)
    return found


def load_subscribers(
    session: Session, *, after: str | None = None, limit: int = 100, where: Iterable[ColumnElement[bool]] = ()
) -> Sequence[Subscriber]:
    """Subscribers in the order of their ids; `after` is the last id already seen."""
    query = select(Subscriber).where(*where).order_by(Subscriber.id).limit(limit).options(*_WITH_ALL)
    if after is not None:
        query = query.where(Subscriber.id > after)
    return session.scalars(query).all()


_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")
_WITH_ALL = (
    selectinload(Subscriber.components),
    selectinload(Subscriber.services),
    selectinload(Subscriber.follows).joinedload(Follow.incident),
)


def _check(session: Session, draft: SubscriberDraft, *, by_operator: bool) -> tuple[Address, Scope]:
    """The address and the scope; what is wrong with either is told in one go."""
    problems: list[Problem] = []
    try:
        address = opt_in.check_address(draft, by_operator=by_operator)
    except Refused as refused:
        problems += refused.problems
    try:
        scope = check_wishes(session, draft)
    except Refused as refused:
        problems += refused.problems
    if problems:
        raise Refused(problems)
    return address, scope
