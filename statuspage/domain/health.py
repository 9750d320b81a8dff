"""Judgement: what a run of check results says of a monitor, apart from the checks themselves.

A check finds one of four outcomes; a status changes only after several in a row (hysteresis), and then from the
*first* of them on. Our own trouble is an outcome of its own: it is never a failure. Silence is judged too: a monitor
whose results stop coming knows nothing from its last result on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from statuspage.domain.vocabulary import ComponentStatus

LET_GO = ("paused", "removed", "changed")
"""Why a monitor says nothing any more: notes on a change to operational that is no knowledge."""


class Outcome(StrEnum):
    """What one check found."""

    UP = "up"
    SLOW = "slow"
    """It answered rightly, over the latency threshold."""
    DOWN = "down"
    UNKNOWN = "unknown"
    """Our own trouble: no network, no resolver, a monitor that cannot run. Says nothing of the target."""


@dataclass(frozen=True, slots=True)
class Result:
    """One check: the instant it began, what it found, how long the answer took (milliseconds), words for people."""

    at: datetime
    outcome: Outcome
    latency_ms: int | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How many results in a row change a status, and how long a silence is none yet."""

    failures: int = 3
    recoveries: int = 2
    silent_after: timedelta = timedelta(seconds=70)
    """Nothing heard for longer than this: nothing is known since the last result."""


@dataclass(frozen=True, slots=True)
class Streak:
    """Results of one sort in a row, and the instant of the first of them."""

    count: int = 0
    since: datetime | None = None

    def grown(self, at: datetime) -> Streak:
        return Streak(self.count + 1, self.since or at)


_NONE = Streak()


@dataclass(frozen=True, slots=True)
class Memory:
    """What judgement needs of the results before. A new monitor has heard nothing and is unknown.

    `downs` are failures in a row, `bads` failures or slow answers, `ups` good answers, `answers` good or slow ones,
    `blanks` results of our own trouble. Our own trouble neither breaks nor lengthens the others.
    """

    status: ComponentStatus = ComponentStatus.UNKNOWN
    since: datetime | None = None
    heard_at: datetime | None = None
    downs: Streak = _NONE
    bads: Streak = _NONE
    ups: Streak = _NONE
    answers: Streak = _NONE
    blanks: Streak = _NONE


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on (the first result that said so) the monitor's status is this."""

    status: ComponentStatus
    at: datetime


def judge(memory: Memory, result: Result, thresholds: Thresholds) -> tuple[Memory, tuple[Change, ...]]:
    """What the result makes of the memory, and the changes of status, oldest first; mostly none.

    A result not newer than the last one is ignored: it came late or twice, or the clock was set back. After a
    silence the time in between becomes unknown first.
    """
    if memory.heard_at is not None and result.at <= memory.heard_at:
        return memory, ()
    memory, changes = silence(memory, thresholds, result.at)
    heard = replace(_counted(memory, result), heard_at=result.at)
    change = _step(heard, result, thresholds)
    if change is None:
        return heard, changes
    heard = replace(heard, status=change.status, since=change.at)
    if change.status is ComponentStatus.UNKNOWN:
        heard = replace(heard, downs=_NONE, bads=_NONE, ups=_NONE, answers=_NONE)
    return heard, (*changes, change)


def silence(memory: Memory, thresholds: Thresholds, now: datetime) -> tuple[Memory, tuple[Change, ...]]:
    """What hearing nothing until `now` makes of the memory: after `silent_after` it is unknown from the last result
    on, and counting begins anew. Without any result before there is nothing to lose."""
    last = memory.heard_at
    if last is None or now - last <= thresholds.silent_after:
        return memory, ()
    forgotten = Memory(ComponentStatus.UNKNOWN, last, last)
    if memory.status is ComponentStatus.UNKNOWN:
        return replace(forgotten, since=memory.since), ()
    return forgotten, (Change(ComponentStatus.UNKNOWN, last),)


def restarted(memory: Memory, now: datetime) -> tuple[Memory, tuple[Change, ...]]:
    """A memory from the future (the clock ran ahead and was set right) is not to be relied on: unknown from `now`."""
    if memory.heard_at is None or memory.heard_at <= now:
        return memory, ()
    return Memory(ComponentStatus.UNKNOWN, now), (Change(ComponentStatus.UNKNOWN, now),)


def _counted(memory: Memory, result: Result) -> Memory:
    at = result.at
    match result.outcome:
        case Outcome.UNKNOWN:
            return replace(memory, blanks=memory.blanks.grown(at))
        case Outcome.DOWN:
            return replace(
                memory,
                downs=memory.downs.grown(at),
                bads=memory.bads.grown(at),
                ups=_NONE,
                answers=_NONE,
                blanks=_NONE,
            )
        case Outcome.SLOW:
            return replace(
                memory,
                downs=_NONE,
                bads=memory.bads.grown(at),
                ups=_NONE,
                answers=memory.answers.grown(at),
                blanks=_NONE,
            )
        case Outcome.UP:
            return replace(
                memory,
                downs=_NONE,
                bads=_NONE,
                ups=memory.ups.grown(at),
                answers=memory.answers.grown(at),
                blanks=_NONE,
            )


def _step(memory: Memory, result: Result, thresholds: Thresholds) -> Change | None:
    """The one change that the streaks ask for, the gravest first."""
    status = memory.status
    if result.outcome is Outcome.UNKNOWN:
        return (
            _to(memory, ComponentStatus.UNKNOWN, memory.blanks)
            if memory.blanks.count >= thresholds.failures
            else None
        )
    if memory.downs.count >= thresholds.failures:
        return _to(memory, ComponentStatus.MAJOR_OUTAGE, memory.downs)
    if memory.bads.count >= thresholds.failures and status is not ComponentStatus.MAJOR_OUTAGE:
        return _to(memory, ComponentStatus.DEGRADED_PERFORMANCE, memory.bads)
    if status is ComponentStatus.UNKNOWN and result.outcome is not Outcome.DOWN:
        return Change(ComponentStatus.OPERATIONAL, result.at)
    if memory.ups.count >= thresholds.recoveries:
        return _to(memory, ComponentStatus.OPERATIONAL, memory.ups)
    if status is ComponentStatus.MAJOR_OUTAGE and memory.answers.count >= thresholds.recoveries:
        return _to(memory, ComponentStatus.DEGRADED_PERFORMANCE, memory.answers)
    return None


def _to(memory: Memory, status: ComponentStatus, streak: Streak) -> Change | None:
    if memory.status is status or streak.since is None:
        return None
    return Change(status, streak.since)
