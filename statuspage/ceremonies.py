"""What a browser began and must end itself: a sign-on elsewhere, a passkey's challenge. Each key is good for one end,
within minutes; the browser keeps it in its session's cookie, the database its digest and the facts."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from statuspage.identifiers import digest
from statuspage.models import Ceremony

LASTS_FOR = timedelta(minutes=10)


def begin(session: Session, purpose: str, facts: dict[str, Any], now: datetime) -> str:
    """Remember `facts` (JSON) until the browser comes back; the key for its cookie."""
    key = secrets.token_urlsafe(32)
    session.add(Ceremony(key_digest=digest(key), purpose=purpose, facts=facts, created_at=now))
    session.flush()
    return key


def take(session: Session, purpose: str, key: str, now: datetime) -> dict[str, Any] | None:
    """What was remembered, for the one that asks first; None once it is used up, too old, or of another purpose."""
    taken = (
        delete(Ceremony)
        .where(Ceremony.key_digest == digest(key), Ceremony.purpose == purpose, Ceremony.created_at > now - LASTS_FOR)
        .returning(Ceremony.facts)
    )
    return session.scalars(taken).one_or_none()


def forget(session: Session, now: datetime) -> None:
    """Delete what nobody came back for. For the worker."""
    session.execute(delete(Ceremony).where(Ceremony.created_at <= now - LASTS_FOR))
