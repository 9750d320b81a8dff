"""What is stored: typed tables, no rules.

A row of Incident, Maintenance, Component or Notice carries `changed_in`, the site revision of its last change:
the publisher renders what changed since the revision that is on disk, whoever changed it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from statuspage.db import Base
from statuspage.domain.vocabulary import (
    Cause,
    ComponentStatus,
    Impact,
    IncidentStatus,
    MaintenanceKind,
    MaintenanceStatus,
    Priority,
    Risk,
    Role,
    Scope,
)

Id = String(40)
Word = String(40)


class Page(Base):
    """The one status page (id 1): its settings and the revision that each change raises."""

    __tablename__ = "page"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(255))
    url: Mapped[str | None] = mapped_column(String(500))
    timezone: Mapped[str] = mapped_column(String(60), default="UTC")
    languages: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["en"])
    support_url: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=0)
    relaid_in: Mapped[int] = mapped_column(default=0)
    """Revision of the last change that shows on every page (names, groups, zone): all is rendered again."""


class ComponentGroup(Base):
    __tablename__ = "component_group"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Component(Base):
    __tablename__ = "component"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    group_id: Mapped[str | None] = mapped_column(ForeignKey("component_group.id"))
    service: Mapped[str | None] = mapped_column(String(80))
    beta: Mapped[bool] = mapped_column(default=False)
    hidden: Mapped[bool] = mapped_column(default=False)
    showcase: Mapped[bool] = mapped_column(default=True)
    only_show_if_degraded: Mapped[bool] = mapped_column(default=False)
    start_on: Mapped[date | None]
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    changed_in: Mapped[int] = mapped_column(default=0, index=True)

    group: Mapped[ComponentGroup | None] = relationship()


class Monitor(Base):
    """A measurement of a component as site.toml describes it; kept so that an export gives back what was applied."""

    __tablename__ = "monitor"

    id: Mapped[int] = mapped_column(primary_key=True)
    component_id: Mapped[str] = mapped_column(ForeignKey("component.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)


class StatusChange(Base):
    """One source says that a component has this status from `at` on.

    Sources are told apart: an incident (incident_id), a maintenance (maintenance_id), else the component's
    own base (operator, import). What a component shows is the worst of its sources at that instant
    (domain.uptime); a source lets go by saying operational. Rows are never changed.
    """

    __tablename__ = "status_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    component_id: Mapped[str] = mapped_column(ForeignKey("component.id"))
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incident.id"), index=True)
    maintenance_id: Mapped[str | None] = mapped_column(ForeignKey("maintenance.id"), index=True)
    at: Mapped[datetime]
    status: Mapped[ComponentStatus]
    cause: Mapped[Cause] = mapped_column(default=Cause.OWN)
    note: Mapped[str | None] = mapped_column(String(255))
    author: Mapped[str | None] = mapped_column(String(255))
    recorded_at: Mapped[datetime]

    __table_args__ = (Index("ix_status_change_component_at", "component_id", "at"),)


class Incident(Base):
    """An incident; internal while `public_at` is empty, and once public, public for good."""

    __tablename__ = "incident"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(String(255))
    priority: Mapped[Priority | None]
    impact: Mapped[Impact]
    status: Mapped[IncidentStatus] = mapped_column(index=True)
    cause: Mapped[Cause] = mapped_column(default=Cause.OWN)
    started_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
    monitoring_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    public_at: Mapped[datetime | None]
    imported_at: Mapped[datetime | None]
    shortlink: Mapped[str | None] = mapped_column(String(500))
    author: Mapped[str | None] = mapped_column(String(255))
    changed_in: Mapped[int] = mapped_column(default=0, index=True)

    updates: Mapped[list[Update]] = relationship(
        back_populates="incident", order_by="(Update.posted_at, Update.sequence)"
    )


class Maintenance(Base):
    """A maintenance notice. `kind`, `urgent` and the notice figures are what the policy computed when it was
    announced (or moved); `asked_kind` is what its author wished."""

    __tablename__ = "maintenance"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(String(255))
    asked_kind: Mapped[MaintenanceKind | None]
    kind: Mapped[MaintenanceKind]
    urgent: Mapped[bool] = mapped_column(default=False)
    risk: Mapped[Risk] = mapped_column(default=Risk.NORMAL)
    reason: Mapped[str | None] = mapped_column(String(80))
    reason_text: Mapped[str | None] = mapped_column(Text)
    status: Mapped[MaintenanceStatus] = mapped_column(index=True)
    impact: Mapped[Impact] = mapped_column(default=Impact.MAINTENANCE)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    announced_at: Mapped[datetime]
    """When the present window was announced: a move starts the notice anew."""
    notice_required: Mapped[str | None] = mapped_column(String(20))
    latest_notice_at: Mapped[datetime | None]
    notice_met: Mapped[bool | None]
    excluded: Mapped[bool] = mapped_column(default=False)
    """Whether the contract takes this window out of availability, as classed."""
    began_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
    sequence: Mapped[int] = mapped_column(default=0)
    """RFC 5545 SEQUENCE: raised by each move and by the cancellation."""
    imported_at: Mapped[datetime | None]
    shortlink: Mapped[str | None] = mapped_column(String(500))
    author: Mapped[str | None] = mapped_column(String(255))
    changed_in: Mapped[int] = mapped_column(default=0, index=True)

    updates: Mapped[list[Update]] = relationship(
        back_populates="maintenance", order_by="(Update.posted_at, Update.sequence)"
    )
    components: Mapped[list[Component]] = relationship(
        secondary="maintenance_component", order_by="Component.position"
    )


class MaintenanceComponent(Base):
    __tablename__ = "maintenance_component"

    maintenance_id: Mapped[str] = mapped_column(ForeignKey("maintenance.id"), primary_key=True)
    component_id: Mapped[str] = mapped_column(ForeignKey("component.id"), primary_key=True)


class Update(Base):
    """One post on an incident or a maintenance; internal while `public_at` is empty."""

    __tablename__ = "update"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incident.id"), index=True)
    maintenance_id: Mapped[str | None] = mapped_column(ForeignKey("maintenance.id"), index=True)
    event: Mapped[str] = mapped_column(Word)
    """What happened: opened, updated, raised, lowered, resolved | announced, started, updated, finished, moved,
    cancelled, reminder."""
    status: Mapped[str] = mapped_column(Word)
    body: Mapped[str] = mapped_column(Text)
    """Markdown as typed; of an imported update, the HTML or text the other page had (see `markup`)."""
    markup: Mapped[str] = mapped_column(Word, default="markdown")
    """markdown or html; html is sanitised when it is rendered."""
    priority: Mapped[Priority | None]
    """The incident's priority after this update."""
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """Facts the words rest on, e.g. the old window of a move: {old_starts_at, old_ends_at}."""
    posted_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime]
    public_at: Mapped[datetime | None] = mapped_column(index=True)
    sequence: Mapped[int] = mapped_column(default=0)
    notify: Mapped[bool] = mapped_column(default=True)
    author: Mapped[str | None] = mapped_column(String(255))

    incident: Mapped[Incident | None] = relationship(back_populates="updates")
    maintenance: Mapped[Maintenance | None] = relationship(back_populates="updates")
    affected: Mapped[list[AffectedComponent]] = relationship(back_populates="update")

    __table_args__ = (CheckConstraint("(incident_id IS NULL) <> (maintenance_id IS NULL)", name="one_parent"),)


