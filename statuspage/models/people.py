"""Operators, their links and tokens, and what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from statuspage.db import Base
from statuspage.domain.vocabulary import Role, Scope
from statuspage.models.columns import Word


class User(Base):
    """Somebody who may open the admin pages."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[Role]
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    """Base32, of the authenticator that makes second codes; it counts once `totp_since` is set."""
    totp_since: Mapped[datetime | None]
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    """The 30-second step of the last code that was taken: none is taken twice."""
    passkey_handle: Mapped[str | None] = mapped_column(String(64))
    """What passkeys call this person (base64url of random bytes): no address stands in a device."""
    passkey_since: Mapped[datetime | None]
    """Since when there is a passkey; None once the last one is gone."""

    @property
    def has_second_factor(self) -> bool:
        """Whether a password alone does not open the admin."""
        return self.totp_since is not None or self.passkey_since is not None


class SignIn(Base):
    """A session of a browser; without its row the cookie opens nothing."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    key_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime]
    client: Mapped[str | None] = mapped_column(String(60))
    browser: Mapped[str | None] = mapped_column(String(255))
    way: Mapped[str] = mapped_column(Word, server_default="password")
    """By what it was begun: password, passkey or oidc."""
    two_factors: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether more than one thing was proven: a code, a passkey that checked its owner, or the provider says so."""

    user: Mapped[User] = relationship()


class Invitation(Base):
    """Somebody who was asked to become a user; the link works once and ends."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), index=True)
    role: Mapped[Role]
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Kept while the link works, because its mail may have to be tried for days."""
    invited_by: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class OneTimeLink(Base):
    """A link that works once: the first set-up. Only the token's digest is kept."""

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
    changes: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    """What the rows were before and are after: [{"table", "row", "before": {…}, "after": {…}}]."""
    client: Mapped[str | None] = mapped_column(String(60))


class Heartbeat(Base):
    """When a process of ours last said that it lives."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime]
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
