"""Loads the incidents and maintenances of a selection, as far as they are not remembered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.domain.sla.cadence import next_update_due
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models import Incident, Maintenance, MaintenanceComponent
from statuspage.publishing.memory import Memory
from statuspage.publishing.selecting import Selection
from statuspage.publishing.snapshot import (
    AffectedView,
    ComponentView,
    IncidentView,
    MaintenanceView,
    Touched,
    UpdateView,
)
from statuspage.publishing.updates import Updates, load_updates

View = TypeVar("View", IncidentView, MaintenanceView)


def load_posted(
    session: Session,
    selection: Selection,
    touched: Touched,
    visible: Mapping[str, ComponentView],
    policy: Policy,
    memory: Memory,
) -> tuple[tuple[IncidentView, ...], tuple[MaintenanceView, ...]]:
    """Both of the selection, newest first by start. What `memory` holds and is not touched is taken from there: a
    row that changed since is among the touched ones."""
    incidents = _remembered(memory.incidents, selection.incidents - touched.incidents)
    works = _remembered(memory.maintenances, selection.maintenances - touched.maintenances)
    missing = replace(
        selection,
        incidents=selection.incidents - incidents.keys(),
        maintenances=selection.maintenances - works.keys(),
    )
    updates = load_updates(session, missing, visible)
    incidents |= {view.id: view for view in _load_incidents(session, missing, updates, policy)}
    works |= {view.id: view for view in _load_maintenances(session, missing, updates, visible)}
    return (
        tuple(sorted(incidents.values(), key=lambda view: (view.started_at, view.id), reverse=True)),
        tuple(sorted(works.values(), key=lambda view: (view.starts_at, view.id), reverse=True)),
    )


def _remembered(known: Mapping[str, View], wanted: Iterable[str]) -> dict[str, View]:
    return {key: known[key] for key in wanted if key in known}


def _load_incidents(
    session: Session, selection: Selection, updates: Updates, policy: Policy
) -> tuple[IncidentView, ...]:
    query = select(Incident).where(Incident.public_at.is_not(None))
    if not selection.everything:
        query = query.where(Incident.id.in_(selection.incidents))
    rows = session.scalars(query)
    return tuple(_incident_view(row, updates.of_incident.get(row.id, ()), policy) for row in rows)


def _incident_view(incident: Incident, updates: tuple[UpdateView, ...], policy: Policy) -> IncidentView:
    last = max((update.posted_at for update in updates), default=None)
    return IncidentView(
        id=incident.id,
        title=incident.title,
        priority=incident.priority,
        impact=incident.impact,
        status=incident.status,
        cause=incident.cause,
        provider=incident.provider,
        started_at=incident.started_at,
        created_at=incident.created_at,
        updated_at=incident.updated_at,
        monitoring_at=incident.monitoring_at,
        resolved_at=incident.resolved_at,
        edited_at=incident.edited_at,
        public_at=incident.public_at or incident.created_at,
        shortlink=incident.shortlink,
        updates=updates,
        components=_ever_affected(updates),
        next_update_due_at=next_update_due(policy, incident.priority, incident.status, last) if last else None,
        texts=incident.texts or {},
    )


def _ever_affected(updates: Sequence[UpdateView]) -> tuple[AffectedView, ...]:
    """Each component once: from what it was first to what was said of it last."""
    ever: dict[str, AffectedView] = {}
    for update in reversed(updates):
        for view in update.affected:
            first = ever.get(view.component_id, view)
            ever[view.component_id] = replace(view, old_status=first.old_status)
    return tuple(ever.values())


def _load_maintenances(
    session: Session, selection: Selection, updates: Updates, visible: Mapping[str, ComponentView]
) -> tuple[MaintenanceView, ...]:
    query = select(Maintenance).where(Maintenance.withdrawn_at.is_(None))
    named = select(MaintenanceComponent.maintenance_id, MaintenanceComponent.component_id)
    if not selection.everything:
        query = query.where(Maintenance.id.in_(selection.maintenances))
        named = named.where(MaintenanceComponent.maintenance_id.in_(selection.maintenances))
    members: dict[str, set[str]] = defaultdict(set)
    for maintenance_id, component_id in session.execute(named):
        members[maintenance_id].add(component_id)
    rows = session.scalars(query)
    return tuple(
        _maintenance_view(
            row,
            updates.of_maintenance.get(row.id, ()),
            [component for key, component in visible.items() if key in members[row.id]],
        )
        for row in rows
    )


def _maintenance_view(
    maintenance: Maintenance, updates: tuple[UpdateView, ...], components: Iterable[ComponentView]
) -> MaintenanceView:
    return MaintenanceView(
        id=maintenance.id,
        title=maintenance.title,
        kind=maintenance.kind,
        urgent=maintenance.urgent,
        risk=maintenance.risk,
        reason=maintenance.reason,
        reason_text=maintenance.reason_text,
        status=maintenance.status,
        impact=maintenance.impact,
        starts_at=maintenance.starts_at,
        ends_at=maintenance.ends_at,
        announced_at=maintenance.announced_at,
        notice_required=maintenance.notice_required,
        notice_met=maintenance.notice_met,
        excluded=maintenance.excluded,
        began_at=maintenance.began_at,
        completed_at=maintenance.completed_at,
        cancelled_at=maintenance.cancelled_at,
        created_at=maintenance.created_at,
        updated_at=maintenance.updated_at,
        sequence=maintenance.sequence,
        shortlink=maintenance.shortlink,
        updates=updates,
        extends_id=maintenance.extends_id,
        texts=maintenance.texts or {},
        components=tuple(
            AffectedView(
                component.id,
                component.slug,
                component.name,
                ComponentStatus.OPERATIONAL,
                ComponentStatus.UNDER_MAINTENANCE,
            )
            for component in components
        ),
    )
