"""Loads the timelines of components from their status changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import Session

from statuspage.domain.timeline import Claim, Timeline, timeline
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models import Incident, Maintenance, StatusChange


def load_timelines(
    session: Session, component_ids: Iterable[str], *, since: datetime, until: datetime, internal: bool = False
) -> dict[str, Timeline]:
    """The timeline of each component, right from `since` to `until`; before `since` it holds only the last word of
    each source. What internal incidents said stays out unless `internal`. One query."""
    wanted = list(component_ids)
    claims: dict[str, list[Claim]] = {component_id: [] for component_id in wanted}
    if not wanted:
        return {}
    rows = session.execute(_changes(wanted, since, until, internal)).all()
    for (component_id, incident_id, maintenance_id), said in groupby(rows, key=lambda row: row[:3]):
        if maintenance_id is not None:
            claims[component_id] += _maintenance_claims(maintenance_id, list(said), until)
        else:
            source = f"incident:{incident_id}" if incident_id else "base"
            claims[component_id] += [Claim(source, row.at, row.status, row.cause) for row in said]
    return {component_id: timeline(said, until) for component_id, said in claims.items()}


def _changes(component_ids: list[str], since: datetime, until: datetime, internal: bool) -> Any:
    """Select the changes within the window and the last one before it of each source, by component and source."""
    source = (StatusChange.component_id, StatusChange.incident_id, StatusChange.maintenance_id)
    rank = func.row_number().over(partition_by=source, order_by=(StatusChange.at.desc(), StatusChange.id.desc()))
    before = (
        select(StatusChange.id.label("id"), rank.label("rank"))
        .where(StatusChange.component_id.in_(component_ids), StatusChange.at <= since)
        .subquery()
    )
    last_before = select(before.c.id).where(before.c.rank == 1)
    seen: ColumnElement[bool] = or_(StatusChange.at > since, StatusChange.id.in_(last_before))
    if not internal:
        seen = and_(seen, or_(StatusChange.incident_id.is_(None), Incident.public_at.is_not(None)))
    return (
        select(
            *source,
            StatusChange.at,
            StatusChange.status,
            StatusChange.cause,
            Maintenance.kind,
            Maintenance.starts_at,
            Maintenance.ends_at,
        )
        .outerjoin(Incident, Incident.id == StatusChange.incident_id)
        .outerjoin(Maintenance, Maintenance.id == StatusChange.maintenance_id)
        .where(StatusChange.component_id.in_(component_ids), StatusChange.at <= until, seen)
        .order_by(*source, StatusChange.at, StatusChange.id)
    )


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
