"""What is kept of measurements: raw results for 7 days, a digest of each day's response times for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from statuspage.domain.percentiles import nearest_rank
from statuspage.domain.periods import day_span, local_date
from statuspage.models import CheckResult, LatencyDigest, Monitor

KEPT_RESULT = timedelta(days=7)
DIGEST_AGE = timedelta(minutes=15)
"""How old the digest of the running day may become."""
_ROWS_AT_ONCE = 10_000
_DIGESTS_AT_ONCE = 100


def forget_results(session: Session, now: datetime) -> int:
    """Delete a portion of the results older than KEPT_RESULT; returns how many, 0 when none is left."""
    old = select(CheckResult.id).where(CheckResult.at < now - KEPT_RESULT).limit(_ROWS_AT_ONCE)
    ids = list(session.scalars(old))
    if ids:
        session.execute(delete(CheckResult).where(CheckResult.id.in_(ids)))
    return len(ids)


def digest_day(session: Session, day: date, zone: ZoneInfo, now: datetime) -> int:
    """Digest a portion of the monitors' response times on a date of the page's zone, those that were not counted for
    longest first. Exact: from the raw results. Returns how many, 0 when all are fresh or final."""
    span = day_span(day, zone)
    until = min(span.end, now)
    stale = span.end if until == span.end else until - DIGEST_AGE
    joined = and_(LatencyDigest.monitor_id == Monitor.id, LatencyDigest.day == day)
    due = (
        select(Monitor.id)
        .outerjoin(LatencyDigest, joined)
        .where(
            or_(LatencyDigest.counted_until.is_(None), LatencyDigest.counted_until < stale),
            Monitor.checked_at >= span.start,
        )
        .order_by(LatencyDigest.counted_until, Monitor.id)
        .limit(_DIGESTS_AT_ONCE)
    )
    monitor_ids = list(session.scalars(due))
    for monitor_id in monitor_ids:
        _digest(session, monitor_id, day, span.start, until)
    session.flush()
    return len(monitor_ids)


def days_to_digest(zone: ZoneInfo, now: datetime) -> Sequence[date]:
    """Yesterday, to be made final, and today."""
    today = local_date(now, zone)
    return (today - timedelta(days=1), today)


def _digest(session: Session, monitor_id: str, day: date, start: datetime, until: datetime) -> None:
    times = session.scalars(
        select(CheckResult.latency_ms)
        .where(
            CheckResult.monitor_id == monitor_id,
            CheckResult.at >= start,
            CheckResult.at < until,
            CheckResult.latency_ms.is_not(None),
            CheckResult.outcome.in_(("up", "slow")),
        )
        .order_by(CheckResult.latency_ms)
    ).all()
    found = [each for each in times if each is not None]
    row = session.get(LatencyDigest, (monitor_id, day))
    if row is None:
        row = LatencyDigest(monitor_id=monitor_id, day=day)
        session.add(row)
    row.checks, row.counted_until = len(found), until
    row.p50_ms, row.p95_ms, row.p99_ms = (nearest_rank(found, each) if found else 0 for each in (50, 95, 99))
