"""Incidents, maintenances and their updates of another page: ids, times and words kept.

They are public since they were created over there, have no priority of ours, and nobody is mailed about them
(notify.outbox skips what is imported). What an operator made here under the same id is left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from statuspage.domain.vocabulary import (
    Cause,
    ComponentStatus,
    IncidentStatus,
    MaintenanceKind,
    MaintenanceStatus,
    Risk,
)
from statuspage.importing.capture import (
    Capture,
    WireAffected,
    WireIncident,
    WireIncidentUpdate,
    WireMaintenance,
    WireMaintenanceUpdate,
)
from statuspage.importing.rows import in_portions, load_rows, store_rows
from statuspage.importing.tally import ImportReport
from statuspage.models import AffectedComponent, Component, Incident, Maintenance, MaintenanceComponent, Update

ONCE = (
    *("id", "public_at", "imported_at", "changed_in", "author", "sequence"),
    *("cause", "priority", "asked_kind", "kind", "urgent", "risk", "excluded"),
)
"""Columns that a second import never changes: our own stamps, and what only operators here can say."""
IMPORTER = "import"

WireUpdate = WireIncidentUpdate | WireMaintenanceUpdate


def store_events(session: Session, capture: Capture, *, revision: int, now: datetime, report: ImportReport) -> None:
    """Store incidents, maintenances and updates, and what these said of components."""
    stamp = {"imported_at": now, "changed_in": revision, "author": IMPORTER}
    incidents = {i.id: i for i in sorted(capture.incidents, key=lambda i: i.updated_at)}
    maintenances = {m.id: m for m in sorted(capture.scheduled_maintenances, key=lambda m: m.updated_at)}
    stored_incidents = load_rows(session, Incident, incidents)
    stored_maintenances = load_rows(session, Maintenance, maintenances)
    ours = {key for key, row in stored_incidents.items() if row.imported_at is None}
    ours_maintained = {key for key, row in stored_maintenances.items() if row.imported_at is None}
    report.incidents.unchanged += len(ours)
    report.maintenances.unchanged += len(ours_maintained)
    store_rows(
        session,
        Incident,
        {key: incident_row(i) | stamp for key, i in incidents.items() if key not in ours},
        stored=stored_incidents,
        once=ONCE,
        tally=report.incidents,
    )
    store_rows(
        session,
        Maintenance,
        {key: maintenance_row(m) | stamp for key, m in maintenances.items() if key not in ours_maintained},
        stored=stored_maintenances,
        once=ONCE,
        tally=report.maintenances,
    )
    theirs = [e for e in capture.events if e.id not in (ours if isinstance(e, WireIncident) else ours_maintained)]
    _store_updates(session, theirs, report)
    _store_maintained(session, [m for m in maintenances.values() if m.id not in ours_maintained])


def incident_row(incident: WireIncident) -> dict[str, Any]:
    """Columns of an incident. One that ended before it began (seen in the wild) began when it ended."""
    closed_at = None if incident.status.is_open else incident.resolved_at or incident.updated_at
    started_at = incident.started_at or incident.created_at
    return {
        "id": incident.id,
        "title": incident.name,
        "priority": None,
        "impact": incident.impact,
        "status": incident.status,
        "cause": Cause.OWN,
        "started_at": min(started_at, closed_at) if closed_at else started_at,
        "created_at": incident.created_at,
        "updated_at": incident.updated_at,
        "monitoring_at": incident.monitoring_at,
        "resolved_at": closed_at,
        "public_at": incident.created_at,
        "shortlink": incident.shortlink,
    }


def maintenance_row(maintenance: WireMaintenance) -> dict[str, Any]:
    """Columns of a maintenance. No notice is judged: it was announced under somebody else's rules."""
    over = maintenance.status is MaintenanceStatus.COMPLETED
    began = [posted_at(u) for u in maintenance.incident_updates if u.status is not MaintenanceStatus.SCHEDULED]
    waiting = maintenance.status is MaintenanceStatus.SCHEDULED
    return {
        "id": maintenance.id,
        "title": maintenance.name,
        "asked_kind": None,
        "kind": MaintenanceKind.SCHEDULED,
        "urgent": False,
        "risk": Risk.NORMAL,
        "status": maintenance.status,
        "impact": maintenance.impact,
        "starts_at": maintenance.scheduled_for,
        "ends_at": max(maintenance.scheduled_until, maintenance.scheduled_for),
        "announced_at": maintenance.created_at,
        "excluded": False,
        "began_at": None if waiting else min(began, default=maintenance.scheduled_for),
        "completed_at": (maintenance.resolved_at or maintenance.updated_at) if over else None,
        "created_at": maintenance.created_at,
        "updated_at": maintenance.updated_at,
        "sequence": 0,
        "shortlink": maintenance.shortlink,
    }


def posted_at(update: WireUpdate) -> datetime:
    """When an update stands on the page: the time its author gave it."""
    return update.display_at or update.created_at


