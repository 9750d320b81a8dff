"""What sources said of components in a stretch of time, read from the database; the cost is that of the stretch.

Bars, percentages and reports are all made of this. Of what lies before the stretch only the words that still hold
are read, each found by an index: the last word of the component's own base and of each of its monitors, and those of
incidents and maintenances that were not over when the stretch began (each lets go of its components when it ends).
Announced work mutes monitors, and an operator's correction replaces all that was said in its span.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Row, Select, bindparam, func, or_, select, union_all
from sqlalchemy.orm import Session

from statuspage.db import UtcDateTime
from statuspage.domain.health import LET_GO
from statuspage.domain.intervals import Span
from statuspage.domain.overlays import Correction, corrected, muted
from statuspage.domain.timeline import FIRST, MONITOR, Claim
from statuspage.domain.vocabulary import Cause, ComponentStatus
from statuspage.models import Component, Incident, Maintenance, Monitor, StatusChange
from statuspage.models import Correction as Corrected

_ROWS = StatusChange.__table__.c
_INCIDENTS = Incident.__table__
_SAID = (
    _ROWS.component_id,
    _ROWS.incident_id,
    _ROWS.maintenance_id,
    _ROWS.monitor_id,
    _ROWS.at,
    _ROWS.status,
    _ROWS.cause,
    _ROWS.note,
)
"""Columns, not attributes: thousands of rows go past the object mapper."""
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_SINCE, _UNTIL = bindparam("since", type_=UtcDateTime()), bindparam("until", type_=UtcDateTime())
_OPERATIONAL = ComponentStatus.OPERATIONAL
_Word = tuple[datetime, ComponentStatus, Cause]
IS_BASE = (
    StatusChange.incident_id.is_(None) & StatusChange.maintenance_id.is_(None) & StatusChange.monitor_id.is_(None)
)
"""Rows of a component's own base."""


def load_claims(
    session: Session, component_ids: Iterable[str], *, since: datetime, until: datetime, internal: bool = False
) -> dict[str, list[Claim]]:
    """The claims on each component after `since` and up to `until`, the words that held at `since`, and when the
    component was first known. What internal incidents said stays out unless `internal`. At most five queries."""
    wanted = list(component_ids)
    claims: dict[str, list[Claim]] = {component_id: [] for component_id in wanted}
    if not wanted:
        return claims
    asked = {"ids": wanted, "since": since, "until": until}
    first_known, held, changes = _QUERIES[internal]
    for component_id, at in session.execute(first_known, asked):
        if at is not None:
            claims[component_id].append(Claim(FIRST, at, ComponentStatus.OPERATIONAL))
    at_work: dict[tuple[str, str], list[_Word]] = defaultdict(list)
    for query in (held, changes):
        _add(claims, at_work, session.execute(query, asked).all())
    works = _load_works(session, {maintenance_id for _, maintenance_id in at_work})
    for (component_id, maintenance_id), said in at_work.items():
        claims[component_id] += _maintenance_claims(works[maintenance_id], said, until)
    for component_id in {component_id for component_id, _ in at_work}:
        claims[component_id] = muted(claims[component_id], until)
    for component_id, corrections in _load_corrections(session, wanted, since, until).items():
        claims[component_id] = corrected(claims[component_id], corrections)
    return claims


def _add(
    claims: Mapping[str, list[Claim]], at_work: Mapping[tuple[str, str], list[_Word]], rows: Iterable[Any]
) -> None:
    """Add what incidents, monitors and the base said; what maintenances said is put by, it needs their windows."""
    for component_id, incident_id, maintenance_id, monitor_id, at, status, cause, note in rows:
        said = claims.get(component_id)
        if said is None:
            continue
        if monitor_id is not None:
            knows = status is _OPERATIONAL and note not in LET_GO
            said.append(Claim(f"{MONITOR}{monitor_id}", at, status, cause, None, False, knows))
        elif maintenance_id is not None:
            at_work[component_id, maintenance_id].append((at, status, cause))
        else:
            said.append(Claim(f"incident:{incident_id}" if incident_id else "base", at, status, cause))


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


def _first_known(*, internal: bool) -> Select[str, datetime]:
    """Select (component id, first claim ever or None)."""
    first = select(StatusChange.at).where(StatusChange.component_id == Component.id, StatusChange.at <= _UNTIL)
    if not internal:
        told = or_(StatusChange.incident_id.is_(None), Incident.public_at.is_not(None))
        first = first.outerjoin(Incident, Incident.id == StatusChange.incident_id).where(told)
    earliest = first.order_by(StatusChange.at).limit(1).correlate(Component).scalar_subquery()
    return select(Component.id, earliest).where(Component.id.in_(_IDS))


