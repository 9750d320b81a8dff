"""By what a person proves who they are, beside the password: passkeys, accounts elsewhere, recovery codes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from statuspage.db import Base
from statuspage.models.columns import Word


class Passkey(Base):
    """A key pair that a person's device or password manager keeps for this page (WebAuthn)."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    """As the device names the key, in base64url; at most 1023 bytes."""
    public_key: Mapped[str] = mapped_column(Text)
    """COSE, in base64url."""
    sign_count: Mapped[int] = mapped_column(BigInteger)
    """How often the device says it has signed; one that falls back is a copy's. 0: the device does not count."""
    transports: Mapped[list[str] | None] = mapped_column(JSON)
    backed_up: Mapped[bool] = mapped_column(server_default=false())
    """Whether the device's owner has it on other devices too."""
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class Identity(Base):
    """An account at the provider of the single sign-on, and whose it is here."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    """The provider's name for it, which never changes and is never given to another."""
    linked_at: Mapped[datetime]
    last_used_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code that stands in for the second factor, once. Only its digest is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    code_digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class Ceremony(Base):
    """A log-in or a registration that a browser began and must end itself, once, within minutes."""

    __tablename__ = "ceremony"

    key_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(Word)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(index=True)
