"""The page, its groups and its components, and what sources say of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from statuspage.db import Base
from statuspage.domain.vocabulary import Cause, ComponentStatus, Role
from statuspage.models.columns import Id


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
    responsible_email: Mapped[str | None] = mapped_column(String(1000))
    """Who is told before an update falls due and when it is late; several with a comma between."""
    escalation_email: Mapped[str | None] = mapped_column(String(1000))
    """Who is called when an incident escalates, such as an operations centre."""
    alarm_webhook: Mapped[str | None] = mapped_column(String(500))
    reminders: Mapped[list[str]] = mapped_column(
        JSON, default=lambda: ["24h", "1h"], server_default=text("""'["24h", "1h"]'""")
    )
    """How long before a maintenance starts people are reminded of it; empty: never."""
    second_factor_from: Mapped[Role | None]
    """The lowest role that must have a second factor; None: nobody must."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=0)
    relaid_in: Mapped[int] = mapped_column(default=0)
    """Revision of the last change that shows on every page (names, groups, zone): all is rendered again."""

    look: Mapped[Look | None] = relationship(lazy="joined")


class Look(Base):
    """The page's own look (id 1); what is empty is the product's."""

    __tablename__ = "look"

    id: Mapped[int] = mapped_column(ForeignKey("page.id"), primary_key=True)
    colour: Mapped[str | None] = mapped_column(String(7))
    """Of links and buttons, #rrggbb; in the dark scheme `colour_dark`, else the nearest shade that can be read."""
    colour_dark: Mapped[str | None] = mapped_column(String(7))
    logo: Mapped[bytes | None] = mapped_column(LargeBinary)
    logo_type: Mapped[str | None] = mapped_column(String(10))
    """svg, png, webp or jpg."""
    stylesheet: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime]


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
    publishes_itself: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether a measured outage is published without an operator."""
    only_show_if_degraded: Mapped[bool] = mapped_column(default=False)
    start_on: Mapped[date | None]
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    changed_in: Mapped[int] = mapped_column(default=0, index=True)
    settled_until: Mapped[datetime | None]
    """Up to when its states are written down in SettledQuarter. What is said later of the time before lowers it in
    the same transaction (statuspage.unsettling)."""

    group: Mapped[ComponentGroup | None] = relationship()


class StatusChange(Base):
    """One source says that a component has this status from `at` on.

    Sources are told apart: an incident (incident_id), a maintenance (maintenance_id), a monitor (monitor_id), else
    the component's own base (operator, import). What a component shows is the worst of its sources at that instant
    (domain.uptime); a source lets go by saying operational. Rows are never changed.
    """

    __tablename__ = "status_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    component_id: Mapped[str] = mapped_column(ForeignKey("component.id"))
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incident.id"), index=True)
    maintenance_id: Mapped[str | None] = mapped_column(ForeignKey("maintenance.id"), index=True)
    monitor_id: Mapped[str | None] = mapped_column(ForeignKey("monitor.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    status: Mapped[ComponentStatus]
    cause: Mapped[Cause] = mapped_column(default=Cause.OWN)
    note: Mapped[str | None] = mapped_column(String(255))
    author: Mapped[str | None] = mapped_column(String(255))
    recorded_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_status_change_component_at", "component_id", "at"),
        Index("ix_status_change_monitor_at", "monitor_id", "at"),
        Index(
            "ix_status_change_base",
            "component_id",
            "at",
            sqlite_where=text("incident_id IS NULL AND maintenance_id IS NULL AND monitor_id IS NULL"),
            postgresql_where=text("incident_id IS NULL AND maintenance_id IS NULL AND monitor_id IS NULL"),
        ),
    )


class SettledQuarter(Base):
    """What a component showed in a calendar quarter (UTC), as domain.settled writes it; nothing that cannot be worked
    out again from what was said. Right up to the component's `settled_until` only."""

    __tablename__ = "settled_quarter"

    component_id: Mapped[str] = mapped_column(ForeignKey("component.id", ondelete="CASCADE"), primary_key=True)
    quarter: Mapped[str] = mapped_column(String(7), primary_key=True)
    """ "2026-Q4"."""
    opening: Mapped[str] = mapped_column(Text)
    changes: Mapped[str] = mapped_column(Text)
