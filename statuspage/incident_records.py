"""Incidents as they are read: one, a list of them, what they hold, and when they owe an update."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, selectinload

from statuspage.domain.sla.cadence import next_update_due
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import ComponentStatus, IncidentStatus
from statuspage.errors import NotFound
from statuspage.models import AffectedComponent, Component, Incident, StatusChange, Update

_WHOLE = (selectinload(Incident.updates).selectinload(Update.affected).joinedload(AffectedComponent.component),)


def load_incident(session: Session, incident_id: str) -> Incident:
    """One incident with updates and what they affected. Raises NotFound."""
    incident = session.scalar(select(Incident).where(Incident.id == incident_id).options(*_WHOLE))
    if incident is None or incident.withdrawn_at is not None:
        raise NotFound("incident", incident_id)
    return incident


def load_incidents(
    session: Session,
    *,
    open_only: bool = False,
    status: IncidentStatus | None = None,
    drafts: bool | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> Sequence[Incident]:
    """Incidents, newest start first; `after` = (started_at, id) of the last one already seen. `drafts`: those alone,
    all but those, or (None) both."""
    query = select(Incident).where(Incident.withdrawn_at.is_(None)).options(*_WHOLE).limit(limit)
    query = query.order_by(Incident.started_at.desc(), Incident.id.desc())
    if open_only:
        query = query.where(Incident.status.in_([s for s in IncidentStatus if s.is_open]))
    if status is not None:
        query = query.where(Incident.status == status)
    if drafts is not None:
        query = query.where(Incident.draft.is_(drafts))
    if after is not None:
        at, last_id = after
        query = query.where(or_(Incident.started_at < at, and_(Incident.started_at == at, Incident.id < last_id)))
    return session.scalars(query).all()


def next_due(incident: Incident, policy: Policy) -> datetime | None:
    """When the next public update is due by the policy; None when none is owed."""
    public = [update.posted_at for update in incident.updates if update.public_at is not None]
    if incident.public_at is None or not public:
        return None
    return next_update_due(policy, incident.priority, incident.status, max(public))


def components_held(session: Session, incident: Incident) -> dict[str, ComponentStatus]:
    """What the incident says of each component it ever named, by slug: its last word."""
    return components_held_by(session, [incident])[incident.id]


def components_held_by(session: Session, found: Iterable[Incident]) -> dict[str, dict[str, ComponentStatus]]:
    """components_held of several incidents at once, by their ids."""
    held: dict[str, dict[str, ComponentStatus]] = {incident.id: {} for incident in found}
    rows = session.execute(
        select(StatusChange.incident_id, Component.slug, StatusChange.status)
        .join(Component, Component.id == StatusChange.component_id)
        .where(StatusChange.incident_id.in_(held))
        .order_by(StatusChange.at, StatusChange.id)
    )
    for incident_id, slug, status in rows:
        assert incident_id is not None
        held[incident_id][slug] = status
    return held
