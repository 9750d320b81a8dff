"""Regular maintenance slots: windows that come back every week."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from statuspage.db import Base
from statuspage.models.columns import Id
from statuspage.models.page import Component


class RegularSlot(Base):
    """A weekly window, by the wall clock of the policy's zone; each occurrence is announced as a maintenance."""

    __tablename__ = "regular_slot"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text)
    texts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """Title and body in further languages of the page, as its occurrences will have them."""
    weekday: Mapped[int]
    """0 is Monday."""
    starts: Mapped[time]
    minutes: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """From then on nothing further is announced."""
    author: Mapped[str | None] = mapped_column(String(255))

    components: Mapped[list[Component]] = relationship(
        secondary="regular_slot_component", order_by="Component.position"
    )


class RegularSlotComponent(Base):
    __tablename__ = "regular_slot_component"

    slot_id: Mapped[str] = mapped_column(ForeignKey("regular_slot.id", ondelete="CASCADE"), primary_key=True)
    component_id: Mapped[str] = mapped_column(ForeignKey("component.id", ondelete="CASCADE"), primary_key=True)
