"""Incidents, maintenances and their updates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
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
    WorkEffect,
    WorkObject,
)
from statuspage.models.columns import Id, Word
from statuspage.models.page import Component


class Incident(Base):
    """An incident; internal while `public_at` is empty, and once public, public for good."""

    __tablename__ = "incident"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(String(255))
    texts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """In further languages: {"nl": {"title": …}}; the original is in the page's first."""
    priority: Mapped[Priority | None]
    impact: Mapped[Impact]
    status: Mapped[IncidentStatus] = mapped_column(index=True)
    cause: Mapped[Cause] = mapped_column(default=Cause.OWN)
    provider: Mapped[str | None] = mapped_column(String(255))
    """The third party by name, where it is the cause (IS26)."""
    started_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
    monitoring_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    public_at: Mapped[datetime | None]
    imported_at: Mapped[datetime | None]
    draft: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Proposed by a measurement or kept for later; invisible outside and without clocks until it is published."""
    publish_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the worker publishes this draft; None for one that waits for an operator."""
    edited_at: Mapped[datetime | None]
    """When its title or its components were last set right; what they were stands in `versions`."""
    withdrawn_at: Mapped[datetime | None]
    """Posted by mistake: on no page, in no feed and no list from then on; the audit log keeps what it said."""
    shortlink: Mapped[str | None] = mapped_column(String(500))
    author: Mapped[str | None] = mapped_column(String(255))
    changed_in: Mapped[int] = mapped_column(default=0, index=True)

    __table_args__ = (
        Index("ix_incident_resolved_at", "resolved_at", "started_at", "id"),
        # of drafts alone: SQLite would look for what is no draft by it, and read every incident there is
        Index(
            "ix_incident_drafts",
            "started_at",
            sqlite_where=text("draft IS 1"),
            postgresql_where=text("draft IS true"),
        ),
    )

    updates: Mapped[list[Update]] = relationship(
        back_populates="incident",
        primaryjoin="and_(Incident.id == Update.incident_id, Update.withdrawn_at.is_(None))",
        order_by="(Update.posted_at, Update.sequence)",
    )
    versions: Mapped[list[IncidentVersion]] = relationship(order_by="IncidentVersion.id")


class IncidentVersion(Base):
    """What an incident was called and said to affect before that was set right; rows are never changed."""

    __tablename__ = "incident_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(255))
    texts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    components: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What each component was said to be at worst, by slug."""
    replaced_at: Mapped[datetime]
    replaced_by: Mapped[str] = mapped_column(String(255))


class Maintenance(Base):
    """A maintenance notice. `kind`, `urgent` and the notice figures are what the policy computed when it was
    announced (or moved); `asked_kind` is what its author wished."""

    __tablename__ = "maintenance"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(String(255))
    texts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """In further languages: {"nl": {"title": …}}."""
    asked_kind: Mapped[MaintenanceKind | None]
    kind: Mapped[MaintenanceKind]
    urgent: Mapped[bool] = mapped_column(default=False)
    risk: Mapped[Risk] = mapped_column(default=Risk.NORMAL)
    works_on: Mapped[WorkObject | None]
    effect: Mapped[WorkEffect | None]
    """What is worked on (IS31), and what people are to expect meanwhile (IS32, CM28); None where nobody said."""
    reason: Mapped[str | None] = mapped_column(String(80))
    reason_text: Mapped[str | None] = mapped_column(Text)
    status: Mapped[MaintenanceStatus] = mapped_column(index=True)
    impact: Mapped[Impact] = mapped_column(default=Impact.MAINTENANCE)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    announced_at: Mapped[datetime]
    """When the present window was announced: a move starts the notice anew."""
    notice_required: Mapped[str | None] = mapped_column(String(20))
    latest_notice_at: Mapped[datetime | None]
    notice_met: Mapped[bool | None]
    excluded: Mapped[bool] = mapped_column(default=False)
    """Whether the contract takes this window out of availability, as classed."""
    began_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None] = mapped_column(index=True)
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
    sequence: Mapped[int] = mapped_column(default=0)
    """RFC 5545 SEQUENCE: raised by each move and by the cancellation."""
    extends_id: Mapped[str | None] = mapped_column(ForeignKey("maintenance.id"), index=True)
    """The maintenance whose window this one goes on with; it has its own notice and class."""
    slot_id: Mapped[str | None] = mapped_column(ForeignKey("regular_slot.id", ondelete="SET NULL"))
    slot_on: Mapped[date | None]
    """Which occurrence of its regular slot it is: the local day; a skipped or moved one is not announced again."""
    imported_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    """As an incident's; its status is cancelled then."""
    shortlink: Mapped[str | None] = mapped_column(String(500))
    author: Mapped[str | None] = mapped_column(String(255))
    changed_in: Mapped[int] = mapped_column(default=0, index=True)

    __table_args__ = (UniqueConstraint("slot_id", "slot_on"),)

    updates: Mapped[list[Update]] = relationship(
        back_populates="maintenance",
        primaryjoin="and_(Maintenance.id == Update.maintenance_id, Update.withdrawn_at.is_(None))",
        order_by="(Update.posted_at, Update.sequence)",
    )
    components: Mapped[list[Component]] = relationship(
        secondary="maintenance_component", order_by="Component.position"
    )


