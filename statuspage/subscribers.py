"""Verbs on subscribers: ask, confirm, change, leave; each leaves a row that proves it (GDPR article 7).

A subscription is double opt-in: asking writes a pending row and owes one mail, and only the link in that mail
confirms. What a stranger sees never tells whether an address is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, selectinload

from statuspage import attempts
from statuspage.addresses import EmailAddress, read_address
from statuspage.attempts import Limit, Rationed
from statuspage.components import load_components, load_page
from statuspage.domain.vocabulary import NoticeKind
from statuspage.drafts import SubscriberDraft
from statuspage.errors import NotFound, Problem, Refused
from statuspage.identifiers import new_id, new_token
from statuspage.models import Component, Consent, Subscriber
from statuspage.notify import outbox

PENDING_FOR = timedelta(days=7)
"""How long a confirmation link works, and how long an unconfirmed address is kept."""
PER_ADDRESS = (Limit(1, timedelta(hours=1)), Limit(3, timedelta(days=1)))
PER_CLIENT = (Limit(5, timedelta(hours=1)),)
IN_ALL = (Limit(200, timedelta(hours=1)),)
"""Rations against list bombing: mails to one address, sign-ups by one client, sign-ups altogether."""
FORM = "form"
"""The source that strangers can use; only it is rationed by client and in all."""


def subscribe(
    session: Session, draft: SubscriberDraft, *, source: str, client: str | None = None, now: datetime
) -> Subscriber:
    """Ask for a subscription: a pending row and one confirmation mail, or "you are subscribed" to who already is.

    Doors answer alike whatever the row says. An address that had its ration of mails gets no further one, silently.
    Raises Refused for bad input, Rationed when the client or everybody asked too often.
    """
    address, components = _check(session, draft)
    if source == FORM:
        _ration(session, client, now)
    subscriber = _find(session, address.key)
    if subscriber is not None and is_active(subscriber):
        _owe(session, subscriber, address.key, "already", now)
        return subscriber
    if subscriber is None:
        subscriber = _add(session, address, now)
    elif subscriber.confirmed_at is None:
        subscriber.created_at = now  # the seven days begin anew
    _set_wishes(session, subscriber, draft, components)
    _prove(session, subscriber, "asked", source, client, now)
    _owe(session, subscriber, address.key, "confirmation", now)
    return subscriber


def confirm(
    session: Session, token: str, *, source: str = FORM, client: str | None = None, now: datetime
) -> Subscriber:
    """The owner of the address says yes; a second yes changes nothing. Raises NotFound when the link is over."""
    subscriber = load_by_token(session, token)
    if is_active(subscriber):
        return subscriber
    if not is_awaited(session, subscriber, now):
        raise NotFound("open request to subscribe", "")
    subscriber.confirmed_at = now
    subscriber.unsubscribed_at = None
    subscriber.suppressed_at = subscriber.suppressed_for = None
    _prove(session, subscriber, "confirmed", source, client, now)
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
    components = _check_wishes(session, draft, kept=subscriber.components)
    _set_wishes(session, subscriber, draft, components)
    _prove(session, subscriber, "changed", source, client, now)
    return subscriber


def unsubscribe(
    session: Session, subscriber: Subscriber, *, source: str, client: str | None = None, now: datetime
) -> Subscriber:
    """Nothing more is sent. The row stays as proof; a second time changes nothing."""
    if subscriber.unsubscribed_at is None:
        subscriber.unsubscribed_at = now
        _prove(session, subscriber, "withdrawn", source, client, now)
    return subscriber


def add_confirmed(
    session: Session, draft: SubscriberDraft, *, source: str, client: str | None = None, now: datetime
) -> Subscriber:
    """Add somebody whose consent was given elsewhere, no mail sent; `source` says where. Raises Refused.

    Who unsubscribed or bounced here stays so: an old list never brings anybody back.
    """
    address, components = _check(session, draft)
    subscriber = _find(session, address.key)
    if subscriber is None:
        subscriber = _add(session, address, now)
    elif _ended_at(subscriber) is not None:
        return subscriber
    _set_wishes(session, subscriber, draft, components)
    if subscriber.confirmed_at is None:
        subscriber.confirmed_at = now
        _prove(session, subscriber, "confirmed", source, client, now)
    return subscriber


def suppress(session: Session, subscriber: Subscriber, *, reason: str, now: datetime) -> None:
    """Stop writing to an address that refuses our mail; visible, and undone by `restore` or a new confirmation."""
    if subscriber.suppressed_at is None:
        subscriber.suppressed_at = now
        subscriber.suppressed_for = reason[:255]
        session.flush()


def restore(session: Session, subscriber: Subscriber) -> None:
    """Write to a suppressed address again."""
    subscriber.suppressed_at = subscriber.suppressed_for = None
    session.flush()


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


def load_by_token(session: Session, token: str) -> Subscriber:
    """Whose link this is. Raises NotFound, which does not repeat the token."""
    if not _TOKEN.fullmatch(token):
        raise NotFound("subscription", "")
    found = session.scalar(select(Subscriber).where(Subscriber.token == token).options(_WITH_COMPONENTS))
    if found is None:
        raise NotFound("subscription", "")
    return found


def load_subscriber(session: Session, subscriber_id: str) -> Subscriber:
    """One subscriber. Raises NotFound."""
    found = session.get(Subscriber, subscriber_id, options=[_WITH_COMPONENTS])
    if found is None:
        raise NotFound("subscriber", subscriber_id)
    return found


def load_subscribers(session: Session, *, after: str | None = None, limit: int = 100) -> Sequence[Subscriber]:
    """Subscribers in the order of their ids; `after` is the last id already seen."""
    query = select(Subscriber).order_by(Subscriber.id).limit(limit).options(_WITH_COMPONENTS)
    if after is not None:
        query = query.where(Subscriber.id > after)
    return session.scalars(query).all()


def is_active(subscriber: Subscriber) -> bool:
    """Whether this subscriber is told anything at present."""
    return subscriber.confirmed_at is not None and _ended_at(subscriber) is None


def is_awaited(session: Session, subscriber: Subscriber, now: datetime) -> bool:
    """Whether somebody asked for this subscription lately and it has not been confirmed since."""
    asked_at = session.scalar(
        select(func.max(Consent.at)).where(Consent.subscriber_id == subscriber.id, Consent.action == "asked")
    )
    if asked_at is None or is_active(subscriber) or asked_at < now - PENDING_FOR:
        return False
    ended_at = _ended_at(subscriber)
    return ended_at is None or asked_at >= ended_at


def kinds_of(subscriber: Subscriber) -> list[NoticeKind]:
    """The kinds this subscriber wants to hear of."""
    wants = {NoticeKind.INCIDENT: subscriber.wants_incidents, NoticeKind.MAINTENANCE: subscriber.wants_maintenance}
    return [kind for kind, wanted in wants.items() if wanted]


_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")
_WITH_COMPONENTS = selectinload(Subscriber.components)


def _check(session: Session, draft: SubscriberDraft) -> tuple[EmailAddress, list[Component]]:
    """The address and the components; what is wrong with either is told in one go."""
    problems: list[Problem] = []
    try:
        address = _check_channel(draft)
    except Refused as refused:
        problems += refused.problems
    try:
        components = _check_wishes(session, draft)
    except Refused as refused:
        problems += refused.problems
    if problems:
        raise Refused(problems)
    return address, components


def _check_channel(draft: SubscriberDraft) -> EmailAddress:
    if draft.webhook is not None:
        raise Refused(Problem("webhook", "webhook subscriptions are not available yet"))
    if not (draft.email or "").strip():
        raise Refused(Problem("email", "give an e-mail address"))
    return read_address(draft.email)


def _check_wishes(session: Session, draft: SubscriberDraft, kept: Sequence[Component] = ()) -> list[Component]:
    """The components wished for; a hidden one is as unknown to strangers unless they have it already."""
    problems = []
    if not draft.kinds:
        problems.append(Problem("kinds", "choose at least one kind"))
    languages = load_page(session).languages
    if draft.language is not None and draft.language not in languages:
        problems.append(Problem("language", f"must be one of {', '.join(languages)}"))
    if problems:
        raise Refused(problems)
    known = {c.slug: c for c in load_components(session) if not c.hidden or c in kept}
    unknown = [slug for slug in draft.components if slug not in known]
    if unknown:
        raise Refused(Problem(f"components.{slug}", f"there is no component {slug!r}") for slug in unknown)
    return [known[slug] for slug in dict.fromkeys(draft.components)]


def _set_wishes(
    session: Session, subscriber: Subscriber, draft: SubscriberDraft, components: list[Component]
) -> None:
    subscriber.components = components
    subscriber.all_components = not components
    subscriber.wants_incidents = NoticeKind.INCIDENT in draft.kinds
    subscriber.wants_maintenance = NoticeKind.MAINTENANCE in draft.kinds
    subscriber.min_priority = draft.min_priority
    subscriber.language = draft.language or subscriber.language or load_page(session).languages[0]
    session.flush()


def _find(session: Session, key: str) -> Subscriber | None:
    return session.scalar(select(Subscriber).where(Subscriber.channel == "email", Subscriber.address_key == key))


def _add(session: Session, address: EmailAddress, now: datetime) -> Subscriber:
    subscriber = Subscriber(
        id=new_id(),
        channel="email",
        address=address.address,
        address_key=address.key,
        token=new_token(),
        language="",
        created_at=now,
    )
    session.add(subscriber)
    return subscriber


def _ended_at(subscriber: Subscriber) -> datetime | None:
    ends = [at for at in (subscriber.unsubscribed_at, subscriber.suppressed_at) if at is not None]
    return max(ends, default=None)


def _ration(session: Session, client: str | None, now: datetime) -> None:
    attempts.check(session, "subscribe", "everybody", IN_ALL, now=now)
    attempts.record(session, "subscribe", "everybody", now)
    if client:
        attempts.check(session, "subscribe", f"client {client}", PER_CLIENT, now=now)
        attempts.record(session, "subscribe", f"client {client}", now)


def _owe(session: Session, subscriber: Subscriber, key: str, kind: str, now: datetime) -> None:
    try:
        attempts.check(session, "confirmation", key, PER_ADDRESS, now=now)
    except Rationed:
        return
    attempts.record(session, "confirmation", key, now)
    outbox.enqueue_confirmation(session, subscriber, now=now, kind=kind)


def _prove(
    session: Session, subscriber: Subscriber, action: str, source: str, client: str | None, now: datetime
) -> None:
    session.flush()
    session.add(
        Consent(subscriber_id=subscriber.id, at=now, action=action, source=source[:80], client=client and client[:60])
    )
    session.flush()
