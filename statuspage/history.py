"""What sources said of components in a stretch of time, read from the database; the cost is that of the stretch.

Bars, percentages and reports are all made of this. Of what lies before the stretch only the words that still hold
are read, each found by an index: the last word of the component's own base, and those of incidents and maintenances
that were not over when the stretch began (each lets go of its components when it ends).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, union_all
from sqlalchemy.orm import Session

from statuspage.domain.timeline import Claim
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models import Component, Incident, Maintenance, StatusChange

_SOURCE = (StatusChange.component_id, StatusChange.incident_id, StatusChange.maintenance_id)
_IS_BASE = StatusChange.incident_id.is_(None) & StatusChange.maintenance_id.is_(None)


def load_claims(
    session: Session, component_ids: Iterable[str], *, since: datetime, until: datetime, internal: bool = False
) -> dict[str, list[Claim]]:
    """The claims on each component after `since` and up to `until`, the words that held at `since`, and when the
    component was first known. What internal incidents said stays out unless `internal`. Two queries."""
    wanted = list(component_ids)
    claims: dict[str, list[Claim]] = {component_id: [] for component_id in wanted}
    if not wanted:
        return claims
    for component_id, at in session.execute(_first_known(wanted, until, internal)):
        if at is not None:
            claims[component_id].append(Claim("first", at, ComponentStatus.OPERATIONAL))
    rows = session.execute(_changes(wanted, since, until, internal)).all()
    for (component_id, incident_id, maintenance_id), said in groupby(rows, key=lambda row: row[:3]):
        if component_id not in claims:
            continue
        if maintenance_id is not None:
            claims[component_id] += _maintenance_claims(maintenance_id, list(said), until)
        else:
            source = f"incident:{incident_id}" if incident_id else "base"
            claims[component_id] += [Claim(source, row.at, row.status, row.cause) for row in said]
    return claims


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
    wanted = union_all(within, _base_before(component_ids, since), *_events_before(since)).subquery()
    found = (
        select(
            *_SOURCE,
            StatusChange.at,
            StatusChange.status,
            StatusChange.cause,
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
        .where(StatusChange.component_id == Component.id, _IS_BASE, StatusChange.at <= since)
        .order_by(StatusChange.at.desc(), StatusChange.id.desc())
        .limit(1)
        .correlate(Component)
        .scalar_subquery()
    )
    return select(last.label("id")).where(Component.id.in_(component_ids))


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