class MaintenanceComponent(Base):
    __tablename__ = "maintenance_component"

    maintenance_id: Mapped[str] = mapped_column(ForeignKey("maintenance.id"), primary_key=True)
    component_id: Mapped[str] = mapped_column(ForeignKey("component.id"), primary_key=True, index=True)


class Update(Base):
    """One post on an incident or a maintenance; internal while `public_at` is empty."""

    __tablename__ = "update"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incident.id"), index=True)
    maintenance_id: Mapped[str | None] = mapped_column(ForeignKey("maintenance.id"), index=True)
    event: Mapped[str] = mapped_column(Word)
    """What happened: opened, updated, raised, lowered, resolved, reopened, postmortem | announced, started, updated,
    finished, moved, extended, cancelled."""
    status: Mapped[str] = mapped_column(Word)
    body: Mapped[str] = mapped_column(Text)
    """Markdown as typed; of an imported update, the HTML or text the other page had (see `markup`)."""
    texts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """In further languages, Markdown: {"nl": {"body": …}}."""
    markup: Mapped[str] = mapped_column(Word, default="markdown")
    """markdown or html; html is sanitised when it is rendered."""
    priority: Mapped[Priority | None]
    """The incident's priority after this update."""
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """Facts the words rest on: the old window of a move {old_starts_at, old_ends_at}, when a work-around is planned
    {workaround_at}, the snapshot that was restored and until when data changed {snapshot_at, lost_until}."""
    posted_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime]
    public_at: Mapped[datetime | None] = mapped_column(index=True)
    sequence: Mapped[int] = mapped_column(default=0)
    notify: Mapped[bool] = mapped_column(default=True)
    author: Mapped[str | None] = mapped_column(String(255))
    edited_at: Mapped[datetime | None]
    """When its words or its time were last changed; what they were stands in `versions`."""
    withdrawn_at: Mapped[datetime | None]
    """As an incident's; it is not public then, and not among the updates of its incident or maintenance."""

    incident: Mapped[Incident | None] = relationship(back_populates="updates")
    maintenance: Mapped[Maintenance | None] = relationship(back_populates="updates")
    affected: Mapped[list[AffectedComponent]] = relationship(back_populates="update")
    versions: Mapped[list[UpdateVersion]] = relationship(back_populates="update", order_by="UpdateVersion.id")

    __table_args__ = (CheckConstraint("(incident_id IS NULL) <> (maintenance_id IS NULL)", name="one_parent"),)


class UpdateVersion(Base):
    """What an update said before it was edited; rows are never changed."""

    __tablename__ = "update_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    update_id: Mapped[str] = mapped_column(ForeignKey("update.id"), index=True)
    body: Mapped[str] = mapped_column(Text)
    texts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    markup: Mapped[str] = mapped_column(Word)
    posted_at: Mapped[datetime]
    replaced_at: Mapped[datetime]
    replaced_by: Mapped[str] = mapped_column(String(255))

    update: Mapped[Update] = relationship(back_populates="versions")


class AffectedComponent(Base):
    """What an update said of a component."""

    __tablename__ = "affected_component"

    update_id: Mapped[str] = mapped_column(ForeignKey("update.id"), primary_key=True)
    component_id: Mapped[str] = mapped_column(ForeignKey("component.id"), primary_key=True, index=True)
    old_status: Mapped[ComponentStatus]
    new_status: Mapped[ComponentStatus]

    update: Mapped[Update] = relationship(back_populates="affected")
    component: Mapped[Component] = relationship()
