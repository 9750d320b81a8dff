"""Raw results for seven days, digests of each day in the page's zone for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage.components import load_component
from statuspage.domain.health import Outcome, Result
from statuspage.models import CheckResult, LatencyDigest, Monitor
from statuspage.monitor_drafts import MonitorTable
from statuspage.monitoring.judging import Measured, record_results
from statuspage.monitoring.keeping import days_to_digest, digest_day, forget_results
from statuspage.monitors import add_monitor

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def monitor(session: Session, add_components: Callable[..., None], now: datetime) -> Monitor:
    add_components("API")
    table = MonitorTable.model_validate({"kind": "http", "target": "https://api.example.com/"})
    return add_monitor(session, load_component(session, "api"), table, author="ada", now=now)[0]


def measure(session: Session, monitor: Monitor, start: datetime, times: list[int], step: timedelta) -> None:
    results = [Measured(monitor.id, Result(start + n * step, Outcome.UP, ms)) for n, ms in enumerate(times)]
    record_results(session, results, now=start + len(times) * step)


def digests(session: Session) -> dict[date, tuple[int, int, int, int]]:
    rows = session.scalars(select(LatencyDigest).execution_options(populate_existing=True))
    return {row.day: (row.checks, row.p50_ms, row.p95_ms, row.p99_ms) for row in rows}


def test_digest_is_exact(session: Session, monitor: Monitor, now: datetime) -> None:
    measure(session, monitor, now, list(range(100, 0, -1)), timedelta(seconds=30))
    later = now + timedelta(hours=1)
    assert digest_day(session, now.date(), ZoneInfo("UTC"), later) == 1
    assert digests(session) == {now.date(): (100, 50, 95, 99)}


def test_days_are_those_of_the_page_through_dst(session: Session, monitor: Monitor) -> None:
    start = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # 00:30 in Amsterdam; the day has 25 hours
    measure(session, monitor, start, [10] * 25, timedelta(hours=1))
    after = datetime(2026, 10, 26, 9, tzinfo=UTC)
    for day in days_to_digest(AMSTERDAM, after):
        digest_day(session, day, AMSTERDAM, after)
    assert digests(session) == {date(2026, 10, 25): (25, 10, 10, 10)}


def test_finished_day_is_digested_once(session: Session, monitor: Monitor, now: datetime) -> None:
    zone = ZoneInfo("UTC")
    measure(session, monitor, now, [10, 20], timedelta(seconds=30))
    assert digest_day(session, now.date(), zone, now + timedelta(minutes=5)) == 1
    assert digest_day(session, now.date(), zone, now + timedelta(minutes=6)) == 0
    tomorrow = now + timedelta(days=1)
    assert digest_day(session, now.date(), zone, tomorrow) == 1
    assert digest_day(session, now.date(), zone, tomorrow + timedelta(hours=1)) == 0


def test_results_go_after_seven_days(session: Session, monitor: Monitor, now: datetime) -> None:
    measure(session, monitor, now, [10] * 20, timedelta(hours=12))
    later = now + timedelta(days=10)
    assert forget_results(session, later) == 6
    assert forget_results(session, later) == 0
    assert session.scalar(select(func.min(CheckResult.at))) == later - timedelta(days=7)
