"""What lies on an operator's desk: texts to begin with, forms not sent yet, posts that wait for their time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from statuspage.db import Base
from statuspage.models.columns import Id, Word
from statuspage.models.posts import Incident, Maintenance


class Template(Base):
    """A title and a text to begin with; what stands in {{…}} is filled in when it is used."""

    __tablename__ = "template"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    title: Mapped[str | None] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text)
    """Markdown."""
    texts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """In further languages: {"nl": {"title": …, "body": …}}."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class UnsentForm(Base):
    """What an operator typed and has not sent: a row for each form that is open somewhere."""

    __tablename__ = "unsent_form"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    form: Mapped[str] = mapped_column(String(80))
    """Which form, as its page names it: "incident-new"."""
    writer: Mapped[str] = mapped_column(String(40))
    """Which showing of it, so that two tabs do not overwrite each other."""
    fields: Mapped[list[Any]] = mapped_column(JSON)
    """[[name, value], …] as the browser would send them."""
    saved_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    """Sent, or thrown away; `fields` is empty then, and what is still on its way here is not kept any more."""

    __table_args__ = (UniqueConstraint("user_id", "form", "writer"),)


class TimedPost(Base):
    """What publishes itself at its time: an update, or the announcement of a maintenance. The row goes with that, or
    when it is cancelled; what could not be published stays, and says why."""

    __tablename__ = "timed_post"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Word)
    """incident_update, maintenance, maintenance_update."""
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)
    maintenance_id: Mapped[str | None] = mapped_column(ForeignKey("maintenance.id", ondelete="CASCADE"), index=True)
    """What an update is of; both None of a maintenance that is to be announced."""
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The draft as the API takes it."""
    publish_at: Mapped[datetime] = mapped_column(index=True)
    seen_status: Mapped[str | None] = mapped_column(Word)
    """What its incident was when this was written: one that ended meanwhile is not reopened by the clock."""
    created_at: Mapped[datetime]
    author: Mapped[str] = mapped_column(String(255))
    held_at: Mapped[datetime | None]
    held_because: Mapped[str | None] = mapped_column(Text)
    """Since when, and why, it waits for an operator instead of its time."""

    incident: Mapped[Incident | None] = relationship()
    maintenance: Mapped[Maintenance | None] = relationship()
