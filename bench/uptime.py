"""Measured history: ninety days of bars for a page of components, a year of one, and what a year weighs; days that
are over are settled, as a worker does it a quarter of an hour after their end."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from bench.servers import postgres
from statuspage.changes import Installation, open_installation
from statuspage.components import ensure_page
from statuspage.db import Base
from statuspage.domain.intervals import Span
from statuspage.domain.periods import days_in, midnight
from statuspage.domain.uptime import bars_of
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.measurement import settle_all
from statuspage.models import Component, LatencyDigest, Monitor, StatusChange
from statuspage.publishing.timelines import load_timelines
from statuspage.settings import Settings

COMPONENTS, OUTAGES = 500, 24
NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")
YEAR = timedelta(days=365)
BORN = NOW - YEAR
RUNS = 15


def measure_uptime(instance: Path, _token: str) -> Iterator[dict[str, object]]:
    """Medians of some runs, each in a session of its own, from the rows to days and their figure; on SQLite and
    on PostgreSQL."""
    folder = instance.parent / "uptime"
    folder.mkdir(parents=True, exist_ok=True)
    yield from _measure(Settings(statuspage_instance=folder), "sqlite")
    with postgres() as url:
        yield from _measure(Settings(statuspage_instance=folder, database_url=url), "postgresql")


def _measure(settings: Settings, engine: str) -> Iterator[dict[str, object]]:
    installation = open_installation(settings)
    Base.metadata.create_all(installation.database.engine)
    with installation.database.write() as session:
        ensure_page(session, BORN)
        _add_components(session)
    before = _bytes(installation, engine)
    with installation.database.write() as session:
        _add_year(session)
    settle_all(installation, NOW)
    weight = (_bytes(installation, engine) - before) / COMPONENTS
    ids = [f"c{n}" for n in range(COMPONENTS)]
    facts = {"engine": engine, "outages_a_year": OUTAGES}
    bars = _timed(lambda: _days(installation, ids, NOW - timedelta(days=89)))
    yield {"figure": "bars_ms", **bars, "components": COMPONENTS, "days": 90, **facts}
    year = _timed(lambda: _days(installation, ids[:1], BORN))
    yield {"figure": "uptime_year_ms", **year, "components": 1, "days": 366, **facts}
    yield {"figure": "db_bytes_per_component_year", "value": round(weight), "digests": 365, **facts}
    installation.database.dispose()


def _days(installation: Installation, ids: list[str], since: datetime) -> None:
    dates = days_in(Span(since, NOW), ZONE)
    rules = installation.policy(NOW).availability
    with installation.database.read() as session:
        histories = load_timelines(session, ids, since=midnight(dates[0], ZONE), until=NOW)
    for history in histories.values():
        bars_of(history, dates, ZONE, NOW, rules)


def _timed(act: Callable[[], None]) -> dict[str, float]:
    """The medians of wall time and of this process' processor time, in milliseconds."""
    spent, used = [], []
    for _ in range(RUNS):
        began, worked = time.perf_counter(), time.process_time()
        act()
        spent.append((time.perf_counter() - began) * 1000)
        used.append((time.process_time() - worked) * 1000)
    return {"value": round(statistics.median(spent), 1), "cpu_ms": round(statistics.median(used), 1)}


def _bytes(installation: Installation, engine: str) -> int:
    """What the database weighs: on SQLite its pages that are in use."""
    with installation.database.read() as session:
        if engine != "sqlite":
            return session.scalar(text("SELECT pg_database_size(current_database())")) or 0
        pages, free, size = (
            session.scalar(text(f"PRAGMA {name}")) or 0 for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)


def _add_components(session: Session) -> None:
    stamps = {"created_at": BORN, "updated_at": BORN}
    ids = [f"c{n}" for n in range(COMPONENTS)]
    session.execute(insert(Component), [{"id": key, "slug": key, "name": key, **stamps} for key in ids])
    settings = {"kind": "http", "target": "https://example.com/", "every": "60s"}
    monitors = [{"id": f"m{key}", "component_id": key, "kind": "http", "settings": settings, **stamps} for key in ids]
    session.execute(insert(Monitor), monitors)


def _add_year(session: Session) -> None:
    """Outages of some minutes at random instants, and a digest a day."""
    chance = Random(5)
    for n in range(COMPONENTS):
        rows = [_row(n, BORN, ComponentStatus.OPERATIONAL)]
        for start in sorted(chance.sample(range(365 * 24), OUTAGES)):
            at = BORN + timedelta(hours=start, minutes=chance.randrange(20))
            rows.append(_row(n, at, ComponentStatus.MAJOR_OUTAGE))
            rows.append(_row(n, at + timedelta(minutes=chance.randrange(1, 40)), ComponentStatus.OPERATIONAL))
        session.execute(insert(StatusChange), rows)
        session.execute(insert(LatencyDigest), [_digest(n, day, chance) for day in range(365)])


def _row(n: int, at: datetime, status: ComponentStatus) -> dict[str, object]:
    return {"component_id": f"c{n}", "monitor_id": f"mc{n}", "at": at, "status": status, "recorded_at": at}


def _digest(n: int, day: int, chance: Random) -> dict[str, object]:
    p50 = chance.randrange(20, 200)
    at = BORN + timedelta(days=day)
    times = {"p50_ms": p50, "p95_ms": p50 * 2, "p99_ms": p50 * 4}
    return {"monitor_id": f"mc{n}", "day": at.date(), "checks": 1440, "counted_until": at, **times}
