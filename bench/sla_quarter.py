"""The SLA report of a quarter: alone in the database, and with ten times as much history around it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from statuspage.changes import Installation, open_installation
from statuspage.components import ensure_page
from statuspage.db import Base
from statuspage.domain.periods import parse_period
from statuspage.domain.vocabulary import ComponentStatus, Impact, IncidentStatus, Priority
from statuspage.models import Component, Incident, StatusChange
from statuspage.reports.sla import sla_report
from statuspage.settings import Settings

COMPONENTS, EVENTS, OUTSIDE = 50, 500, 10
QUARTER = "2026-Q2"
BEGAN, NOW = datetime(2023, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
RUNS = 15


def measure_sla_quarter(instance: Path, _token: str) -> Iterator[dict[str, object]]:
    """Median of some runs, each in a session of its own."""
    installation = open_installation(Settings(statuspage_instance=instance.parent / "sla"))
    Base.metadata.create_all(installation.database.engine)
    span = parse_period(QUARTER).span(installation.policy(NOW).zone)
    with installation.database.write() as session:
        ensure_page(session, BEGAN)
        _add_components(session)
        _add_incidents(session, "inside", EVENTS, span.start, span.end)
    alone = _timed(installation)
    with installation.database.write() as session:
        half = EVENTS * OUTSIDE // 2
        _add_incidents(session, "before", half, BEGAN, span.start - timedelta(days=1))
        _add_incidents(session, "after", half, span.end + timedelta(days=1), NOW)
    whole = _timed(installation)
    installation.database.dispose()
    facts = {"components": COMPONENTS, "incidents": EVENTS, "outside": EVENTS * OUTSIDE}
    yield {"figure": "sla_quarter_ms", "value": round(whole, 1), "without_history": round(alone, 1), **facts}


def _timed(installation: Installation) -> float:
    spent = []
    for _ in range(RUNS):
        began = time.perf_counter()
        with installation.database.read() as session:
            report = sla_report(session, installation.policies, parse_period(QUARTER), now=NOW)
        spent.append((time.perf_counter() - began) * 1000)
        assert sum(len(row.outages) for row in report.rows) == EVENTS
    return statistics.median(spent)


def _add_components(session: Session) -> None:
    ids = [f"c{n}" for n in range(COMPONENTS)]
    stamps = {"created_at": BEGAN, "updated_at": BEGAN}
    session.execute(insert(Component), [{"id": key, "slug": key, "name": key, **stamps} for key in ids])
    known = [_claim(key, None, BEGAN, ComponentStatus.OPERATIONAL) for key in ids]
    session.execute(insert(StatusChange), known)


def _add_incidents(session: Session, name: str, count: int, since: datetime, until: datetime) -> None:
    """So many outages of twenty minutes, evenly spread, each on the next component."""
    step = (until - since) / (count + 1)
    starts = [(since + step * (n + 1)).replace(microsecond=0) for n in range(count)]
    session.execute(insert(Incident), [_incident(f"{name}{n}", at) for n, at in enumerate(starts)])
    claims = []
    for n, at in enumerate(starts):
        about = f"c{n % COMPONENTS}", f"{name}{n}"
        claims.append(_claim(*about, at, ComponentStatus.MAJOR_OUTAGE))
        claims.append(_claim(*about, at + timedelta(minutes=20), ComponentStatus.OPERATIONAL))
    session.execute(insert(StatusChange), claims)


def _incident(key: str, at: datetime) -> dict[str, Any]:
    ended = at + timedelta(minutes=20)
    times = {"started_at": at, "created_at": at, "updated_at": ended, "resolved_at": ended, "public_at": at}
    known = {"priority": Priority.P1, "impact": Impact.CRITICAL, "status": IncidentStatus.RESOLVED}
    return {"id": key, "title": key, **known, **times}


def _claim(component: str, incident: str | None, at: datetime, status: ComponentStatus) -> dict[str, Any]:
    return {"component_id": component, "incident_id": incident, "at": at, "status": status, "recorded_at": at}
