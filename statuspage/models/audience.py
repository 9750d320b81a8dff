"""Subscribers, what they agreed to, and the outbox of what they are owed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from statuspage.db import Base
from statuspage.domain.vocabulary import ComponentStatus, Frequency, Priority
from statuspage.models.columns import Id, Word
from statuspage.models.customers import Contact, ContactLetter
from statuspage.models.page import Component
from statuspage.models.posts import Incident, Update


class Subscriber(Base):
    """Somebody who asked to be told. Hears nothing before `confirmed_at` nor after `unsubscribed_at` or
    `suppressed_at`."""

    __tablename__ = "subscriber"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(Word, default="email")
    address: Mapped[str] = mapped_column(String(500))
    """E-mail address as typed, or the URL of a webhook or chat."""
    address_key: Mapped[str] = mapped_column(String(500))
    """The address in the form that is compared: normalised, lower case."""
    token: Mapped[str] = mapped_column(String(64), unique=True)
    wants_incidents: Mapped[bool] = mapped_column(default=True)
    wants_maintenance: Mapped[bool] = mapped_column(default=True)
    wants_sla_changes: Mapped[bool] = mapped_column(default=True, server_default=true())
    wants_postmortems: Mapped[bool] = mapped_column(default=True, server_default=true())
    all_components: Mapped[bool] = mapped_column(default=True)
    min_priority: Mapped[Priority | None]
    language: Mapped[str] = mapped_column(String(10), default="en")
    frequency: Mapped[Frequency] = mapped_column(default=Frequency.EACH, server_default="each")
    """each (every update as it is posted) or daily (one digest in the morning; mail only)."""
    digested_at: Mapped[datetime | None]
    """Up to when the last digest told."""
    secret: Mapped[str | None] = mapped_column(String(80))
    """Key of a webhook's signature (Standard Webhooks, `whsec_…`)."""
    failing_since: Mapped[datetime | None]
    """First failure in the row that lasts until now; empty once something arrives."""
    quarantined_at: Mapped[datetime | None]
    """Since when a webhook or chat is tried with one message at a time only; operators were told."""
    by_operator: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether an operator entered the address: it may lie in PROBE_ALLOW_PRIVATE."""
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    suppressed_at: Mapped[datetime | None]
    suppressed_for: Mapped[str | None] = mapped_column(String(255))

    components: Mapped[list[Component]] = relationship(secondary="subscriber_component")
    services: Mapped[list[SubscriberService]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    follows: Mapped[list[Follow]] = relationship(order_by="Follow.created_at", passive_deletes=True)

    __table_args__ = (UniqueConstraint("channel", "address_key"),)


class SubscriberComponent(Base):
    __tablename__ = "subscriber_component"

    subscriber_id: Mapped[str] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True)
    component_id: Mapped[str] = mapped_column(
        ForeignKey("component.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class SubscriberService(Base):
    """A service of the policy somebody chose: all its components, those it gets later among them."""

    __tablename__ = "subscriber_service"

    subscriber_id: Mapped[str] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True)
    service: Mapped[str] = mapped_column(String(80), primary_key=True)


class Follow(Base):
    """Somebody hears of one incident until it is resolved, whatever else they chose; not before `confirmed_at`."""

    __tablename__ = "follow"

    subscriber_id: Mapped[str] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True)
    incident_id: Mapped[str] = mapped_column(
        ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    incident: Mapped[Incident] = relationship()


class Consent(Base):
    """Proof of what a subscriber agreed to (GDPR article 7): asked, confirmed, changed, withdrawn."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[str] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(Word)
    source: Mapped[str] = mapped_column(String(80))
    client: Mapped[str | None] = mapped_column(String(60))


