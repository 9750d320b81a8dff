"""Which incidents and maintenances a snapshot needs, and how many each month holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from statuspage.domain.periods import Period, local_date, parse_period, period_of
from statuspage.domain.vocabulary import IncidentStatus, MaintenanceStatus
from statuspage.models import AffectedComponent, Component, Incident, Maintenance, MaintenanceComponent, Update
from statuspage.publishing.snapshot import Touched

NEWEST = 50
"""A snapshot holds at least so many of each kind; what every publish renders rests on no others, so that the same
state gives the same bytes whatever else was loaded."""
NEWEST_UPDATES = 100
NEWEST_OF_COMPONENT = 25
"""Likewise for a component that is touched."""
RECENT = timedelta(days=16)
"""The front page shows 15 days back, counted in whole local days."""
_MONTHS_AT_ONCE = 120

_OPEN = [status for status in IncidentStatus if status.is_open]
_STARTS = (
    (Incident.started_at, Incident.public_at.is_not(None)),
    (Maintenance.starts_at, Maintenance.withdrawn_at.is_(None)),
)
"""Which instant decides the month of an event, and whether it stands."""
_AHEAD = [status for status in MaintenanceStatus if not status.is_over]


@dataclass(frozen=True)
class Selection:
    """Ids to load (all public ones when `everything`), and the count of each month, newest first."""

    everything: bool
    incidents: frozenset[str]
    maintenances: frozenset[str]
    months: tuple[tuple[str, int], ...]


def select_history(
    session: Session, touched: Touched, now: datetime, zone: ZoneInfo, known: Mapping[str, int] | None = None
) -> Selection:
    """What Snapshot promises of incidents and maintenances, given what is touched. Where `known` says what the months
    held before, those that are touched are counted again."""
    if known and not touched.everything:
        counts = {**known, **dict.fromkeys(touched.months, 0), **_count(session, touched.months, zone)}
        months = tuple(sorted(((month, count) for month, count in counts.items() if count), reverse=True))
    else:
        months = _count_months(session, zone)
    if touched.everything:
        return Selection(True, frozenset(), frozenset(), months)
    updates = session.execute(
        select(Update.incident_id, Update.maintenance_id)
        .where(Update.public_at.is_not(None))
        .order_by(Update.posted_at.desc(), Update.id.desc())
        .limit(NEWEST_UPDATES)
    ).all()
    incidents = {row.incident_id for row in updates if row.incident_id}
    maintenances = {row.maintenance_id for row in updates if row.maintenance_id}
    incidents.update(_incident_ids(session, touched, now, zone))
    maintenances.update(_maintenance_ids(session, touched, now, zone))
    return Selection(False, frozenset(incidents), frozenset(maintenances), months)


def month_of(instant: datetime, zone: ZoneInfo) -> str:
    """The month of an instant on the page's calendar: "2026-11"."""
    return f"{instant.astimezone(zone):%Y-%m}"


def _count_months(session: Session, zone: ZoneInfo) -> tuple[tuple[str, int], ...]:
    months: set[Period] = set()
    for start, stands in _STARTS:
        first, last = session.execute(select(func.min(start), func.max(start)).where(stands)).one()
        months.update(_months_between(first, last, zone) if first is not None else [])
    return tuple(sorted(_count(session, map(str, months), zone).items(), reverse=True))


def _count(session: Session, months: Iterable[str], zone: ZoneInfo) -> Counter[str]:
    """How many events stand under each of the months; those that hold nothing are left out."""
    counts: Counter[str] = Counter()
    periods = [parse_period(month) for month in sorted(months)]
    for start, stands in _STARTS:
        for some in _batched(periods):
            each = [_in_month(start, stands, month, zone) for month in some]
            counts.update({row[0]: row[1] for row in session.execute(union_all(*each)) if row[1]})
    return counts


