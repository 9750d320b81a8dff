"""Whole lists of subscribers: taken in from a CSV file and given out as one, a piece at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from statuspage import opt_in, subscribers
from statuspage.addresses import Address
from statuspage.db import Database
from statuspage.domain.vocabulary import Frequency, NoticeKind
from statuspage.errors import Problem, Refused
from statuspage.identifiers import new_id, new_token
from statuspage.models import Consent, Subscriber, SubscriberComponent, SubscriberService
from statuspage.notify.recipients import subscribes
from statuspage.notify.webhook_signature import new_secret
from statuspage.subscriber_csv import Row, read_rows, write_rows
from statuspage.wishes import Offer, Scope, load_offer

AT_ONCE = 500


def export_lines(session: Session) -> Iterator[str]:
    """The CSV of who subscribes, pending ones too; who left, or follows one incident alone, is not in it."""
    daily = session.scalar(select(Subscriber.id).where(Subscriber.frequency == Frequency.DAILY).limit(1))
    hook = session.scalar(select(Subscriber.id).where(Subscriber.channel != "email").limit(1))
    yield from write_rows(_all(session), frequency=daily is not None, hooks=hook is not None)


Wrong = list[tuple[int, Problem]]
"""What is wrong, by the line of the file."""


def import_list(database: Database, text: str, *, source: str, skip_bad: bool, now: datetime) -> tuple[int, Wrong]:
    """Take in a whole file: (how many, what is wrong with the others). Raises Refused for what is no such file.

    All of it is checked before anything is written: one bad line stops everything, unless `skip_bad`. Then AT_ONCE
    lines are written at a time, so that a long list keeps nobody else from writing and no more of it in memory. A
    list that was broken off is imported again: who is known stays one subscriber.
    """
    with database.read() as session:
        offer, refused = load_offer(session), list[tuple[int, Problem]]()
        for some in batched(read_rows(text)):
            refused += [(row.line, problem) for row in some for problem in row.problems]
            deque(_checked([row for row in some if not row.problems], offer, refused), maxlen=0)
    if refused and not skip_bad:
        return 0, refused
    added, refused = 0, []
    for some in batched(read_rows(text)):
        with database.write() as session:
            more, wrong = import_rows(session, some, source=source, now=now)
            if wrong and not skip_bad:
                session.rollback()
                return added, wrong
        added, refused = added + more, refused + wrong
    return added, refused


def batched(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows, AT_ONCE at a time."""
    while some := list(islice(rows, AT_ONCE)):
        yield some


def import_rows(session: Session, rows: Iterable[Row], *, source: str, now: datetime) -> tuple[int, Wrong]:
    """Add the good rows: (how many, what is wrong with the others by line).

    Who is confirmed gave consent elsewhere, `source` says where; the others are asked by mail. New confirmed
    addresses are written many at a time; an address that is known takes the way of a single one.
    """
    refused: Wrong = []
    offer, added = load_offer(session), 0
    for some in batched(iter(rows)):
        refused += [(row.line, problem) for row in some for problem in row.problems]
        checked = list(_checked([row for row in some if not row.problems], offer, refused))
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


def _checked(rows: Iterable[Row], offer: Offer, refused: Wrong) -> Iterator[tuple[Row, Address, Scope]]:
    for row in rows:
        assert row.draft is not None
        try:
            yield row, opt_in.check_address(row.draft, by_operator=True), offer.check(row.draft)
        except Refused as error:
            refused += [(row.line, problem) for problem in error.problems]


def _add_one(session: Session, row: Row, refused: Wrong, source: str, now: datetime) -> int:
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
