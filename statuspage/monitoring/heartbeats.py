"""Heartbeats: jobs that call us. A call is a result like any other; so is the one look that finds a job late.

A job whose call may have been lost while we ourselves were away is not late: nothing is known of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.domain.health import Outcome, Result
from statuspage.domain.intervals import Span
from statuspage.errors import NotFound
from statuspage.identifiers import digest
from statuspage.models import Monitor
from statuspage.monitor_drafts import length_of
from statuspage.monitoring.judging import Measured

AWAY = timedelta(seconds=10)
"""We were not there for longer than this: a call may have been lost, though whoever calls tries a few times."""
EARLY = timedelta(minutes=1)
"""A job may well call so much before its period is over."""


class Signal(StrEnum):
    """What a call says, by the last word of its address."""

    DONE = "done"
    START = "start"
    FAIL = "fail"


def take_call(session: Session, token: str, signal: Signal, now: datetime) -> Measured | None:
    """What a job's call is worth: a result, or None for a start, which is only remembered, and for a paused
    monitor. The run time of a job that said when it started is the result's latency. Raises NotFound."""
    monitor = session.scalar(
        select(Monitor).where(Monitor.token_digest == digest(token), Monitor.kind == "heartbeat")
    )
    if monitor is None or monitor.removed_at is not None:
        raise NotFound("heartbeat", "…")
    if not monitor.enabled:
        return None
    if signal is Signal.START:
        monitor.started_at = now
        return None
    ran_for = now - monitor.started_at if monitor.started_at and monitor.started_at <= now else None
    monitor.started_at = None
    latency = round(ran_for.total_seconds() * 1000) if ran_for is not None else None
    after = f" after {_in_words(ran_for)}" if ran_for is not None else ""
    outcome, words = (Outcome.DOWN, "the job failed") if signal is Signal.FAIL else (Outcome.UP, "the job called")
    return Measured(monitor.id, Result(now, outcome, latency, words + after))


def late_calls(session: Session, away: Span | None, now: datetime) -> list[Measured]:
    """Results of the jobs that did not call in time; `away` is when we could not have heard them."""
    found = []
    query = select(Monitor).where(
        Monitor.kind == "heartbeat",
        Monitor.enabled.is_(True),
        Monitor.removed_at.is_(None),
        Monitor.checked_at.is_not(None),
    )
    for monitor in session.scalars(query):
        assert monitor.checked_at is not None
        period, grace = length_of(monitor.settings["period"]), _grace(monitor)
        expected = monitor.checked_at + period
        due = expected + grace
        if away is not None and _may_be_lost(away, expected - min(EARLY, period / 2), due):
            words = "we were away when the job was due"
            found.append(Measured(monitor.id, Result(now, Outcome.UNKNOWN, None, words)))
        elif due < now:
            started = monitor.started_at is not None and monitor.started_at > monitor.checked_at
            words = (
                f"the job {'started and did not end' if started else 'did not call'} in {_in_words(period + grace)}"
            )
            found.append(Measured(monitor.id, Result(due, Outcome.DOWN, None, words)))
    return found


def _may_be_lost(away: Span, earliest: datetime, latest: datetime) -> bool:
    return away.end - away.start > AWAY and away.start < latest and away.end > earliest


def _grace(monitor: Monitor) -> timedelta:
    text = monitor.settings.get("grace")
    return length_of(text) if text else timedelta()


def _in_words(length: timedelta) -> str:
    """90 s -> "1 min 30 s"; at most two units."""
    seconds = round(length.total_seconds())
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"
