"""Who hears of an update: the one place that says so, for the outbox and for the number on the button."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from statuspage.domain.vocabulary import NoticeKind, Priority
from statuspage.models import (
    AffectedComponent,
    Component,
    Incident,
    MaintenanceComponent,
    Subscriber,
    SubscriberComponent,
    Update,
)


@dataclass(frozen=True)
class Audience:
    """What an update is about, as far as it decides who hears it.

    `component_ids` empty means that it concerns everybody; `priority` is None for maintenance and for imported
    incidents, which nobody is mailed about.
    """

    kind: NoticeKind
    component_ids: frozenset[str]
    priority: Priority | None


def select_recipients(audience: Audience) -> Select[str]:
    """A select of the subscriber ids that hear it; more columns of Subscriber may be added."""
    return select(Subscriber.id).where(is_listening(), wants_kind(audience), _cares_for(audience.component_ids))


def is_listening() -> ColumnElement[bool]:
    """Confirmed, not unsubscribed, not suppressed: read when mail is queued and again when it is sent."""
    return and_(
        Subscriber.confirmed_at.is_not(None), Subscriber.unsubscribed_at.is_(None), Subscriber.suppressed_at.is_(None)
    )


def wants_kind(audience: Audience) -> ColumnElement[bool]:
    """Whether the subscriber asked for this kind, and for incidents for one as grave as this."""
    if audience.kind is NoticeKind.MAINTENANCE:
        return Subscriber.wants_maintenance.is_(True)
    if audience.priority is None:
        return false()
    enough = [priority for priority in Priority if priority >= audience.priority]
    return and_(
        Subscriber.wants_incidents.is_(True),
        or_(Subscriber.min_priority.is_(None), Subscriber.min_priority.in_(enough)),
    )


def count_recipients(
    session: Session,
    *,
    components: Collection[str],
    kind: NoticeKind,
    priority: Priority | None = None,
    incident: Incident | None = None,
) -> int:
    """How many would hear of a post on the components with these slugs.

    For a further update pass the incident too: whoever heard its beginning hears its end, so its former components
    and its gravest priority count as well.
    """
    ids = set(session.scalars(select(Component.id).where(Component.slug.in_(components))))
    if incident is not None:
        before = audience_of_incident(session, incident)
        ids |= before.component_ids
        priority = min(filter(None, (priority, before.priority)), default=None)
    chosen = select_recipients(Audience(kind, frozenset(ids), priority)).subquery()
    return session.scalar(select(func.count()).select_from(chosen)) or 0


def audience_of(session: Session, update: Update) -> Audience:
    """The audience of a stored update."""
    if update.incident_id is not None:
        return audience_of_incident(session, session.get_one(Incident, update.incident_id))
    ids = session.scalars(
        select(MaintenanceComponent.component_id).where(MaintenanceComponent.maintenance_id == update.maintenance_id)
    )
    return Audience(NoticeKind.MAINTENANCE, frozenset(ids), None)


def audience_of_incident(session: Session, incident: Incident) -> Audience:
    """All components its updates ever named, and the gravest priority it publicly had: who was told that it began
    is told when it is lowered and when it ends."""
    ids = session.scalars(
        select(AffectedComponent.component_id).join(Update).where(Update.incident_id == incident.id).distinct()
    )
    gravest = session.scalar(
        select(func.min(Update.priority)).where(Update.incident_id == incident.id, Update.public_at.is_not(None))
    )
    priority = min(filter(None, (incident.priority, gravest and Priority(gravest))), default=None)
    return Audience(NoticeKind.INCIDENT, frozenset(ids), priority if incident.priority else None)


def _cares_for(component_ids: frozenset[str]) -> ColumnElement[bool]:
    if not component_ids:
        return Subscriber.id.is_not(None)
    chosen = exists().where(
        SubscriberComponent.subscriber_id == Subscriber.id, SubscriberComponent.component_id.in_(component_ids)
    )
    return or_(Subscriber.all_components.is_(True), chosen)