def oldest_first(event: WireIncident | WireMaintenance) -> list[WireUpdate]:
    """An event's updates in the order they were posted; the wire has the newest first."""
    updates: list[WireUpdate] = []
    updates.extend(event.incident_updates[::-1])
    updates.sort(key=posted_at)
    return updates


def _store_updates(
    session: Session,
    events: Collection[WireIncident | WireMaintenance],
    report: ImportReport,
) -> None:
    rows: dict[str, dict[str, Any]] = {}
    said: dict[str, Sequence[WireAffected]] = {}
    ids = {u.id for e in events for u in e.incident_updates}
    stored = load_rows(session, Update, ids)
    for event in events:
        for sequence, (update, row) in enumerate(_update_rows(event)):
            key = _free_id(row, stored, rows)
            if key in rows and rows[key]["updated_at"] > update.updated_at:
                continue
            rows[key] = row | {"id": key, "sequence": sequence}
            said[key] = update.affected_components or ()
    stored |= load_rows(session, Update, rows.keys() - ids)
    written = store_rows(session, Update, rows, stored=stored, once=ONCE, tally=report.updates)
    _store_affected(session, {key: said[key] for key in written}, replaced=written & stored.keys())


def _update_rows(event: WireIncident | WireMaintenance) -> Iterable[tuple[WireUpdate, dict[str, Any]]]:
    parent = "incident_id" if isinstance(event, WireIncident) else "maintenance_id"
    before: str | None = None
    for update in oldest_first(event):
        at = posted_at(update)
        yield (
            update,
            {
                "id": update.id,
                "incident_id": None,
                "maintenance_id": None,
                parent: event.id,
                "event": _event_word(update.status, before, is_incident=isinstance(event, WireIncident)),
                "status": update.status.value,
                "body": update.body or "",
                "markup": "html",
                "priority": None,
                "details": None if at == update.created_at else {"created_at": update.created_at.isoformat()},
                "posted_at": at,
                "updated_at": update.updated_at,
                "public_at": at,
                "notify": update.deliver_notifications,
                "author": IMPORTER,
            },
        )
        before = update.status.value


_ARRIVED = {
    IncidentStatus.RESOLVED.value: "resolved",
    IncidentStatus.POSTMORTEM.value: "postmortem",
    MaintenanceStatus.IN_PROGRESS.value: "started",
    MaintenanceStatus.COMPLETED.value: "finished",
}


def _event_word(status: str, before: str | None, *, is_incident: bool) -> str:
    if before is None:
        return "opened" if is_incident else "announced"
    return "updated" if status == before else _ARRIVED.get(status, "updated")


def _free_id(row: Mapping[str, Any], stored: Mapping[str, Update], rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The update's own id, or one made of its parent's and its own when another event has that id already."""
    parent = (row["incident_id"], row["maintenance_id"])
    key = str(row["id"])
    holder = stored.get(key)
    taken = holder is not None and (holder.incident_id, holder.maintenance_id) != parent
    if key in rows:
        taken |= (rows[key]["incident_id"], rows[key]["maintenance_id"]) != parent
    return hashlib.sha256(f"{parent} {key}".encode()).hexdigest()[:12] if taken else key


def _store_affected(
    session: Session, said: Mapping[str, Sequence[WireAffected]], *, replaced: Collection[str]
) -> None:
    for portion in in_portions(replaced):
        session.execute(delete(AffectedComponent).where(AffectedComponent.update_id.in_(portion)))
    known = set(session.scalars(select(Component.id)))
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for update_id, affected in said.items():
        for component in affected:
            if component.code in known and component.new_status is not None:
                rows[update_id, component.code] = {
                    "update_id": update_id,
                    "component_id": component.code,
                    "old_status": component.old_status or ComponentStatus.OPERATIONAL,
                    "new_status": component.new_status,
                }
    for new in in_portions(rows.values()):
        session.execute(insert(AffectedComponent), new)


def _store_maintained(session: Session, maintenances: Iterable[WireMaintenance]) -> None:
    """Which components a maintenance is about: those it lists and those its updates named."""
    known = set(session.scalars(select(Component.id)))
    pairs = {(m.id, key) for m in maintenances for key in _components_of(m) if key in known}
    stored: set[tuple[str, str]] = set()
    for portion in in_portions({m for m, _ in pairs}):
        query = select(MaintenanceComponent).where(MaintenanceComponent.maintenance_id.in_(portion))
        stored |= {(row.maintenance_id, row.component_id) for row in session.scalars(query)}
    new = [{"maintenance_id": m, "component_id": c} for m, c in sorted(pairs - stored)]
    for rows in in_portions(new):
        session.execute(insert(MaintenanceComponent), rows)


def _components_of(maintenance: WireMaintenance) -> set[str | None]:
    named = {a.code for u in maintenance.incident_updates for a in u.affected_components or ()}
    return named | {component.id for component in maintenance.components}
