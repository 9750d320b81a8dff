"""What sources said of components in a stretch of time, read from the database; the cost is that of the stretch.

Bars, percentages and reports are all made of this. Of what lies before the stretch only the words that still hold
are read, each found by an index: the last word of the component's own base and of each of its monitors, and those of
incidents and maintenances that were not over when the stretch began (each lets go of its components when it ends).
Announced work mutes monitors, and an operator's correction replaces all that was said in its span.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, union_all
from sqlalchemy.orm import Session

from statuspage.domain.health import LET_GO
from statuspage.domain.intervals import Span
from statuspage.domain.overlays import Correction, corrected, muted
from statuspage.domain.timeline import FIRST, MONITOR, Claim
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models import Component, Incident, Maintenance, Monitor, StatusChange
from statuspage.models import Correction as Corrected

_SOURCE = (
    StatusChange.component_id,
    StatusChange.incident_id,
    StatusChange.maintenance_id,
    StatusChange.monitor_id,
)
IS_BASE = (
    StatusChange.incident_id.is_(None) & StatusChange.maintenance_id.is_(None) & StatusChange.monitor_id.is_(None)
)
"""Rows of a component's own base."""


def load_claims(
    session: Session, component_ids: Iterable[str], *, since: datetime, until: datetime, internal: bool = False
) -> dict[str, list[Claim]]:
    """The claims on each component after `since` and up to `until`, the words that held at `since`, and when the
    component was first known. What internal incidents said stays out unless `internal`. Three queries."""
    wanted = list(component_ids)
    claims: dict[str, list[Claim]] = {component_id: [] for component_id in wanted}
    if not wanted:
        return claims
    for component_id, at in session.execute(_first_known(wanted, until, internal)):
        if at is not None:
            claims[component_id].append(Claim(FIRST, at, ComponentStatus.OPERATIONAL))
    rows = session.execute(_changes(wanted, since, until, internal)).all()
    for (component_id, incident_id, maintenance_id, monitor_id), said in groupby(rows, key=lambda row: row[:4]):
        if component_id not in claims:
            continue
        if maintenance_id is not None:
            claims[component_id] += _maintenance_claims(maintenance_id, list(said), until)
        elif monitor_id is not None:
            claims[component_id] += [_measured_claim(monitor_id, row) for row in said]
        else:
            source = f"incident:{incident_id}" if incident_id else "base"
            claims[component_id] += [Claim(source, row.at, row.status, row.cause) for row in said]
    corrections = _load_corrections(session, wanted, since, until)
    return {
        component_id: corrected(muted(said, until), corrections.get(component_id, ()))
        for component_id, said in claims.items()
    }


def _measured_claim(monitor_id: str, row: Row[Any]) -> Claim:
    knows = row.status is ComponentStatus.OPERATIONAL and row.note not in LET_GO
    return Claim(f"{MONITOR}{monitor_id}", row.at, row.status, row.cause, knows=knows)


def _load_corrections(
    session: Session, component_ids: Collection[str], since: datetime, until: datetime
) -> dict[str, list[Correction]]:
    """The corrections that reach into the stretch and stand, by component, in the order they were recorded."""
    rows = session.execute(
        select(
            Corrected.component_id,
            Corrected.id,
            Corrected.starts_at,
            Corrected.ends_at,
            Corrected.status,
        )
        .where(
            Corrected.component_id.in_(component_ids),
            Corrected.withdrawn_at.is_(None),
            Corrected.ends_at > since,
            Corrected.starts_at < until,
        )
        .order_by(Corrected.id)
    )
    found: dict[str, list[Correction]] = defaultdict(list)
    for component_id, key, starts_at, ends_at, status in rows:
        found[component_id].append(Correction(str(key), Span(starts_at, ends_at), status))
    return found


def _first_known(component_ids: list[str], until: datetime, internal: bool) -> Any:
    """Select (component id, first claim ever or None)."""
    first = select(StatusChange.at).where(StatusChange.component_id == Component.id, StatusChange.at <= until)
    if not internal:
        first = first.outerjoin(Incident, Incident.id == StatusChange.incident_id).where(_is_public())
    earliest = first.order_by(StatusChange.at).limit(1).correlate(Component).scalar_subquery()
    return select(Component.id, earliest).where(Component.id.in_(component_ids))


