"""The states of time that is over, written down once, so that bars and figures do not add them up from what was said.

Read only up to a component's mark (`Component.settled_until`): what is said later of the time before lowers it
(`unsettling`), and from there on all is worked out from what was said until the worker settles it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Select, Table, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from statuspage.domain.settled import chapters_of, first_instant, quarter_of, settled
from statuspage.domain.timeline import Timeline, timeline
from statuspage.history import load_claims
from statuspage.models import Component, Correction, Maintenance, Page, SettledQuarter, StatusChange

LATE = timedelta(minutes=15)
"""How long a day waits after its end: results that come in late belong to it."""
PORTION = 50
"""Components settled in one transaction."""
_NAMED_AT_MOST = 50
"""More components than this are read with all the others: naming each costs more than its rows."""
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTERS = cast(Table, SettledQuarter.__table__)
_NEWEST = select(func.max(Component.settled_until))
_LAST = (
    select(func.max(StatusChange.at))
    .where(StatusChange.component_id == Component.id)
    .correlate(Component)
    .scalar_subquery()
)
_PARTICULAR = select(Component.id, Component.settled_until, Component.settled_until <= _LAST).where(
    or_(
        Component.settled_until.is_(None),
        Component.settled_until != bindparam("newest"),
        Component.settled_until <= _LAST,
    )
)
"""Components whose mark is not the newest, and those of which something was said since: mostly few."""
_AT_WORK = select(StatusChange.component_id).join(Maintenance).where(Maintenance.completed_at.is_(None))
_CORRECTED = (
    select(Correction.component_id)
    .join(Component, Component.id == Correction.component_id)
    .where(Correction.withdrawn_at.is_(None), Correction.ends_at > Component.settled_until)
)


@dataclass(frozen=True)
class Known:
    """The settled timelines, by component, each up to its mark, and of which of them something was said since."""

    settled: Mapping[str, Timeline]
    stirred: frozenset[str]


def load_settled(session: Session, component_ids: Collection[str], *, since: datetime, until: datetime) -> Known:
    """The settled states from `since` on of those components that have any, none of them from after `until`. Four
    queries."""
    wanted = set(component_ids)
    marks, stirred = _load_marks(session, wanted, until)
    if not marks:
        return Known({}, frozenset())
    first = min(since, min(marks.values()) - timedelta(microseconds=1))
    rows = select(_QUARTERS.c.component_id, _QUARTERS.c.opening, _QUARTERS.c.changes)
    rows = rows.where(_QUARTERS.c.quarter >= quarter_of(first)).order_by(
        _QUARTERS.c.component_id, _QUARTERS.c.quarter
    )
    if len(wanted) <= _NAMED_AT_MOST:
        rows = rows.where(_QUARTERS.c.component_id.in_(marks))
    texts = dict.fromkeys(marks, "")
    for component_id, opening, changes in session.execute(rows).all():
        before = texts.get(component_id)
        if before is not None:
            texts[component_id] = f"{before or opening} {changes}"
    return Known({key: settled(text, marks[key]) for key, text in texts.items()}, frozenset(stirred))


def _load_marks(session: Session, wanted: set[str], until: datetime) -> tuple[dict[str, datetime], set[str]]:
    """The marks of those that have one, and of whom something was said after it: a word, a correction that reaches
    beyond it, or maintenance that goes on, whose announced window may begin or end in between."""
    newest = session.scalar(_NEWEST)
    marks: dict[str, datetime | None] = dict.fromkeys(wanted, newest)
    stirred: set[str] = set()
    for component_id, mark, is_stirred in session.execute(_PARTICULAR, {"newest": newest}):
        marks[component_id] = mark
        if is_stirred:
            stirred.add(component_id)
    for query in (_AT_WORK, _CORRECTED):
        stirred.update(session.scalars(query))
    found = {key: mark for key in wanted if (mark := marks[key]) is not None and mark <= until}
    return found, stirred & found.keys()


def is_anything_due(session: Session, now: datetime) -> bool:
    """Whether a day that is over is not written down of some component."""
    return session.scalar(_lacking(_mark_at(now)).limit(1)) is not None


def settle_due(session: Session, now: datetime) -> int:
    """Write down the days (UTC) that are over of a portion of the components that lack some; returns how many, 0 when
    none is left. What is written stays right for ever, unless somebody says something else of it."""
    session.execute(select(Page.id).with_for_update())
    mark = _mark_at(now)
    by_quarter: dict[datetime, list[str]] = defaultdict(list)
    due = _lacking(mark).order_by(Component.id).limit(PORTION).with_for_update()
    for component_id, until in session.execute(due):
        by_quarter[first_instant(quarter_of(until)) if until else _FIRST].append(component_id)
    for since, component_ids in by_quarter.items():
        _settle(session, component_ids, since, mark)
    return sum(len(component_ids) for component_ids in by_quarter.values())


def _mark_at(now: datetime) -> datetime:
    """The end of the last day (UTC) that is over."""
    return (now - LATE).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _lacking(mark: datetime) -> Select[str, datetime | None]:
    lacks = or_(Component.settled_until.is_(None), Component.settled_until < mark)
    return select(Component.id, Component.settled_until).where(lacks)


def unsettle(session: Session) -> int:
    """Forget all that is settled, so that it is worked out anew; returns of how many components."""
    session.execute(delete(SettledQuarter))
    forgotten = update(Component).values(settled_until=None).execution_options(synchronize_session=False)
    return cast(CursorResult[Any], session.execute(forgotten)).rowcount


def _settle(session: Session, component_ids: Sequence[str], since: datetime, mark: datetime) -> None:
    """`since` is the first instant of a quarter."""
    claims = load_claims(session, component_ids, since=since, until=mark)
    rows = [
        {"component_id": component_id, **chapter._asdict()}
        for component_id, said in claims.items()
        for chapter in chapters_of(timeline(said, mark), since)
    ]
    old = delete(SettledQuarter).where(
        SettledQuarter.component_id.in_(component_ids), SettledQuarter.quarter >= quarter_of(since)
    )
    session.execute(old.execution_options(synchronize_session=False))
    if rows:
        session.execute(insert(_QUARTERS), rows)
    moved = update(Component).where(Component.id.in_(component_ids)).values(settled_until=mark)
    session.execute(moved.execution_options(synchronize_session=False))
