"""Sessions of operators: begun by a log-in, ended by log-out, by age, and whenever password, role or access change.

The browser's cookie holds a key; only its digest is kept, and without its row a cookie opens nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from statuspage.identifiers import digest
from statuspage.models import SignIn, User

LASTS_FOR = timedelta(hours=12)
SEEN_GRAIN = timedelta(minutes=5)
"""How exactly it is noted when a session was last used."""


@dataclass(frozen=True)
class Proof:
    """How somebody proved who they are, and whether by more than one thing."""

    way: str
    two_factors: bool = False


BY_PASSWORD = Proof("password")
BY_CODE = Proof("password", two_factors=True)
BY_PASSKEY = Proof("passkey", two_factors=True)
BY_SIGN_ON = Proof("oidc")


def begin(
    session: Session,
    user: User,
    proof: Proof = BY_PASSWORD,
    *,
    client: str | None,
    browser: str | None,
    now: datetime,
) -> str:
    """A new session of `user`; the key for its cookie."""
    key = secrets.token_urlsafe(32)
    shown = "".join(c for c in browser or "" if c.isprintable())[:255] or None
    row = SignIn(
        user_id=user.id,
        key_digest=digest(key),
        created_at=now,
        seen_at=now,
        client=client and client[:60],
        browser=shown,
        way=proof.way,
        two_factors=proof.two_factors,
    )
    session.add(row)
    session.flush()
    return key


def load(session: Session, key: str, now: datetime) -> SignIn | None:
    """The living session that has this key, of a user who may log in."""
    return session.scalars(
        select(SignIn)
        .join(SignIn.user)
        .where(SignIn.key_digest == digest(key), SignIn.created_at > now - LASTS_FOR, User.active)
    ).one_or_none()


def load_of(session: Session, user: User, now: datetime) -> list[SignIn]:
    """The living sessions of a user, the one used last first."""
    living = select(SignIn).where(SignIn.user_id == user.id, SignIn.created_at > now - LASTS_FOR)
    return list(session.scalars(living.order_by(SignIn.seen_at.desc(), SignIn.id.desc())))


def note_seen(session: Session, sign_in_id: int, now: datetime) -> None:
    """Note that a session is in use, as exactly as SEEN_GRAIN."""
    row = session.get(SignIn, sign_in_id)
    if row is not None:
        row.seen_at = max(row.seen_at, now)


def end(session: Session, key: str) -> None:
    """End the session that has this key."""
    session.execute(delete(SignIn).where(SignIn.key_digest == digest(key)))


def end_one(session: Session, user: User, sign_in_id: int) -> bool:
    """End one session of `user`; whether there was such a one."""
    gone = delete(SignIn).where(SignIn.user_id == user.id, SignIn.id == sign_in_id).returning(SignIn.id)
    return bool(session.scalars(gone).all())


def end_all(session: Session, user: User, *, but: int = 0) -> None:
    """End every session of `user`, or all but one."""
    session.execute(delete(SignIn).where(SignIn.user_id == user.id, SignIn.id != but))


def forget(session: Session, now: datetime) -> None:
    """Delete sessions that are over by age. For the worker."""
    session.execute(delete(SignIn).where(SignIn.created_at <= now - LASTS_FOR))