def _changes(*, internal: bool) -> Select[Any]:
    """Select what was said within the stretch, in order."""
    found = (
        select(*_SAID)
        .where(_ROWS.component_id.in_(_IDS), _ROWS.at > _SINCE, _ROWS.at <= _UNTIL)
        .order_by(_ROWS.component_id, _ROWS.at, _ROWS.id)
    )
    return found if internal else _only_public(found)


def _held(*, internal: bool) -> Select[Any]:
    """Select the last word of each source that may hold at the start of the stretch."""
    last = union_all(_base_before(), _measured_before(), *_events_before()).subquery()
    found = select(*_SAID).join(last, last.c.id == _ROWS.id)
    return found if internal else _only_public(found)


def _only_public(found: Select[Any]) -> Select[Any]:
    told = or_(_ROWS.incident_id.is_(None), _INCIDENTS.c.public_at.is_not(None))
    return found.outerjoin(_INCIDENTS, _INCIDENTS.c.id == _ROWS.incident_id).where(told)


def _base_before() -> Select[Any]:
    """Ids of the last word of each component's base, up to and with the start of the stretch."""
    last = (
        select(StatusChange.id)
        .where(StatusChange.component_id == Component.id, IS_BASE, StatusChange.at <= _SINCE)
        .order_by(StatusChange.at.desc(), StatusChange.id.desc())
        .limit(1)
        .correlate(Component)
        .scalar_subquery()
    )
    return select(last.label("id")).where(Component.id.in_(_IDS))


def _measured_before() -> Select[Any]:
    """Ids of the last word of each monitor of the components, removed ones too, likewise."""
    last = (
        select(StatusChange.id)
        .where(StatusChange.monitor_id == Monitor.id, StatusChange.at <= _SINCE)
        .order_by(StatusChange.at.desc(), StatusChange.id.desc())
        .limit(1)
        .correlate(Monitor)
        .scalar_subquery()
    )
    return select(last.label("id")).where(Monitor.component_id.in_(_IDS))


def _events_before() -> tuple[Select[Any], Select[Any]]:
    """Ids of the last word on each component of each incident and maintenance that was not over at the start.

    Bound by neither component nor start as an index could take it: SQLite would walk all that ever happened before.
    """
    begun = func.coalesce(Incident.started_at, _SINCE) <= _SINCE
    incidents = select(Incident.id).where(or_(Incident.resolved_at.is_(None), Incident.resolved_at > _SINCE), begun)
    maintenances = select(Maintenance.id).where(
        or_(Maintenance.completed_at.is_(None), Maintenance.completed_at > _SINCE),
        func.coalesce(Maintenance.began_at, _SINCE) <= _SINCE,
    )
    return (
        _last_words(StatusChange.incident_id.in_(incidents)),
        _last_words(StatusChange.maintenance_id.in_(maintenances)),
    )


def _last_words(of_them: ColumnElement[bool]) -> Select[Any]:
    source = (StatusChange.component_id, StatusChange.incident_id, StatusChange.maintenance_id)
    rank = func.row_number().over(partition_by=source, order_by=(StatusChange.at.desc(), StatusChange.id.desc()))
    ranked = select(StatusChange.id, rank.label("rank")).where(of_them, StatusChange.at <= _SINCE).subquery()
    return select(ranked.c.id).where(ranked.c.rank == 1)


_QUERIES = {
    internal: (_first_known(internal=internal), _held(internal=internal), _changes(internal=internal))
    for internal in (False, True)
}
"""Built once, with and without what is internal: building them costs more than a few components' rows."""


def _load_works(session: Session, maintenance_ids: Collection[str]) -> dict[str, Row[Any]]:
    """The id, class and announced window of these maintenances."""
    if not maintenance_ids:
        return {}
    columns = (Maintenance.id, Maintenance.kind, Maintenance.starts_at, Maintenance.ends_at)
    rows: Iterable[Row[Any]] = session.execute(select(*columns).where(Maintenance.id.in_(maintenance_ids)))
    return {row.id: row for row in rows}


def _maintenance_claims(work: Row[Any], said: Sequence[_Word], until: datetime) -> list[Claim]:
    """What a maintenance said, cut at the borders of its announced window: outside it nothing is taken out (A4)."""
    claims: list[Claim] = []
    ends = [*(at for at, _, _ in said[1:]), until]
    for (since, status, cause), end in zip(said, ends, strict=True):
        working = status is not ComponentStatus.OPERATIONAL
        borders = [at for at in (work.starts_at, work.ends_at) if working and since < at < end]
        claims += [
            Claim(
                source=f"maintenance:{work.id}",
                at=at,
                status=status,
                cause=cause,
                kind=work.kind if working else None,
                overrun=working and not work.starts_at <= at < work.ends_at,
            )
            for at in (since, *borders)
        ]
    return claims
