"""Measurements: what is checked, what a check found, what was judged of it, and who calls us from outside."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from statuspage.db import Base
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models.columns import Id, Word
from statuspage.models.page import Component
from statuspage.models.posts import Incident


class Monitor(Base):
    """One measurement of a component, as site.toml, the form or the API describes it."""

    __tablename__ = "monitor"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    component_id: Mapped[str] = mapped_column(ForeignKey("component.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    kind: Mapped[str] = mapped_column(Word)
    """http, tcp, dns, tls or heartbeat."""
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    """All of site.toml's keys, as typed: kind, target, every, timeout, failures, recoveries …"""
    enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    token_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of a heartbeat's URL."""
    started_at: Mapped[datetime | None]
    """Of a heartbeat whose job said that it began, until it says how it ended."""
    status: Mapped[ComponentStatus] = mapped_column(default=ComponentStatus.UNKNOWN)
    """As judged last; its history is in StatusChange."""
    status_since: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    """Of the last result, whatever it was."""
    silent_at: Mapped[datetime | None]
    """When a monitor that was not heard of since is unknown; empty when it is, or need not be heard of yet."""
    latency_ms: Mapped[int | None]
    last_words: Mapped[str | None] = mapped_column(String(255))
    certificate_ends_at: Mapped[datetime | None]
    memory: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What domain.health needs of the results before: failures and recoveries in a row, the first of them."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    """A removed monitor's row stays, because its history does."""

    component: Mapped[Component] = relationship()


class CheckResult(Base):
    """What one check found; kept 7 days."""

    __tablename__ = "check_result"

    id: Mapped[int] = mapped_column(primary_key=True)
    monitor_id: Mapped[str] = mapped_column(ForeignKey("monitor.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(Word)
    """up, slow, down or unknown (our own trouble)."""
    latency_ms: Mapped[int | None]
    words: Mapped[str | None] = mapped_column(String(255))

    __table_args__ = (Index("ix_check_result_monitor_at", "monitor_id", "at"), Index("ix_check_result_at", "at"))


class LatencyDigest(Base):
    """Response times of a monitor on one day of the page's zone; kept for ever."""

    __tablename__ = "latency_digest"

    monitor_id: Mapped[str] = mapped_column(ForeignKey("monitor.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    checks: Mapped[int]
    p50_ms: Mapped[int]
    p95_ms: Mapped[int]
    p99_ms: Mapped[int]
    counted_until: Mapped[datetime]
    """Of the day's results those before this instant are in; at or after its end the digest is final."""


class Correction(Base):
    """An operator set right what a component was between two instants; recorded, never silent."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    component_id: Mapped[str] = mapped_column(ForeignKey("component.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[ComponentStatus]
    """What it truly was; replaces all sources in that span."""
    reason: Mapped[str] = mapped_column(String(500))
    author: Mapped[str] = mapped_column(String(255))
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Hook(Base):
    """An address that an outside monitor posts to; its token is shown once and kept as a digest."""

    __tablename__ = "hook"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(Word)
    """alertmanager or alert; a heartbeat is a Monitor."""
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    component_id: Mapped[str | None] = mapped_column(ForeignKey("component.id", ondelete="CASCADE"))
    author: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    component: Mapped[Component | None] = relationship()


class Alert(Base):
    """An alert that came in by a hook: one row for each fingerprint and start, however often it is posted."""

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    hook_id: Mapped[str] = mapped_column(ForeignKey("hook.id", ondelete="CASCADE"))
    fingerprint: Mapped[str] = mapped_column(String(255))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    ended_in: Mapped[datetime | None]
    """When the post came in that said it is over."""
    title: Mapped[str] = mapped_column(String(255))
    words: Mapped[str | None] = mapped_column(String(1000))
    severity: Mapped[str | None] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    """What it is about: a component's id, or for an alert that names none a key of its hook and title."""
    component_id: Mapped[str | None] = mapped_column(ForeignKey("component.id", ondelete="SET NULL"))
    received_at: Mapped[datetime]

    hook: Mapped[Hook] = relationship()

    __table_args__ = (
        UniqueConstraint("hook_id", "fingerprint", "starts_at"),
        Index("ix_alert_subject_at", "subject", "starts_at"),
        Index(
            "ix_alert_firing",
            "subject",
            sqlite_where=text("ends_at IS NULL"),
            postgresql_where=text("ends_at IS NULL"),
        ),
    )


class Detection(Base):
    """What went down by measurement, and the incident that was drafted or published for it."""

    __tablename__ = "detection"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(80))
    """A component's id, or the subject of alerts that name none."""
    component_id: Mapped[str | None] = mapped_column(ForeignKey("component.id", ondelete="CASCADE"), index=True)
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incident.id", ondelete="SET NULL"), index=True)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    incident: Mapped[Incident | None] = relationship()

    __table_args__ = (
        Index("ix_detection_subject_began_at", "subject", "began_at"),
        Index("ix_detection_ended_at", "ended_at"),
    )
