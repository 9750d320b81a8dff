"""Rationing: how often something was tried by whom, and whether that was too often.

Only a digest of the key (an address, an account) is kept. Two tries at the same instant on PostgreSQL may both
pass the last free place: a ration is a brake, not a lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from statuspage.identifiers import digest
from statuspage.models import Attempt


@dataclass(frozen=True)
class Limit:
    """At most `times` attempts in any stretch of `within`."""

    times: int
    within: timedelta


class Rationed(Exception):
    """Too many attempts. Doors answer 429 with Retry-After, or as if nothing were wrong."""

    def __init__(self, action: str, retry_after: timedelta) -> None:
        self.action = action
        self.retry_after = retry_after
        super().__init__(f"too many attempts: {action}")


def count(session: Session, action: str, key: str, since: datetime) -> int:
    """How many attempts of `action` with `key` there were after `since`."""
    found = session.scalar(
        select(func.count())
        .select_from(Attempt)
        .where(Attempt.action == action, Attempt.key_digest == digest(key), Attempt.at > since)
    )
    return found or 0


def record(session: Session, action: str, key: str, now: datetime) -> None:
    """Write down one attempt."""
    session.add(Attempt(action=action, key_digest=digest(key), at=now))
    session.flush()


def take_back(session: Session, action: str, key: str, at: datetime) -> None:
    """Forget one attempt written down at `at`: it succeeded and shall cost nothing."""
    one = select(func.min(Attempt.id)).where(
        Attempt.action == action, Attempt.key_digest == digest(key), Attempt.at == at
    )
    session.execute(delete(Attempt).where(Attempt.id == one.scalar_subquery()))


def check(session: Session, action: str, key: str, limits: tuple[Limit, ...], *, now: datetime) -> None:
    """Raise Rationed when any of `limits` is used up; writes nothing."""
    for limit in limits:
        if count(session, action, key, now - limit.within) >= limit.times:
            raise Rationed(action, _wait(session, action, key, limit, now))


def forget(session: Session, before: datetime) -> int:
    """Delete attempts older than `before`; how many. For the worker's tick: the longest ration is a day."""
    ids = session.scalars(delete(Attempt).where(Attempt.at < before).returning(Attempt.id)).all()
    return len(ids)


def _wait(session: Session, action: str, key: str, limit: Limit, now: datetime) -> timedelta:
    """Until the oldest of the attempts that fill the limit falls out of it."""
    oldest = session.scalars(
        select(Attempt.at)
        .where(Attempt.action == action, Attempt.key_digest == digest(key), Attempt.at > now - limit.within)
        .order_by(Attempt.at.desc())
        .limit(limit.times)
    ).all()[-1]
    return max(oldest + limit.within - now, timedelta(seconds=1))
