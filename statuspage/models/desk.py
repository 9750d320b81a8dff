"""What lies on an operator's desk: texts to begin with, and forms that were not sent yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from statuspage.db import Base
from statuspage.models.columns import Id


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