class Bounce(Base):
    """A report that mail did not arrive, or was not welcome: RFC 3464, or a provider's event."""

    __tablename__ = "bounce"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[str | None] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), index=True)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(Word)
    """hard, soft or complaint."""
    words: Mapped[str | None] = mapped_column(String(500))
    source: Mapped[str] = mapped_column(Word)
    """rfc3464, ses, postmark, mailgun, sendgrid."""
    at: Mapped[datetime]
    received_at: Mapped[datetime]


class Reminder(Base):
    """A maintenance is about to start: told so long ahead, once for each window."""

    __tablename__ = "reminder"

    id: Mapped[int] = mapped_column(primary_key=True)
    maintenance_id: Mapped[str] = mapped_column(ForeignKey("maintenance.id", ondelete="CASCADE"))
    ahead: Mapped[str] = mapped_column(String(20))
    """The duration before the start, e.g. 24h."""
    starts_at: Mapped[datetime]
    """The start it was about: a window that moves is reminded of again."""
    reminded_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("maintenance_id", "ahead", "starts_at"),)


class ComponentChange(Base):
    """The public saw a component change from one status to another; webhooks are told of it."""

    __tablename__ = "component_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    component_id: Mapped[str] = mapped_column(ForeignKey("component.id", ondelete="CASCADE"), index=True)
    old_status: Mapped[ComponentStatus]
    new_status: Mapped[ComponentStatus]
    at: Mapped[datetime]


OPEN = text("state = 'due'")
"""Indexes of what is still owed leave out the years of what was sent."""


class Delivery(Base):
    """One message owed to one address: the outbox. Truth lies here; the queue only nudges."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Word)
    """update, confirmation, already, notice, alarm, letter, reminder, digest, component, quarantine,
    invitation."""
    channel: Mapped[str] = mapped_column(Word, default="email")
    lane: Mapped[int] = mapped_column(default=5)
    """Lower goes first: alarms 0, P1 1 … P5 5, maintenance 6; confirmations are taken apart (kind)."""
    subscriber_id: Mapped[str | None] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    """A customer's contact; `address` is theirs then."""
    update_id: Mapped[str | None] = mapped_column(ForeignKey("update.id"), index=True)
    letter_id: Mapped[str | None] = mapped_column(ForeignKey("contact_letter.id"))
    notice_id: Mapped[str | None] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"))
    ring_id: Mapped[int | None] = mapped_column(ForeignKey("clock_ring.id", ondelete="CASCADE"))
    reminder_id: Mapped[int | None] = mapped_column(ForeignKey("reminder.id", ondelete="CASCADE"))
    component_change_id: Mapped[int | None] = mapped_column(ForeignKey("component_change.id", ondelete="CASCADE"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id", ondelete="CASCADE"))
    address: Mapped[str | None] = mapped_column(String(500))
    """Where it goes when it is owed to nobody who subscribed."""
    thread: Mapped[str | None] = mapped_column(Id)
    """The incident or maintenance it is about: what one person hears of it arrives in the order it was posted."""
    told_from: Mapped[datetime | None]
    told_until: Mapped[datetime | None]
    """What a digest tells: all that was posted after the one, up to the other."""
    state: Mapped[str] = mapped_column(Word, default="due")
    """due, sent, dead (given up, can be retried by hand), skipped (no longer wanted at sending)."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))

    subscriber: Mapped[Subscriber | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    update: Mapped[Update | None] = relationship()
    letter: Mapped[ContactLetter | None] = relationship()

    __table_args__ = (
        UniqueConstraint("update_id", "subscriber_id"),
        UniqueConstraint("update_id", "contact_id", name="uq_delivery_update_contact"),
        UniqueConstraint("notice_id", "subscriber_id"),
        UniqueConstraint("ring_id", "address"),
        UniqueConstraint("reminder_id", "subscriber_id"),
        UniqueConstraint("component_change_id", "subscriber_id"),
        UniqueConstraint("told_until", "subscriber_id"),
        Index("ix_delivery_open", "lane", "channel", "due_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_delivery_thread", "subscriber_id", "thread", sqlite_where=OPEN, postgresql_where=OPEN),
    )
