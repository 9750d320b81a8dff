"""Status history of imported components.

`component_changes`, where a file has them, alone make it: each is a word of the component's own base, counted from
its `changed_at`. Otherwise the history is what the updates said (`affected_components`), as claims of their
incident or maintenance, on a base that is operational from the file's oldest event on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from statuspage.domain.vocabulary import Cause, ComponentStatus
from statuspage.history import IS_BASE
from statuspage.importing.capture import Capture, WireIncident, WireMaintenance
from statuspage.importing.events import IMPORTER, oldest_first, posted_at
from statuspage.importing.rows import in_portions
from statuspage.importing.tally import Tally
from statuspage.models import Component, Incident, Maintenance, StatusChange

Claim = tuple[str, str | None, str | None, datetime, ComponentStatus]
"""component_id, incident_id, maintenance_id, at, status."""


def store_history(session: Session, capture: Capture, *, now: datetime, tally: Tally) -> None:
    """Store the status changes that are not stored yet, in the order they happened."""
    known = set(session.scalars(select(Component.id)))
    imported = _imported_events(session, capture)
    claims: list[Claim]
    if capture.component_changes:
        _drop_claims(session, imported)
        claims = [(c.component_id, None, None, c.changed_at, c.new_status) for c in capture.component_changes]
    else:
        claims = [*_base_claims(session, capture), *_event_claims(capture, imported)]
    wanted = dict.fromkeys(claim for claim in sorted(claims, key=lambda c: c[3]) if claim[0] in known)
    stored = _stored_claims(session, {claim[0] for claim in wanted})
    new = [claim for claim in wanted if claim not in stored]
    tally.created += len(new)
    tally.unchanged += len(wanted) - len(new)
    for portion in in_portions(new):
        session.execute(insert(StatusChange), [_row(claim, now) for claim in portion])


def _imported_events(session: Session, capture: Capture) -> set[str]:
    """Ids of the file's events, without those that operators made here."""
    ids: set[str] = set()
    for portion in in_portions(event.id for event in capture.events):
        for table in (Incident, Maintenance):
            query = select(table.id).where(table.id.in_(portion), table.imported_at.is_not(None))
            ids.update(session.scalars(query))
    return ids


def _drop_claims(session: Session, events: Collection[str]) -> None:
    """Take back what an earlier file without changes made us derive: measured beats derived."""
    for portion in in_portions(events):
        for column in (StatusChange.incident_id, StatusChange.maintenance_id):
            session.execute(delete(StatusChange).where(column.in_(portion), StatusChange.author == IMPORTER))


def _base_claims(session: Session, capture: Capture) -> Iterator[Claim]:
    """Operational since the file's oldest event, for components of which nothing older is known."""
    oldest = min((event.created_at for event in capture.events), default=None)
    if oldest is None:
        return
    described = set(session.scalars(select(StatusChange.component_id).where(IS_BASE, StatusChange.at <= oldest)))
    listed = {c.id: c for c in (*capture.embedded_components(), *(capture.components or ()))}
    named = {a.code: oldest for a in capture.affected() if a.code}
    for key in sorted(listed.keys() | named.keys()):
        begun = max(oldest, listed[key].created_at) if key in listed else oldest
        if key not in described:
            yield key, None, None, begun, ComponentStatus.OPERATIONAL


def _event_claims(capture: Capture, imported: Collection[str]) -> Iterator[Claim]:
    for event in capture.events:
        if event.id in imported:
            yield from _claims_of(event)


def _claims_of(event: WireIncident | WireMaintenance) -> Iterator[Claim]:
    """What one event said of components; when it closed it let go of all it still held."""
    is_incident = isinstance(event, WireIncident)
    source = (event.id, None) if is_incident else (None, event.id)
    held: dict[str, ComponentStatus] = {}
    for update in oldest_first(event):
        for said in update.affected_components or ():
            if said.code and said.new_status and held.get(said.code) is not said.new_status:
                held[said.code] = said.new_status
                yield said.code, *source, posted_at(update), said.new_status
    is_over = not event.status.is_open if isinstance(event, WireIncident) else event.status.is_over
    if is_over:
        closed_at = event.resolved_at or event.updated_at
        for code, status in held.items():
            if status is not ComponentStatus.OPERATIONAL:
                yield code, *source, closed_at, ComponentStatus.OPERATIONAL


def _stored_claims(session: Session, components: Iterable[str]) -> set[Claim]:
    stored: set[Claim] = set()
    columns = (
        StatusChange.component_id,
        StatusChange.incident_id,
        StatusChange.maintenance_id,
        StatusChange.at,
        StatusChange.status,
    )
    for portion in in_portions(components):
        rows = session.execute(select(*columns).where(StatusChange.component_id.in_(portion)))
        stored.update((c, i, m, at, status) for c, i, m, at, status in rows)
    return stored


def _row(claim: Claim, now: datetime) -> dict[str, Any]:
    component_id, incident_id, maintenance_id, at, status = claim
    return {
        "component_id": component_id,
        "incident_id": incident_id,
        "maintenance_id": maintenance_id,
        "at": at,
        "status": status,
        "cause": Cause.OWN,
        "author": IMPORTER,
        "recorded_at": now,
    }
