"""What the page says beside incidents and maintenance, and the versions of the policy it was seen to have."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from statuspage.db import Base
from statuspage.models.columns import Id, Word


class Notice(Base):
    """A word to the public: shown on the front page until `ends_at`, in the feeds for good."""

    __tablename__ = "notice"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Word, default="notice")
    """notice, sla_change."""
    title: Mapped[str] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text)
    """Markdown."""
    texts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """In further languages: {"nl": {"title": …, "body": …}}."""
    pinned: Mapped[bool] = mapped_column(default=False)
    """Stands above the others."""
    posted_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    edits: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was changed since it was posted."""
    author: Mapped[str | None] = mapped_column(String(255))


class PolicyVersion(Base):
    """A version of the policy that this installation has seen; the first one ever seen is not announced."""

    __tablename__ = "policy_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    policy_id: Mapped[str] = mapped_column(String(80))
    version: Mapped[str] = mapped_column(String(80))
    effective_from: Mapped[date]
    digest: Mapped[str] = mapped_column(String(64))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The file's content, so that a version stays readable when its file is gone."""
    first_seen_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("policy_id", "effective_from", "digest"),)
