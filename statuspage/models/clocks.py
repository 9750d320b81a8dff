"""Rings of the clocks that watch over promises: each is a row, so that none rings twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from statuspage.db import Base
from statuspage.models.columns import Word
from statuspage.models.posts import Incident


class ClockRing(Base):
    """Responsible people were told that an update falls due, is late, or that an incident escalates."""

    __tablename__ = "clock_ring"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(Word)
    """reminder, overdue, escalation (domain.sla.cadence.RingKind)."""
    due_at: Mapped[datetime]
    """What the ring is about: when the update was due, or when the incident was to be escalated."""
    step: Mapped[int] = mapped_column(default=0)
    """0 for the first ring of its kind, then 1, 2 … at growing intervals."""
    at: Mapped[datetime]

    incident: Mapped[Incident] = relationship()

    __table_args__ = (UniqueConstraint("incident_id", "kind", "due_at", "step"),)
