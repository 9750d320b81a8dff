"""What the company measures of itself: monitors of this very page, so that the demo asks nobody outside, with the
response times of ninety days behind them and one failure that began the incident which is open now.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from statuspage.components import load_component
from statuspage.demo import company
from statuspage.domain.health import Outcome, Result
from statuspage.domain.periods import day_span, local_date
from statuspage.models import LatencyDigest, Monitor
from statuspage.monitor_drafts import MonitorTable
from statuspage.monitoring.judging import Measured, record_results
from statuspage.monitors import add_monitor, load_monitors

DAYS = 90
EVERY = timedelta(minutes=1)
KEPT = timedelta(days=1)
"""How much of it is there result by result; a digest tells of each day before."""


class Watched(NamedTuple):
    """A monitor: the component, its name, the path on this page, the usual response time in milliseconds."""

    slug: str
    name: str
    path: str
    usual_ms: int


WATCHED = (
    Watched("api", "Status of the API", "/api/v2/status.json", 14),
    Watched("dashboard", "Log-in page", "/uptime", 38),
    Watched("cards", "Test payment", "/api/v2/components.json", 22),
    Watched("sip-trunks", "Test call", "/components/sip-trunks", 31),
)
FAILED = "sip-trunks"
FAILED_MINUTES_AGO = (31, 19)
"""From when the monitor failed, and since when it answers again."""


def add_measured(session: Session, base: str, author: str, now: datetime) -> None:
    """Add the monitors, which reach the page at `base`, and what they found so far."""
    began = now - timedelta(days=company.BEGAN_DAYS_AGO)
    for watched in WATCHED:
        table = MonitorTable(kind="http", name=watched.name, target=base + watched.path, every="1m", timeout="5s")
        component = load_component(session, watched.slug)
        monitor, _ = add_monitor(session, component, table, author=author, now=began)
        session.add_all(_digests(monitor, watched, now))
        first = Result(began, Outcome.UP, watched.usual_ms, "answered 200")
        record_results(session, [Measured(monitor.id, first)], now=began)
        session.refresh(monitor)
        # all that was heard between is in the digests: without this the months would be a silence
        monitor.memory = {**(monitor.memory or {}), "heard_at": (now - KEPT - EVERY).isoformat()}
        session.flush()
        record_results(session, list(_results(monitor, watched, now)), now=now)


def aim_at(session: Session, base: str, now: datetime) -> bool:
    """Let the monitors reach the page where it is today; whether any had to change."""
    paths = {watched.name: watched.path for watched in WATCHED}
    moved = False
    for monitor in load_monitors(session):
        target = base + paths.get(monitor.name, "")
        if monitor.name in paths and monitor.settings["target"] != target:
            settings = {**monitor.settings, "target": target}
            monitor.settings, monitor.updated_at, moved = settings, now, True
    return moved


def _digests(monitor: Monitor, watched: Watched, now: datetime) -> Iterator[LatencyDigest]:
    zone = ZoneInfo(company.ZONE)
    today = local_date(now, zone)
    for ago in range(DAYS, 0, -1):
        day = today - timedelta(days=ago)
        usual = watched.usual_ms * 5 // 4 + _chance(watched.slug, day.isoformat(), watched.usual_ms // 6)
        slow = usual + watched.usual_ms // 3 + _chance(watched.slug, f"{day} slow", watched.usual_ms // 2)
        yield LatencyDigest(
            monitor_id=monitor.id,
            day=day,
            checks=_checks(day, zone),
            p50_ms=usual,
            p95_ms=slow,
            p99_ms=slow * 2,
            counted_until=day_span(day, zone).end,
        )


def _checks(day: date, zone: ZoneInfo) -> int:
    span = day_span(day, zone)
    return (span.end - span.start) // EVERY


def _results(monitor: Monitor, watched: Watched, now: datetime) -> Iterator[Measured]:
    failed_from, failed_until = (now - timedelta(minutes=minutes) for minutes in FAILED_MINUTES_AGO)
    for number in range(KEPT // EVERY, 0, -1):
        at = now - number * EVERY
        if watched.slug == FAILED and failed_from <= at < failed_until:
            yield Measured(monitor.id, Result(at, Outcome.DOWN, None, "no answer in 5 s"))
            continue
        took = watched.usual_ms + _chance(watched.slug, number, watched.usual_ms // 2)
        if number % 12 == 0:
            took += _chance(watched.slug, number, "slow", watched.usual_ms)
        yield Measured(monitor.id, Result(at, Outcome.UP, took, "answered 200"))


def _chance(*words: str | int) -> int:
    """A number from 0 to the last word, the same for the same words."""
    *names, most = words
    return crc32(" ".join(map(str, names)).encode()) % (int(most) + 1)