def _changes(component_ids: list[str], since: datetime, until: datetime, internal: bool) -> Any:
    """Select the rows of the stretch and those that held at its start, by component and source."""
    within = select(StatusChange.id).where(
        StatusChange.component_id.in_(component_ids), StatusChange.at > since, StatusChange.at <= until
    )
    wanted = union_all(
        within, _base_before(component_ids, since), _measured_before(component_ids, since), *_events_before(since)
    ).subquery()
    found = (
        select(
            *_SOURCE,
            StatusChange.at,
            StatusChange.status,
            StatusChange.cause,
            StatusChange.note,
            Maintenance.kind,
            Maintenance.starts_at,
            Maintenance.ends_at,
        )
        .join(wanted, wanted.c.id == StatusChange.id)
        .outerjoin(Incident, Incident.id == StatusChange.incident_id)
        .outerjoin(Maintenance, Maintenance.id == StatusChange.maintenance_id)
        .order_by(*_SOURCE, StatusChange.at, StatusChange.id)
    )
    return found if internal else found.where(_is_public())


def _is_public() -> ColumnElement[bool]:
    return or_(StatusChange.incident_id.is_(None), Incident.public_at.is_not(None))


def _base_before(component_ids: list[str], since: datetime) -> Select[Any]:
    """Ids of the last word of each component's base, up to and with `since`."""
    last = (
        select(StatusChange.id)
        .where(StatusChange.component_id == Component.id, IS_BASE, StatusChange.at <= since)
        .order_by(StatusChange.at.desc(), StatusChange.id.desc())
        .limit(1)
        .correlate(Component)
        .scalar_subquery()
    )
    return select(last.label("id")).where(Component.id.in_(component_ids))


def _measured_before(component_ids: list[str], since: datetime) -> Select[Any]:
    """Ids of the last word of each monitor of the components, removed ones too, up to and with `since`."""
    last = (
        select(StatusChange.id)
        .where(StatusChange.monitor_id == Monitor.id, StatusChange.at <= since)
        .order_by(StatusChange.at.desc(), StatusChange.id.desc())
        .limit(1)
        .correlate(Monitor)
        .scalar_subquery()
    )
    return select(last.label("id")).where(Monitor.component_id.in_(component_ids))


def _events_before(since: datetime) -> tuple[Select[Any], Select[Any]]:
    """Ids of the last word on each component of each incident and maintenance that was not over at `since`.

    Bound by neither component nor start as an index could take it: SQLite would walk all that ever happened before.
    """
    begun = func.coalesce(Incident.started_at, since) <= since
    incidents = select(Incident.id).where(or_(Incident.resolved_at.is_(None), Incident.resolved_at > since), begun)
    maintenances = select(Maintenance.id).where(
        or_(Maintenance.completed_at.is_(None), Maintenance.completed_at > since),
        func.coalesce(Maintenance.began_at, since) <= since,
    )
    return (
        _last_words(StatusChange.incident_id.in_(incidents), since),
        _last_words(StatusChange.maintenance_id.in_(maintenances), since),
    )


def _last_words(of_them: ColumnElement[bool], since: datetime) -> Select[Any]:
    rank = func.row_number().over(partition_by=_SOURCE, order_by=(StatusChange.at.desc(), StatusChange.id.desc()))
    ranked = select(StatusChange.id, rank.label("rank")).where(of_them, StatusChange.at <= since).subquery()
    return select(ranked.c.id).where(ranked.c.rank == 1)


def _maintenance_claims(maintenance_id: str, rows: Sequence[Row[Any]], until: datetime) -> list[Claim]:
    """What a maintenance said, cut at the borders of its announced window: outside it nothing is taken out (A4)."""
    claims: list[Claim] = []
    ends = [*(row.at for row in rows[1:]), until]
    for row, end in zip(rows, ends, strict=True):
        working = row.status is not ComponentStatus.OPERATIONAL
        borders = [at for at in (row.starts_at, row.ends_at) if working and row.at < at < end]
        for at in (row.at, *borders):
            claims.append(
                Claim(
                    source=f"maintenance:{maintenance_id}",
                    at=at,
                    status=row.status,
                    cause=row.cause,
                    kind=row.kind if working else None,
                    overrun=working and not row.starts_at <= at < row.ends_at,
                )
            )
    return claims