class AffectedComponent(Base):
    """What an update said of a component."""

    __tablename__ = "affected_component"

    update_id: Mapped[str] = mapped_column(ForeignKey("update.id"), primary_key=True)
    component_id: Mapped[str] = mapped_column(ForeignKey("component.id"), primary_key=True, index=True)
    old_status: Mapped[ComponentStatus]
    new_status: Mapped[ComponentStatus]

    update: Mapped[Update] = relationship(back_populates="affected")
    component: Mapped[Component] = relationship()


class Subscriber(Base):
    """Somebody who asked to be told. Hears nothing before `confirmed_at` nor after `unsubscribed_at` or
    `suppressed_at`."""

    __tablename__ = "subscriber"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(Word, default="email")
    address: Mapped[str] = mapped_column(String(320))
    """E-mail address as typed, or a webhook's URL."""
    address_key: Mapped[str] = mapped_column(String(320))
    """The address in the form that is compared: normalised, lower case."""
    token: Mapped[str] = mapped_column(String(64), unique=True)
    wants_incidents: Mapped[bool] = mapped_column(default=True)
    wants_maintenance: Mapped[bool] = mapped_column(default=True)
    all_components: Mapped[bool] = mapped_column(default=True)
    min_priority: Mapped[Priority | None]
    language: Mapped[str] = mapped_column(String(10), default="en")
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    suppressed_at: Mapped[datetime | None]
    suppressed_for: Mapped[str | None] = mapped_column(String(255))

    components: Mapped[list[Component]] = relationship(secondary="subscriber_component")

    __table_args__ = (UniqueConstraint("channel", "address_key"),)


class SubscriberComponent(Base):
    __tablename__ = "subscriber_component"

    subscriber_id: Mapped[str] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True)
    component_id: Mapped[str] = mapped_column(
        ForeignKey("component.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Consent(Base):
    """Proof of what a subscriber agreed to (GDPR article 7): asked, confirmed, changed, withdrawn."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[str] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(Word)
    source: Mapped[str] = mapped_column(String(80))
    client: Mapped[str | None] = mapped_column(String(60))


class Delivery(Base):
    """One message owed to one address: the outbox. Truth lies here; the queue only nudges."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Word)
    """update, confirmation."""
    channel: Mapped[str] = mapped_column(Word, default="email")
    lane: Mapped[int] = mapped_column(default=5)
    """Lower goes first: P1 1 … P5 5, maintenance 6; confirmations are taken apart (kind)."""
    subscriber_id: Mapped[str | None] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), index=True)
    update_id: Mapped[str | None] = mapped_column(ForeignKey("update.id"), index=True)
    state: Mapped[str] = mapped_column(Word, default="due")
    """due, sent, dead (given up, can be retried by hand), skipped (no longer wanted at sending)."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))

    subscriber: Mapped[Subscriber | None] = relationship()
    update: Mapped[Update | None] = relationship()

    __table_args__ = (
        UniqueConstraint("update_id", "subscriber_id"),
        Index("ix_delivery_open", "state", "lane", "due_at"),
    )


class User(Base):
    """Somebody who may open the admin pages."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[Role]
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    """Changes with the password, so that older sessions end."""
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]


class OneTimeLink(Base):
    """A link that works once: the first set-up, later invitations. Only the token's digest is kept."""

    __tablename__ = "one_time_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(Word)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Base):
    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[Scope]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class IdempotentAnswer(Base):
    """The answer once given to a POST with an Idempotency-Key, to be given again."""

    __tablename__ = "idempotent_answer"

    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Attempt(Base):
    """Something that is rationed: a log-in try, a subscription asked for. `key_digest` hides whom."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(Word)
    key_digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_attempt_action_key_at", "action", "key_digest", "at"),)


class AuditEvent(Base):
    """Who did what, when, from where; appended, never changed."""

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(255))
    action: Mapped[str] = mapped_column(String(80))
    target: Mapped[str | None] = mapped_column(String(255))
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    client: Mapped[str | None] = mapped_column(String(60))


class Heartbeat(Base):
    """When a process of ours last said that it lives."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime]
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