def _months_between(first: datetime, last: datetime, zone: ZoneInfo) -> list[Period]:
    months = [period_of(local_date(first, zone), "month")]
    while months[-1].next.first_day <= local_date(last, zone):
        months.append(months[-1].next)
    return months


def _batched(months: Sequence[Period]) -> Iterator[Sequence[Period]]:
    """Not too many at once: SQLite takes 500 parts of a statement."""
    for first in range(0, len(months), _MONTHS_AT_ONCE):
        yield months[first : first + _MONTHS_AT_ONCE]


def _in_month(
    start: InstrumentedAttribute[datetime], public: ColumnElement[bool], month: Period, zone: ZoneInfo
) -> Select[str, int]:
    """The month and its count, by the index of the starts; the database's own months know no zone."""
    span = month.span(zone)
    return select(literal(str(month)), func.count()).where(public, start >= span.start, start < span.end)


def _incident_ids(session: Session, touched: Touched, now: datetime, zone: ZoneInfo) -> Iterable[str]:
    public = Incident.public_at.is_not(None)
    wanted = or_(
        Incident.status.in_(_OPEN),
        Incident.started_at >= now - RECENT,
        Incident.id.in_(touched.incidents),
        *_in_months(Incident.started_at, touched.months, zone),
    )
    newest = select(Incident.id).where(public).order_by(Incident.started_at.desc(), Incident.id.desc()).limit(NEWEST)
    yield from session.scalars(select(Incident.id).where(public, wanted))
    yield from session.scalars(newest)
    if touched.named:
        named = (
            select(AffectedComponent.component_id.label("component"), Incident.id.label("id"), Incident.started_at)
            .join(Update, Update.id == AffectedComponent.update_id)
            .join(Incident, Incident.id == Update.incident_id)
            .join(Component, Component.id == AffectedComponent.component_id)
            .where(Component.slug.in_(touched.named), public, Update.public_at.is_not(None))
            .distinct()
            .subquery()
        )
        yield from session.scalars(_newest_each(named, named.c.started_at))


def _maintenance_ids(session: Session, touched: Touched, now: datetime, zone: ZoneInfo) -> Iterable[str]:
    stands = Maintenance.withdrawn_at.is_(None)
    wanted = or_(
        Maintenance.status.in_(_AHEAD),
        Maintenance.starts_at >= now - RECENT,
        Maintenance.id.in_(touched.maintenances),
        *_in_months(Maintenance.starts_at, touched.months, zone),
    )
    newest = select(Maintenance.id).order_by(Maintenance.starts_at.desc(), Maintenance.id.desc()).limit(NEWEST)
    yield from session.scalars(select(Maintenance.id).where(stands, wanted))
    yield from session.scalars(newest.where(stands))
    if touched.named:
        named = (
            select(
                MaintenanceComponent.component_id.label("component"),
                Maintenance.id.label("id"),
                Maintenance.starts_at,
            )
            .join(Maintenance, Maintenance.id == MaintenanceComponent.maintenance_id)
            .join(Component, Component.id == MaintenanceComponent.component_id)
            .where(Component.slug.in_(touched.named), stands)
            .subquery()
        )
        yield from session.scalars(_newest_each(named, named.c.starts_at))


def _newest_each(named: Any, start: ColumnElement[datetime]) -> Any:
    """Select the ids of the newest few of each component."""
    rank = func.row_number().over(partition_by=named.c.component, order_by=(start.desc(), named.c.id.desc()))
    ranked = select(named.c.id, rank.label("rank")).subquery()
    return select(ranked.c.id).where(ranked.c.rank <= NEWEST_OF_COMPONENT).distinct()


def _in_months(
    column: InstrumentedAttribute[datetime], months: Iterable[str], zone: ZoneInfo
) -> list[ColumnElement[bool]]:
    spans = [parse_period(month).span(zone) for month in sorted(months)]
    return [and_(column >= span.start, column < span.end) for span in spans]
