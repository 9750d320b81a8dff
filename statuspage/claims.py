"""What sources say of components: the rows behind every status, bar and percentage.

A source is an incident, a maintenance, a monitor, or the component's own base (an operator, an import). A
component shows the worst that its sources say; a source lets go by saying operational.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from statuspage.domain.vocabulary import Cause, ComponentStatus, IncidentStatus, MaintenanceStatus
from statuspage.history import IS_BASE
from statuspage.models import Component, Incident, Maintenance, Monitor, StatusChange


@dataclass(frozen=True)
class Base:
    """The component's own status, said by an operator: why, and a word on it."""

    cause: Cause = Cause.OWN
    note: str | None = None


def claim(
    session: Session,
    said: Mapping[Component, ComponentStatus],
    source: Incident | Maintenance | Base,
    *,
    at: datetime,
    author: str,
    now: datetime,
) -> None:
    """Add one row per component: from `at` on the source says this of it. Rows are never changed later."""
    for component, status in said.items():
        component.updated_at = now
        row = StatusChange(component_id=component.id, at=at, status=status, author=author, recorded_at=now)
        _attribute(row, source)
        session.add(row)
    session.flush()


def repeat_claims(session: Session, incident: Incident, *, author: str, now: datetime) -> None:
    """Say all that the incident said again, with the cause it has now: the later row counts, none is lost."""
    rows = session.scalars(
        select(StatusChange).where(StatusChange.incident_id == incident.id).order_by(StatusChange.at, StatusChange.id)
    ).all()
    for row in rows:
        component = session.get_one(Component, row.component_id)
        claim(session, {component: row.status}, incident, at=row.at, author=author, now=now)


def current_statuses(
    session: Session, component_ids: Iterable[str], now: datetime, *, public: bool = False
) -> dict[str, ComponentStatus]:
    """What each component shows now: the worst of its base, its monitors, its open incidents and its running
    maintenances. Announced work mutes monitors, and one that knows nothing yields to one that knows.

    `public` is what the page shows: internal incidents say nothing there.
    """
    ids = list(component_ids)
    worst = dict.fromkeys(ids, ComponentStatus.OPERATIONAL)
    for component_id, status in (*session.execute(_latest_claims(ids, now, public)), *_measured(session, ids, now)):
        worst[component_id] = max(worst[component_id], status, key=lambda s: s.severity)
    return worst


def muted_components(session: Session, component_ids: Iterable[str], now: datetime) -> set[str]:
    """Which of the components are under announced maintenance now: measurements of them alarm nobody."""
    last = (
        select(StatusChange.component_id, StatusChange.maintenance_id, StatusChange.status)
        .join(Maintenance, Maintenance.id == StatusChange.maintenance_id)
        .where(
            StatusChange.component_id.in_(list(component_ids)),
            StatusChange.at <= now,
            Maintenance.status.in_([status for status in MaintenanceStatus if status.is_running]),
            Maintenance.starts_at <= now,
            Maintenance.ends_at > now,
        )
        .order_by(StatusChange.at, StatusChange.id)
    )
    said = {(component, work): status for component, work, status in session.execute(last)}
    return {component for (component, _), status in said.items() if status is not ComponentStatus.OPERATIONAL}


def _measured(session: Session, component_ids: list[str], now: datetime) -> list[tuple[str, ComponentStatus]]:
    """What monitors say of the components, as far as they say anything."""
    rows = session.execute(
        select(Monitor.component_id, Monitor.status).where(
            Monitor.component_id.in_(component_ids),
            Monitor.enabled,
            Monitor.removed_at.is_(None),
            Monitor.status_since.is_not(None),
        )
    )
    found: dict[str, set[ComponentStatus]] = {}
    for component_id, status in rows:
        found.setdefault(component_id, set()).add(status)
    for component_id in muted_components(session, found, now) if found else ():
        del found[component_id]
    for said in found.values():
        if ComponentStatus.OPERATIONAL in said:
            said.discard(ComponentStatus.UNKNOWN)
    return [(component_id, status) for component_id, said in found.items() for status in said]


def _latest_claims(component_ids: list[str], now: datetime, public: bool) -> Any:
    """Select (component_id, status): the last word of each source that can hold a component now."""
    open_incidents = select(Incident.id).where(Incident.status.in_([s for s in IncidentStatus if s.is_open]))
    if public:
        open_incidents = open_incidents.where(Incident.public_at.is_not(None))
    running = select(Maintenance.id).where(Maintenance.status.in_([s for s in MaintenanceStatus if s.is_running]))
    rank = func.row_number().over(
        partition_by=(StatusChange.component_id, StatusChange.incident_id, StatusChange.maintenance_id),
        order_by=(StatusChange.at.desc(), StatusChange.id.desc()),
    )
    ranked = (
        select(StatusChange.component_id, StatusChange.status, rank.label("rank"))
        .where(
            StatusChange.component_id.in_(component_ids),
            StatusChange.at <= now,
            or_(
                IS_BASE,
                StatusChange.incident_id.in_(open_incidents),
                StatusChange.maintenance_id.in_(running),
            ),
        )
        .subquery()
    )
    return select(ranked.c.component_id, ranked.c.status).where(ranked.c.rank == 1)


def _attribute(row: StatusChange, source: Incident | Maintenance | Base) -> None:
    match source:
        case Incident():
            row.incident_id, row.cause = source.id, source.cause
        case Maintenance():
            row.maintenance_id, row.cause = source.id, Cause.OWN
        case Base():
            row.cause, row.note = source.cause, source.note
