"""Recipients as messages need them, in batches: most chose the whole page and cost one row each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from sqlalchemy import Table, bindparam, exists, select
from sqlalchemy.orm import Session, selectinload

from statuspage import wishes
from statuspage.domain.vocabulary import Frequency, NoticeKind, Priority
from statuspage.models import Follow, Subscriber
from statuspage.notify.messages import Person
from statuspage.notify.wished import Wishes

_COLUMNS: Table = Subscriber.__table__  # type: ignore[assignment]
_PLAIN = select(
    *(_COLUMNS.c[name] for name in ("id", "address", "token", "language", "min_priority", "frequency")),
    *(
        _COLUMNS.c[name]
        for name in ("wants_incidents", "wants_maintenance", "wants_sla_changes", "wants_postmortems")
    ),
).where(
    _COLUMNS.c.all_components.is_(True),
    ~exists().where(Follow.subscriber_id == _COLUMNS.c.id),
    _COLUMNS.c.id.in_(bindparam("ids", expanding=True)),
)
"""Of the table, not of the class: plain tuples cost a third."""
_KINDS = (NoticeKind.INCIDENT, NoticeKind.MAINTENANCE, NoticeKind.SLA, NoticeKind.POSTMORTEM)


def load_people(session: Session, ids: Iterable[str]) -> dict[str, Person]:
    """Recipients by subscriber id."""
    wanted = set(ids)
    people = {
        row[0]: Person(row[0], row[1], row[2], row[3], _plain_wishes(*row[4:]))
        for row in session.connection().execute(_PLAIN, {"ids": list(wanted)})
    }
    return people | _load_particular(session, wanted - people.keys())


@lru_cache(maxsize=256)
def _plain_wishes(min_priority: Priority | None, frequency: Frequency, *chosen: bool) -> Wishes:
    kinds = tuple(kind for kind, wanted in zip(_KINDS, chosen, strict=True) if wanted)
    return Wishes(kinds, min_priority, frequency=frequency)


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
            wishes=Wishes(
                kinds=tuple(wishes.kinds_of(subscriber)),
                min_priority=subscriber.min_priority,
                components=wishes.scope_of(subscriber),
                follows=tuple(each.incident.title for each in subscriber.follows if each.ended_at is None),
                frequency=subscriber.frequency,
            ),
        )
        for subscriber in found
    }
