"""Results become knowledge: kept raw, judged (domain.health), and said of the component where a status changes.

A batch costs a few statements however large it is; only a change of status writes a StatusChange. Both the prober
(results) and the worker (silence) judge, so a stopped prober is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from statuspage.claims import muted_components
from statuspage.db import UtcDateTime
from statuspage.domain.health import (
    Change,
    Memory,
    Result,
    Streak,
    Thresholds,
    judge,
    restarted,
    silence,
)
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models import CheckResult, Monitor, StatusChange
from statuspage.monitor_drafts import thresholds_of

AUTHOR = "monitor"
AHEAD = timedelta(seconds=5)
"""A result from further ahead than this is that of a clock that is wrong."""
_AT_ONCE = 500
_RESULTS = cast(Table, CheckResult.__table__)
_MONITORS = cast(Table, Monitor.__table__)


@dataclass(frozen=True, slots=True)
class Measured:
    """One check's result, of which monitor, and what it learned besides."""

    monitor_id: str
    result: Result
    certificate_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A monitor's status changed: from `at` on it is `status`. `muted` says that announced work was under way on
    the component at `now`: nobody is told and nothing is drafted."""

    monitor_id: str
    component_id: str
    before: ComponentStatus
    status: ComponentStatus
    at: datetime
    muted: bool = False


@dataclass(slots=True)
class _Case:
    """A monitor under judgement."""

    monitor_id: str
    component_id: str
    rules: Thresholds
    memory: Memory
    before: ComponentStatus
    watched_since: datetime
    is_expected: bool
    """Whether it is to be heard of by itself: a heartbeat waits for its first call."""
    changes: list[Change] = field(default_factory=list)
    last: Result | None = None
    certificate_ends_at: datetime | None = None

    def take(self, memory: Memory, changes: Iterable[Change]) -> None:
        self.memory = memory
        self.changes.extend(changes)


def record_results(session: Session, measured: Sequence[Measured], *, now: datetime) -> list[Judged]:
    """Keep the results and judge them, each monitor's in the order of their instants. Results of monitors that are
    gone or paused are dropped, and those from further ahead than AHEAD. Returns what changed, mostly nothing."""
    told = [each for each in measured if each.result.at <= now + AHEAD]
    cases = _load_cases(session, {each.monitor_id for each in told})
    kept = sorted((each for each in told if each.monitor_id in cases), key=lambda each: each.result.at)
    if not kept:
        return []
    fooled = [case for case in cases.values() if _restart(case, now)]
    _strike_the_future(session, fooled, now)
    for each in kept:
        case = cases[each.monitor_id]
        if case.memory.heard_at is None and case.is_expected:
            case.changes.extend(silence(_expected(case), case.rules, each.result.at)[1])
        case.take(*judge(case.memory, each.result, case.rules))
        case.last = each.result
        case.certificate_ends_at = each.certificate_ends_at or case.certificate_ends_at
    session.execute(insert(_RESULTS), [_result_row(each) for each in kept])
    session.execute(_REMEMBER_RESULT, [_monitor_row(case, last) for case in cases.values() if (last := case.last)])
    return _say(session, list(cases.values()), now=now)


def is_anything_silent(session: Session, now: datetime) -> bool:
    """Whether a monitor has been silent for too long and nobody has said so yet."""
    return session.scalar(_silent(now).with_only_columns(Monitor.id).limit(1)) is not None


def judge_silence(session: Session, *, now: datetime) -> list[Judged]:
    """Say unknown of the monitors whose results stopped coming, from the last one on; of one that was never heard
    of, from when it was set up."""
    cases = [_case(*row) for row in session.execute(_silent(now).with_for_update(of=Monitor))]
    for case in cases:
        heard = case.memory if case.memory.heard_at else _expected(case)
        case.take(*silence(heard, case.rules, now))
    if cases:
        session.execute(_REMEMBER, [_judgement_row(case) for case in cases])
    return _say(session, cases, now=now)


def _restart(case: _Case, now: datetime) -> bool:
    memory, changes = restarted(case.memory, now + AHEAD)
    case.take(memory, (Change(change.status, min(change.at, now)) for change in changes))
    return bool(changes)


def _strike_the_future(session: Session, cases: Sequence[_Case], now: datetime) -> None:
    """What a clock that ran ahead made the monitors say is not history: it has not happened."""
    ids = [case.monitor_id for case in cases]
    if ids:
        session.execute(delete(StatusChange).where(StatusChange.monitor_id.in_(ids), StatusChange.at > now))
        session.execute(delete(CheckResult).where(CheckResult.monitor_id.in_(ids), CheckResult.at > now))


def _say(session: Session, cases: Sequence[_Case], *, now: datetime) -> list[Judged]:
    changed = [case for case in cases if case.changes]
    if not changed:
        return []
    muted = muted_components(session, {case.component_id for case in changed}, now)
    judged: list[Judged] = []
    for case in changed:
        before = case.before
        for change in case.changes:
            session.add(
                StatusChange(
                    component_id=case.component_id,
                    monitor_id=case.monitor_id,
                    at=change.at,
                    status=change.status,
                    author=AUTHOR,
                    recorded_at=now,
                )
            )
            judged.append(
                Judged(
                    case.monitor_id,
                    case.component_id,
                    before,
                    change.status,
                    change.at,
                    case.component_id in muted,
                )
            )
            before = change.status
    session.flush()
    return judged


_COLUMNS = (Monitor.id, Monitor.component_id, Monitor.settings, Monitor.memory, Monitor.status, Monitor.updated_at)


def _load_cases(session: Session, monitor_ids: set[str]) -> dict[str, _Case]:
    """The monitors that are watched, by id; held against another judge until the transaction ends."""
    cases: dict[str, _Case] = {}
    wanted = sorted(monitor_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(*_COLUMNS).where(Monitor.id.in_(wanted[start : start + _AT_ONCE]), _is_watched())
        for row in session.execute(query.order_by(Monitor.id).with_for_update()):
            cases[row.id] = _case(*row)
    return cases


def _silent(now: datetime) -> Select[Any]:
    return select(*_COLUMNS).where(Monitor.silent_at < now, _is_watched()).order_by(Monitor.id)


def _is_watched() -> ColumnElement[bool]:
    return Monitor.enabled & Monitor.removed_at.is_(None)


def _case(
    monitor_id: str,
    component_id: str,
    settings: dict[str, Any],
    memory: dict[str, Any] | None,
    status: ComponentStatus,
    watched_since: datetime,
) -> _Case:
    recalled = _recalled(memory) if memory else Memory()
    expected = settings["kind"] != "heartbeat"
    return _Case(monitor_id, component_id, thresholds_of(settings), recalled, status, watched_since, expected)


def _expected(case: _Case) -> Memory:
    """A monitor that was never heard of is held to be up since it was set up, so that its silence is told."""
    return Memory(ComponentStatus.OPERATIONAL, heard_at=case.watched_since)


def _result_row(each: Measured) -> dict[str, Any]:
    result = each.result
    return {
        "monitor_id": each.monitor_id,
        "at": result.at,
        "outcome": result.outcome.value,
        "latency_ms": result.latency_ms,
        "words": result.words[:255] if result.words else None,
    }


def _judgement_row(case: _Case) -> dict[str, Any]:
    memory = case.memory
    known = memory.status is not ComponentStatus.UNKNOWN
    return {
        "key": case.monitor_id,
        "new_status": memory.status,
        "since": memory.since,
        "new_memory": _memorised(memory),
        "quiet": memory.heard_at + case.rules.silent_after if memory.heard_at and known else None,
    }


def _monitor_row(case: _Case, last: Result) -> dict[str, Any]:
    return {
        **_judgement_row(case),
        "at": last.at,
        "latency": last.latency_ms,
        "words": last.words[:255] if last.words else None,
        "certificate": case.certificate_ends_at,
    }


_JUDGEMENT: dict[str, Any] = {
    "status": bindparam("new_status"),
    "status_since": bindparam("since"),
    "memory": bindparam("new_memory"),
    "silent_at": bindparam("quiet"),
}
_REMEMBER = update(_MONITORS).where(_MONITORS.c.id == bindparam("key")).values(**_JUDGEMENT)
_REMEMBER_RESULT = _REMEMBER.values(
    checked_at=bindparam("at"),
    latency_ms=bindparam("latency"),
    last_words=bindparam("words"),
    certificate_ends_at=func.coalesce(bindparam("certificate", type_=UtcDateTime()), _MONITORS.c.certificate_ends_at),
)


_STREAKS = ("downs", "bads", "ups", "answers", "blanks")


def _memorised(memory: Memory) -> dict[str, Any]:
    """The memory as JSON: instants as ISO 8601, streaks as [count, since], what is empty left out."""
    found: dict[str, Any] = {"status": memory.status.value}
    if memory.since:
        found["since"] = memory.since.isoformat()
    if memory.heard_at:
        found["heard_at"] = memory.heard_at.isoformat()
    for name in _STREAKS:
        streak: Streak = getattr(memory, name)
        if streak.since:
            found[name] = [streak.count, streak.since.isoformat()]
    return found


def _recalled(found: Mapping[str, Any]) -> Memory:
    streaks = {
        name: Streak(found[name][0], datetime.fromisoformat(found[name][1])) for name in _STREAKS if name in found
    }
    since, heard_at = found.get("since"), found.get("heard_at")
    return Memory(
        status=ComponentStatus(found["status"]),
        since=datetime.fromisoformat(since) if since else None,
        heard_at=datetime.fromisoformat(heard_at) if heard_at else None,
        **streaks,
    )
