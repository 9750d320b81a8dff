"""Whole lists of subscribers: taken in from a CSV file and given out as one, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from statuspage import opt_in, subscribers
from statuspage.addresses import Address
from statuspage.domain.vocabulary import Frequency, NoticeKind
from statuspage.errors import Problem, Refused
from statuspage.identifiers import new_id, new_token
from statuspage.models import Consent, Subscriber, SubscriberComponent, SubscriberService
from statuspage.notify.recipients import subscribes
from statuspage.notify.webhook_signature import new_secret
from statuspage.subscriber_csv import Row, write_rows
from statuspage.wishes import Offer, Scope, load_offer

AT_ONCE = 500


def export_lines(session: Session) -> Iterator[str]:
    """The CSV of who subscribes, pending ones too; who left, or follows one incident alone, is not in it."""
    daily = session.scalar(select(Subscriber.id).where(Subscriber.frequency == Frequency.DAILY).limit(1))
    hook = session.scalar(select(Subscriber.id).where(Subscriber.channel != "email").limit(1))
    yield from write_rows(_all(session), frequency=daily is not None, hooks=hook is not None)


def import_rows(
    session: Session, rows: Sequence[Row], *, source: str, now: datetime
) -> tuple[int, list[tuple[int, Problem]]]:
    """Add the good rows: (how many, what is wrong with the others by line).

    Who is confirmed gave consent elsewhere, `source` says where; the others are asked by mail. New confirmed
    addresses are written many at a time; an address that is known takes the way of a single one.
    """
    refused = [(row.line, problem) for row in rows for problem in row.problems]
    offer, added = load_offer(session), 0
    good = [row for row in rows if not row.problems]
    for some in (good[start : start + AT_ONCE] for start in range(0, len(good), AT_ONCE)):
        checked = list(_checked(some, offer, refused))
        keys = [address.key for _row, address, _scope in checked]
        known = set(session.scalars(select(Subscriber.address_key).where(Subscriber.address_key.in_(keys))))
        fresh: dict[str, tuple[Row, Address, Scope]] = {}
        for row, address, scope in checked:
            if row.draft is not None and row.draft.confirmed and address.key not in known | fresh.keys():
                fresh[address.key] = (row, address, scope)
            else:
                _write(session, list(fresh.values()), offer, source, now)
                known |= fresh.keys()
                added += len(fresh)
                fresh = {}
                added += _add_one(session, row, refused, source, now)
        _write(session, list(fresh.values()), offer, source, now)
        added += len(fresh)
    return added, refused


def _all(session: Session) -> Iterator[Subscriber]:
    after: str | None = None
    while found := subscribers.load_subscribers(session, after=after, limit=AT_ONCE, where=_LISTED):
        yield from found
        after = found[-1].id
        session.expunge_all()


_LISTED = (Subscriber.unsubscribed_at.is_(None), Subscriber.suppressed_at.is_(None), subscribes())


def _checked(
    rows: Sequence[Row], offer: Offer, refused: list[tuple[int, Problem]]
) -> Iterator[tuple[Row, Address, Scope]]:
    for row in rows:
        assert row.draft is not None
        try:
            yield row, opt_in.check_address(row.draft, by_operator=True), offer.check(row.draft)
        except Refused as error:
            refused += [(row.line, problem) for problem in error.problems]


def _add_one(session: Session, row: Row, refused: list[tuple[int, Problem]], source: str, now: datetime) -> int:
    assert row.draft is not None
    add = subscribers.add_confirmed if row.draft.confirmed else subscribers.subscribe
    try:
        with session.begin_nested():
            add(session, row.draft, source=source, now=now)
    except Refused as error:
        refused += [(row.line, problem) for problem in error.problems]
        return 0
    return 1


def _write(
    session: Session, fresh: list[tuple[Row, Address, Scope]], offer: Offer, source: str, now: datetime
) -> None:
    people: list[dict[str, Any]] = []
    components: list[dict[str, str]] = []
    services: list[dict[str, str]] = []
    for row, address, scope in fresh:
        draft = row.draft
        assert draft is not None
        person = new_id()
        people.append(
            {
                "id": person,
                "channel": address.channel,
                "secret": new_secret() if address.channel == "webhook" else None,
                "by_operator": True,
                "address": address.address,
                "address_key": address.key,
                "token": new_token(),
                "wants_incidents": NoticeKind.INCIDENT in draft.kinds,
                "wants_maintenance": NoticeKind.MAINTENANCE in draft.kinds,
                "wants_sla_changes": NoticeKind.SLA in draft.kinds,
                "wants_postmortems": NoticeKind.POSTMORTEM in draft.kinds,
                "all_components": not scope.components and not scope.services,
                "min_priority": draft.min_priority,
                "language": draft.language or offer.languages[0],
                "frequency": draft.frequency,
                "digested_at": now if draft.frequency is Frequency.DAILY else None,
                "created_at": now,
                "confirmed_at": now,
            }
        )
        components += [{"subscriber_id": person, "component_id": component.id} for component in scope.components]
        services += [{"subscriber_id": person, "service": name} for name in scope.services]
    consents = [
        {"subscriber_id": each["id"], "at": now, "action": "confirmed", "source": source[:80]} for each in people
    ]
    tables = ((Subscriber, people), (SubscriberComponent, components), (SubscriberService, services))
    for table, values in (*tables, (Consent, consents)):
        if values:
            session.execute(insert(table), values)
