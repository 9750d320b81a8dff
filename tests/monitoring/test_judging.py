"""Results in batches: raw rows, memory, changes of status, silence, wrong clocks, maintenance that mutes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from statuspage import maintenance, windows
from statuspage.changes import Installation
from statuspage.components import load_component
from statuspage.domain.health import Outcome, Result
from statuspage.domain.sla.policy import load_policy
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.drafts import MaintenanceDraft
from statuspage.measurement import take_results, take_silence
from statuspage.models import CheckResult, Monitor, Page, StatusChange
from statuspage.monitor_drafts import MonitorTable
from statuspage.monitoring.judging import Measured, judge_silence, record_results
from statuspage.monitors import add_monitor, load_monitor, pause_monitor, resume_monitor

OPERATIONAL, UNKNOWN = ComponentStatus.OPERATIONAL, ComponentStatus.UNKNOWN
MAJOR = ComponentStatus.MAJOR_OUTAGE


@pytest.fixture
def monitor(session: Session, add_components: Callable[..., None], now: datetime) -> Monitor:
    """Looks at the API every 30 s; three failures count, two good answers end them."""
    add_components("API")
    return add(session, now)


def add(session: Session, now: datetime, **more: Any) -> Monitor:
    table = MonitorTable.model_validate({"kind": "http", "target": "https://api.example.com/", **more})
    return add_monitor(session, load_component(session, "api"), table, author="ada", now=now)[0]


def results(monitor: Monitor, start: datetime, words: str) -> list[Measured]:
    """One result every 30 s: "u" up, "s" slow, "d" down, "?" unknown."""
    outcomes = {"u": Outcome.UP, "s": Outcome.SLOW, "d": Outcome.DOWN, "?": Outcome.UNKNOWN}
    return [
        Measured(monitor.id, Result(start + timedelta(seconds=30 * n), outcomes[word], 20 + n, "200 OK"))
        for n, word in enumerate(words)
    ]


def said(session: Session, monitor: Monitor) -> list[tuple[datetime, ComponentStatus]]:
    rows = session.scalars(
        select(StatusChange).where(StatusChange.monitor_id == monitor.id).order_by(StatusChange.id)
    )
    return [(row.at, row.status) for row in rows]


def seconds(now: datetime, number: int) -> datetime:
    return now + timedelta(seconds=number)


def test_outage_is_one_row_at_its_first_failure(session: Session, monitor: Monitor, now: datetime) -> None:
    judged = record_results(session, results(monitor, now, "uuddd"), now=seconds(now, 120))

    assert said(session, monitor) == [(now, OPERATIONAL), (seconds(now, 60), MAJOR)]
    assert [(each.before, each.status) for each in judged] == [(UNKNOWN, OPERATIONAL), (OPERATIONAL, MAJOR)]
    assert session.scalar(select(func.count(CheckResult.id))) == 5
    session.refresh(monitor)
    assert (monitor.status, monitor.status_since, monitor.latency_ms) == (MAJOR, seconds(now, 60), 24)


def test_certificates_end_is_kept(session: Session, monitor: Monitor, now: datetime) -> None:
    ends = now + timedelta(days=30)
    first, second = results(monitor, now, "uu")
    record_results(session, [Measured(monitor.id, first.result, ends)], now=now)
    record_results(session, [second], now=seconds(now, 30))
    session.refresh(monitor)
    assert monitor.certificate_ends_at == ends
    as_text = text("UPDATE monitor SET certificate_ends_at = '2026-12-16 10:00:00+00:00'")
    session.execute(as_text)  # as it was once stored
    session.refresh(monitor)
    assert monitor.certificate_ends_at == ends


def test_batches_are_judged_as_one_run(session: Session, monitor: Monitor, now: datetime) -> None:
    for each in results(monitor, now, "uddduu"):
        record_results(session, [each], now=each.result.at)

    assert [status for _, status in said(session, monitor)] == [OPERATIONAL, MAJOR, OPERATIONAL]


def test_batch_costs_few_statements(session: Session, monitor: Monitor, now: datetime) -> None:
    others = [add(session, now) for _ in range(300)]
    session.commit()
    statements: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *said: statements.append(said[2]))
    record_results(session, [each for one in others for each in results(one, now, "u")], now=now)
    changed = len([each for each in statements if "status_change" in each])
    assert len(statements) - changed <= 4

    statements.clear()
    later = seconds(now, 30)
    assert record_results(session, [each for one in others for each in results(one, later, "u")], now=later) == []
    assert len(statements) <= 3


def test_results_from_the_future_are_dropped(session: Session, monitor: Monitor, now: datetime) -> None:
    record_results(session, results(monitor, seconds(now, 3600), "d"), now=now)

    assert session.scalar(select(func.count(CheckResult.id))) == 0


def test_clock_that_ran_ahead_leaves_no_history(session: Session, monitor: Monitor, now: datetime) -> None:
    ahead = now + timedelta(hours=5)
    record_results(session, results(monitor, now, "u"), now=now)
    record_results(session, results(monitor, ahead, "ddd"), now=seconds(ahead, 60))
    record_results(session, results(monitor, seconds(now, 60), "u"), now=seconds(now, 60))

    assert all(at <= seconds(now, 60) for at, _ in said(session, monitor))
    assert said(session, monitor)[-1][1] is OPERATIONAL


def test_stopped_prober_is_unknown_from_its_last_result(session: Session, monitor: Monitor, now: datetime) -> None:
    record_results(session, results(monitor, now, "uu"), now=seconds(now, 30))

    assert judge_silence(session, now=seconds(now, 90)) == []
    judged = judge_silence(session, now=seconds(now, 100))
    assert [(each.status, each.at) for each in judged] == [(UNKNOWN, seconds(now, 30))]
    assert judge_silence(session, now=seconds(now, 200)) == []


def test_monitor_never_heard_of_is_unknown(session: Session, monitor: Monitor, now: datetime) -> None:
    assert judge_silence(session, now=seconds(now, 60)) == []
    judged = judge_silence(session, now=seconds(now, 66))
    assert [(each.status, each.at) for each in judged] == [(UNKNOWN, now)]


def test_late_first_result_leaves_a_gap(session: Session, monitor: Monitor, now: datetime) -> None:
    later = now + timedelta(hours=1)
    record_results(session, results(monitor, later, "u"), now=later)
    assert said(session, monitor) == [(now, UNKNOWN), (later, OPERATIONAL)]


def test_heartbeat_waits_for_its_first_call(session: Session, monitor: Monitor, now: datetime) -> None:
    component = monitor.component
    table = MonitorTable.model_validate({"kind": "heartbeat", "period": "1h", "grace": "5m"})
    heartbeat, token = add_monitor(session, component, table, author="ada", now=now)
    record_results(session, results(monitor, now, "u"), now=now)
    judge_silence(session, now=now + timedelta(days=3))

    assert token
    assert said(session, heartbeat) == []


def test_paused_monitor_says_nothing(session: Session, monitor: Monitor, now: datetime) -> None:
    record_results(session, results(monitor, now, "ddd"), now=seconds(now, 60))
    session.refresh(monitor)
    pause_monitor(session, monitor, author="ada", now=seconds(now, 70))
    record_results(session, results(monitor, seconds(now, 90), "ddd"), now=seconds(now, 150))

    assert [status for _, status in said(session, monitor)] == [MAJOR, OPERATIONAL]
    resume_monitor(session, monitor, author="ada", now=seconds(now, 200))
    record_results(session, results(monitor, seconds(now, 210), "d"), now=seconds(now, 210))
    assert len(said(session, monitor)) == 2


def test_announced_work_mutes(session: Session, monitor: Monitor, now: datetime) -> None:
    policy = load_policy("standard")
    draft = MaintenanceDraft(
        title="Work",
        body="We work.",
        starts_at=now + timedelta(days=20),
        ends_at=now + timedelta(days=20, hours=1),
        components=["api"],
    )
    maintenance.schedule(session, draft, policy=policy, author="ada", now=now)
    during = now + timedelta(days=20, minutes=5)
    windows.advance_due(session, now=during)
    judged = record_results(session, results(monitor, during, "ddd"), now=seconds(during, 60))

    assert [(each.status, each.muted) for each in judged] == [(UNKNOWN, True), (MAJOR, True)]


def test_only_changes_are_published(
    installation: Installation, add_components: Callable[..., None], now: datetime
) -> None:
    add_components("API")
    with installation.database.write() as session:
        monitor = add(session, now)
    take_results(installation, results(monitor, now, "u"), now)
    revision = page_revision(installation)
    take_results(installation, results(monitor, seconds(now, 30), "uu"), seconds(now, 60))
    assert page_revision(installation) == revision

    later = seconds(now, 90)
    assert take_results(installation, results(monitor, later, "ddd"), seconds(later, 60))
    assert page_revision(installation) == revision + 1
    assert take_silence(installation, seconds(later, 600))
    assert not take_silence(installation, seconds(later, 660))
    with installation.database.read() as session:
        assert load_monitor(session, monitor.id).status is UNKNOWN


def page_revision(installation: Installation) -> int:
    with installation.database.read() as session:
        return session.get_one(Page, 1).revision
