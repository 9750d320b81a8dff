"""Recipients as messages need them, in batches: most chose the whole page and cost one row each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, selectinload

from statuspage import wishes
from statuspage.domain.vocabulary import NoticeKind
from statuspage.models import Follow, Subscriber
from statuspage.notify.messages import Person

_PLAIN = select(
    Subscriber.id,
    Subscriber.address,
    Subscriber.token,
    Subscriber.language,
    Subscriber.min_priority,
    Subscriber.frequency,
    Subscriber.wants_incidents,
    Subscriber.wants_maintenance,
    Subscriber.wants_sla_changes,
    Subscriber.wants_postmortems,
).where(Subscriber.all_components.is_(True), ~exists().where(Follow.subscriber_id == Subscriber.id))


def load_people(session: Session, ids: Iterable[str]) -> dict[str, Person]:
    """Recipients by subscriber id."""
    wanted = set(ids)
    people = {row.id: _plain(row) for row in session.execute(_PLAIN.where(Subscriber.id.in_(wanted)))}
    return people | _load_particular(session, wanted - people.keys())


def _plain(row: Any) -> Person:
    chosen = (row.wants_incidents, row.wants_maintenance, row.wants_sla_changes, row.wants_postmortems)
    kinds = (NoticeKind.INCIDENT, NoticeKind.MAINTENANCE, NoticeKind.SLA, NoticeKind.POSTMORTEM)
    return Person(
        id=row.id,
        address=row.address,
        token=row.token,
        language=row.language,
        kinds=tuple(kind for kind, wanted in zip(kinds, chosen, strict=True) if wanted),
        min_priority=row.min_priority,
        components=(),
        frequency=row.frequency,
    )


def _load_particular(session: Session, ids: Collection[str]) -> dict[str, Person]:
    """Who chose components, services or single incidents."""
    if not ids:
        return {}
    found = session.scalars(
        select(Subscriber)
        .where(Subscriber.id.in_(ids))
        .options(
            selectinload(Subscriber.components),
            selectinload(Subscriber.services),
            selectinload(Subscriber.follows).joinedload(Follow.incident),
        )
    )
    return {
        subscriber.id: Person(
            id=subscriber.id,
            address=subscriber.address,
            token=subscriber.token,
            language=subscriber.language,
            kinds=tuple(wishes.kinds_of(subscriber)),
            min_priority=subscriber.min_priority,
            components=wishes.scope_of(subscriber),
            follows=tuple(each.incident.title for each in subscriber.follows if each.ended_at is None),
            frequency=subscriber.frequency,
        )
        for subscriber in found
    }
