from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text, update
from sqlalchemy.orm import Session

from statuspage.changes import Installation
from statuspage.domain.vocabulary import Priority
from statuspage.models import Delivery
from statuspage.notify import outbox
from statuspage.notify.kinds import updates
from tests.notify.conftest import OpenIncident, Subscribe


@pytest.fixture
def three(subscribe: Subscribe, open_incident: OpenIncident) -> None:
    subscribe("a@example.com", "b@example.com", "c@example.com")
    open_incident(priority=Priority.P2)


def test_post_owes_each_recipient_once(three: None, installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        rows = session.scalars(select(Delivery)).all()
        assert [(row.state, row.lane, row.attempts) for row in rows] == [("due", 2, 0)] * 3
        post = rows[0].update
        assert post is not None
        assert updates.owe(session, post, now=now) == 0


def test_claimed_delivery_is_not_claimed_twice(three: None, installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        first = outbox.claim(session, now=now, limit=2)
        assert [row.id for row in first] == [1, 2]
        assert [row.id for row in outbox.claim(session, now=now, limit=9)] == [3]
        assert outbox.claim(session, now=now, limit=9) == []


def test_lapsed_lease_is_claimed_again(three: None, installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        outbox.claim(session, now=now, limit=9)
        assert outbox.claim(session, now=now + outbox.LEASE - timedelta(seconds=1), limit=9) == []
        assert len(outbox.claim(session, now=now + outbox.LEASE, limit=9)) == 3


def test_renewed_lease_holds_longer(three: None, installation: Installation, now: datetime) -> None:
    later = now + timedelta(seconds=20)
    with installation.database.write() as session:
        rows = outbox.claim(session, now=now, limit=9)
        outbox.renew(session, [row.id for row in rows], now=later)
        assert outbox.claim(session, now=now + outbox.LEASE, limit=9) == []


def test_gravest_goes_first(
    subscribe: Subscribe, open_incident: OpenIncident, installation: Installation, now: datetime
) -> None:
    subscribe("a@example.com")
    for priority in (Priority.P3, Priority.P1, Priority.P2):
        open_incident(priority=priority)
    with installation.database.write() as session:
        assert [row.lane for row in outbox.claim(session, now=now, limit=9)] == [1, 2, 3]


def test_waits_grow_until_given_up(three: None, installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        waits, at = [], now
        while rows := outbox.claim(session, now=at, limit=1):
            due_at = outbox.record_failed(session, rows[0], error="451 later", now=at)
            if due_at is None:
                break
            waits.append(due_at - at)
            at = due_at
            session.execute(update(Delivery).where(Delivery.id != 1).values(due_at=at + timedelta(days=9)))
        assert waits[0] >= timedelta(minutes=5)
        assert all(shorter < longer for shorter, longer in pairwise(waits[:6]))
        assert timedelta(days=3) < sum(waits, timedelta()) < timedelta(days=5)
        first = session.get_one(Delivery, 1)
        assert (first.state, first.attempts, first.last_error) == ("dead", 9, "451 later")


def test_jitter_differs_between_deliveries() -> None:
    waits = {outbox.retry_wait(delivery_id, 1) for delivery_id in range(50)}
    assert len(waits) > 40
    assert max(waits) <= timedelta(minutes=6)


def test_sent_stays_sent(three: None, installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        rows = outbox.claim(session, now=now, limit=1)
        outbox.record_sent(session, [rows[0].id], now=now)
        outbox.record_failed(session, rows[0], error="a second worker, late", now=now)
        assert session.get_one(Delivery, rows[0].id).state == "sent"


def test_internal_incident_owes_nothing(
    subscribe: Subscribe, open_incident: OpenIncident, installation: Installation
) -> None:
    subscribe("a@example.com")
    open_incident(priority=Priority.P5)
    with installation.database.read() as session:
        assert session.scalars(select(Delivery)).all() == []


def test_gravest_is_found_among_many(
    subscribe: Subscribe, open_incident: OpenIncident, installation: Installation, now: datetime
) -> None:
    subscribe("a@example.com")
    open_incident(priority=Priority.P1)
    with installation.database.write() as session:
        wait_in_line(session, 20_000, now)
        assert [row.lane for row in outbox.claim(session, now=now, limit=3)] == [1, 4, 4]
        plan = " ".join(explain(session, now))
    assert "ix_delivery_open" in plan
    assert "SCAN delivery" not in plan.replace("SCAN delivery_", "")
    assert "Seq Scan" not in plan
    assert "TEMP B-TREE" not in plan


def wait_in_line(session: Session, number: int, now: datetime) -> None:
    """So many older mails of little weight."""
    waiting = {"kind": "update", "channel": "email", "lane": 4, "state": "due", "attempts": 0}
    times = {"created_at": now - timedelta(hours=1), "due_at": now - timedelta(hours=1)}
    session.execute(insert(Delivery), [{**waiting, **times, "address": "x@example.com"}] * number)
    session.execute(text("ANALYZE"))


def explain(session: Session, now: datetime) -> list[str]:
    """How the database finds what is due: the very statement that was run, explained."""
    connection = session.connection()
    said: list[tuple[str, Any]] = []

    def listen(*heard: Any) -> None:
        said.append((heard[2], heard[3]))

    event.listen(connection, "before_cursor_execute", listen)
    assert outbox.is_anything_due(session, now=now, lanes=[4])
    event.remove(connection, "before_cursor_execute", listen)
    ((statement, parameters),) = said
    word = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    return [str(row[-1]) for row in connection.exec_driver_sql(f"{word} {statement}", parameters)]
