"""Who hears of a post: the one place that says so, for the outbox, the digest and the number on the button."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from statuspage.domain.mornings import next_morning
from statuspage.domain.vocabulary import Frequency, IncidentStatus, NoticeKind, Priority
from statuspage.models import (
    AffectedComponent,
    Component,
    Follow,
    Incident,
    Maintenance,
    MaintenanceComponent,
    Page,
    Subscriber,
    SubscriberComponent,
    SubscriberService,
    Update,
)

NEW_WINDOWS = ("announced", "moved", "extended", "cancelled")
"""What changes a plan. A reader of digests hears it at once when the window begins before the next digest."""


@dataclass(frozen=True)
class Audience:
    """What a post is about, as far as it decides who hears it.

    `component_ids` empty means that it concerns everybody; `priority` is the incident's, None for maintenance and for
    imported incidents, which nobody is mailed about. Who follows `incident_id` hears it whatever else they chose.
    `at_once` says that it does not wait for the digest.
    """

    kind: NoticeKind
    component_ids: frozenset[str]
    priority: Priority | None
    incident_id: str | None = None
    at_once: bool = False


@dataclass(frozen=True)
class Told:
    """How many hear of a post, by channel."""

    by_channel: tuple[tuple[str, int], ...] = ()

    @property
    def by_mail_alone(self) -> bool:
        """Whether all of them are people with a mailbox."""
        return all(channel == "email" for channel, _number in self.by_channel)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(number for _channel, number in self.by_channel)

    def with_mails(self, number: int) -> Told:
        """The same and so many mails more."""
        counted = dict(self.by_channel)
        counted["email"] = counted.get("email", 0) + number
        return Told(tuple(sorted(counted.items()))) if number else self


def select_recipients(audience: Audience) -> Select[str]:
    """A select of the subscriber ids that hear it as it is posted; more columns of Subscriber may be added."""
    chose = and_(wants(audience), hears_each(audience))
    if audience.incident_id is not None:
        chose = or_(chose, is_following(audience.incident_id))
    return select(Subscriber.id).where(is_listening(), chose)


def select_notice_readers(kind: str) -> Select[str]:
    """A select of the subscriber ids that hear a notice: of changed service levels who chose that kind, of others
    everybody who subscribed to anything but a single incident."""
    chose = Subscriber.wants_sla_changes.is_(True) if kind == "sla_change" else subscribes()
    return select(Subscriber.id).where(is_listening(), chose)


def is_listening() -> ColumnElement[bool]:
    """Confirmed, not unsubscribed, not suppressed: read when mail is queued and again when it is sent."""
    return and_(
        Subscriber.confirmed_at.is_not(None), Subscriber.unsubscribed_at.is_(None), Subscriber.suppressed_at.is_(None)
    )


def subscribes() -> ColumnElement[bool]:
    """Whether somebody chose any kind; who does not follows single incidents alone."""
    return or_(
        Subscriber.wants_incidents.is_(True),
        Subscriber.wants_maintenance.is_(True),
        Subscriber.wants_sla_changes.is_(True),
        Subscriber.wants_postmortems.is_(True),
    )


def wants(audience: Audience) -> ColumnElement[bool]:
    """Whether the subscriber chose this kind, so grave a priority, and one of these components."""
    return and_(_wants_kind(audience), chose_components(audience.component_ids))


def hears_each(audience: Audience) -> ColumnElement[bool]:
    """Whether this waits for no digest: P1 and what cannot wait for the morning are told at once to all."""
    if audience.at_once:
        return Subscriber.id.is_not(None)
    return Subscriber.frequency != Frequency.DAILY


def is_following(incident_id: str) -> ColumnElement[bool]:
    """Whether the subscriber follows this incident."""
    return exists().where(
        Follow.subscriber_id == Subscriber.id,
        Follow.incident_id == incident_id,
        Follow.confirmed_at.is_not(None),
        Follow.ended_at.is_(None),
    )


def count_recipients(
    session: Session,
    *,
    components: Collection[str],
    kind: NoticeKind,
    priority: Priority | None = None,
    incident: Incident | None = None,
    at_once: bool = False,
) -> int:
    """How many would hear of a post on the components with these slugs; see `count_told`."""
    return count_told(
        session, components=components, kind=kind, priority=priority, incident=incident, at_once=at_once
    ).total


def count_told(
    session: Session,
    *,
    components: Collection[str],
    kind: NoticeKind,
    priority: Priority | None = None,
    incident: Incident | None = None,
    at_once: bool = False,
) -> Told:
    """How many would hear of a post on the components with these slugs, by channel.

    For a further update pass the incident too: whoever heard its beginning hears its end, so its former components
    and its gravest priority count as well.
    """
    ids = frozenset(session.scalars(select(Component.id).where(Component.slug.in_(components))))
    audience = Audience(kind, ids, priority, at_once=at_once or priority is Priority.P1)
    if incident is not None:
        before = audience_of_incident(session, incident)
        gravest = min(filter(None, (priority, before.priority)), default=None)
        audience = replace(
            before,
            kind=kind,
            component_ids=ids | before.component_ids,
            priority=gravest,
            at_once=gravest is Priority.P1,
            incident_id=incident.id if kind is NoticeKind.INCIDENT else None,
        )
    return _count(session, select_recipients(audience))


def count_notice_readers(session: Session, kind: str = "notice") -> Told:
    """How many would hear of a notice, by channel."""
    return _count(session, select_notice_readers(kind))


def audience_of(session: Session, update: Update) -> Audience:
    """The audience of a stored update."""
    if update.incident_id is None:
        return _audience_of_maintenance(session, update)
    audience = audience_of_incident(session, session.get_one(Incident, update.incident_id))
    status = IncidentStatus(update.status)
    if status is IncidentStatus.POSTMORTEM:
        return replace(audience, kind=NoticeKind.POSTMORTEM, at_once=False)
    # a follow lasts until the incident is resolved; who followed hears it again when it is reopened
    followed = status.is_open or update.event == "resolved"
    return replace(audience, incident_id=update.incident_id if followed else None)


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
    priority = priority if incident.priority else None
    return Audience(NoticeKind.INCIDENT, frozenset(ids), priority, at_once=priority is Priority.P1)


def audience_of_maintenance(session: Session, maintenance_id: str) -> Audience:
    """Who chose maintenance of its components, at their own frequency."""
    ids = session.scalars(
        select(MaintenanceComponent.component_id).where(MaintenanceComponent.maintenance_id == maintenance_id)
    )
    return Audience(NoticeKind.MAINTENANCE, frozenset(ids), None)


def cannot_wait(session: Session, starts_at: datetime, now: datetime) -> bool:
    """Whether a window begins before the next digest: it is told to all at once then."""
    return starts_at < next_morning(now, ZoneInfo(session.get_one(Page, 1).timezone))


def _audience_of_maintenance(session: Session, update: Update) -> Audience:
    assert update.maintenance_id is not None
    audience = audience_of_maintenance(session, update.maintenance_id)
    if update.event not in NEW_WINDOWS:
        return audience
    starts_at = session.get_one(Maintenance, update.maintenance_id).starts_at
    return replace(audience, at_once=cannot_wait(session, starts_at, update.posted_at))


def _count(session: Session, chosen: Select[str]) -> Told:
    ids = chosen.with_only_columns(Subscriber.channel, func.count()).group_by(Subscriber.channel)
    return Told(tuple(sorted((channel, number) for channel, number in session.execute(ids))))


def _wants_kind(audience: Audience) -> ColumnElement[bool]:
    if audience.kind is NoticeKind.MAINTENANCE:
        return Subscriber.wants_maintenance.is_(True)
    if audience.priority is None:
        return false()
    enough = [priority for priority in Priority if priority >= audience.priority]
    chosen = Subscriber.wants_postmortems if audience.kind is NoticeKind.POSTMORTEM else Subscriber.wants_incidents
    return and_(chosen.is_(True), or_(Subscriber.min_priority.is_(None), Subscriber.min_priority.in_(enough)))


def chose_components(component_ids: frozenset[str]) -> ColumnElement[bool]:
    """Whether the subscriber chose one of these components, or all; none named concerns everybody."""
    if not component_ids:
        return Subscriber.id.is_not(None)
    chosen = exists().where(
        SubscriberComponent.subscriber_id == Subscriber.id, SubscriberComponent.component_id.in_(component_ids)
    )
    services = select(Component.service).where(Component.id.in_(component_ids))
    by_service = exists().where(
        SubscriberService.subscriber_id == Subscriber.id, SubscriberService.service.in_(services)
    )
    return or_(Subscriber.all_components.is_(True), chosen, by_service)
