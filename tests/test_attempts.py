from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import attempts
from statuspage.attempts import Limit, Rationed
from statuspage.models import Attempt

MINUTE = timedelta(minutes=1)
LIMITS = (Limit(2, 10 * MINUTE), Limit(3, 60 * MINUTE))


def test_each_limit_counts(session: Session, now: datetime) -> None:
    for minute in (0, 1):
        attempts.check(session, "log in", "anna", LIMITS, now=now + minute * MINUTE)
        attempts.record(session, "log in", "anna", now + minute * MINUTE)
    with pytest.raises(Rationed) as rationed:
        attempts.check(session, "log in", "anna", LIMITS, now=now + 4 * MINUTE)
    assert rationed.value.retry_after == 6 * MINUTE
    attempts.check(session, "log in", "anna", LIMITS, now=now + 10 * MINUTE)
    attempts.record(session, "log in", "anna", now + 10 * MINUTE)
    with pytest.raises(Rationed):
        attempts.check(session, "log in", "anna", LIMITS, now=now + 30 * MINUTE)


def test_keys_and_actions_are_apart(session: Session, now: datetime) -> None:
    attempts.record(session, "log in", "anna", now)
    assert attempts.count(session, "log in", "bob", now - MINUTE) == 0
    assert attempts.count(session, "subscribe", "anna", now - MINUTE) == 0


def test_whom_is_not_kept(session: Session, now: datetime) -> None:
    attempts.record(session, "subscribe", "anna@example.com", now)
    assert "anna" not in session.scalars(select(Attempt.key_digest)).one()


def test_old_attempts_are_forgotten(session: Session, now: datetime) -> None:
    attempts.record(session, "log in", "anna", now - 3 * MINUTE)
    attempts.record(session, "log in", "anna", now)
    assert attempts.forget(session, now - MINUTE) == 1
