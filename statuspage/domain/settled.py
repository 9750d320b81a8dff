"""A history that is over, in few bytes: what a component showed in each calendar quarter (UTC), as short texts.

States stand in a text as start, state, start, state … with a space between: starts in microseconds since 1970, states
as words.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from statuspage.domain.timeline import UNKNOWN, State, Timeline, Work, microseconds, shared
from statuspage.domain.vocabulary import Cause, ComponentStatus, MaintenanceKind


class Chapter(NamedTuple):
    """A calendar quarter, "2026-Q4": the state that its first instant finds, with its start (nothing where nothing
    was known yet), and the states that began in it."""

    quarter: str
    opening: str
    changes: str


def quarter_of(instant: datetime) -> str:
    """The calendar quarter (UTC) that holds an instant: "2026-Q4"."""
    utc = instant.astimezone(UTC)
    return f"{utc.year}-Q{(utc.month + 2) // 3}"


def first_instant(quarter: str) -> datetime:
    """When a quarter begins."""
    return datetime(int(quarter[:4]), int(quarter[6:]) * 3 - 2, 1, tzinfo=UTC)


def chapters_of(history: Timeline, since: datetime) -> Iterator[Chapter]:
    """The chapters of a timeline from that of `since` on, up to its end; those before the first knowledge are left
    out. The timeline must be right from the first instant of that quarter on."""
    if history.known_from is None:
        return
    bounds, states = history.bounds, history.states
    quarter = quarter_of(max(since, history.known_from))
    while _start_of(quarter) < bounds[-1]:
        first = bisect_left(bounds, _start_of(quarter))
        last = min(bisect_left(bounds, _start_of(_next(quarter))), len(states))
        said = [f"{bounds[place]} {_word_of(states[place])}" for place in range(max(0, first - 1), last)]
        yield Chapter(quarter, said.pop(0) if first else "", " ".join(said))
        quarter = _next(quarter)


def settled(text: str, until: datetime) -> Timeline:
    """The states of a text as a timeline up to `until`."""
    said = text.split()
    starts = tuple(map(int, said[::2]))
    states = tuple(map(_STATES.__getitem__, said[1::2]))
    mark = microseconds(until)
    if starts and starts[-1] >= mark:
        kept = bisect_left(starts, mark)
        starts, states = starts[:kept], states[:kept]
    return Timeline(starts, states, until, states[-1] if states else UNKNOWN)


def lasting(past: Timeline, until: datetime) -> Timeline:
    """A timeline of which nobody has said anything new up to a later instant."""
    return Timeline(past.starts, past.states, until, past.states[-1] if past.states else UNKNOWN)


def followed(past: Timeline, live: Timeline) -> Timeline:
    """A timeline that goes on, from its end, as another one, which is right from there on."""
    starts, states, mark = past.starts, past.states, microseconds(past.until)
    place = bisect_right(live.starts, mark) - 1
    if place >= 0 and not (states and states[-1] == live.states[place]):
        starts, states = (*starts, max(mark, live.starts[place])), (*states, live.states[place])
    first = place + 1
    return Timeline((*starts, *live.starts[first:]), (*states, *live.states[first:]), live.until, live.current)


def _next(quarter: str) -> str:
    year, number = int(quarter[:4]), int(quarter[6:])
    return f"{year + 1}-Q1" if number == 4 else f"{year}-Q{number + 1}"


@lru_cache(maxsize=1024)
def _start_of(quarter: str) -> int:
    return microseconds(first_instant(quarter))


def _word_of(state: State) -> str:
    """The status, the causes and the works, the last two only where there are any."""
    works = "+".join(sorted(f"{work.kind.value}{'!' * work.overrun}" for work in state.works))
    causes = "+".join(sorted(cause.value for cause in state.causes))
    return f"{state.status.value}|{causes}|{works}".rstrip("|")


class _States(dict[str, State]):
    """The shared state of each word."""

    def __missing__(self, word: str) -> State:
        status, causes, works = [*word.split("|"), "", ""][:3]
        found = self[word] = shared(
            State(
                ComponentStatus(status),
                frozenset(Cause(cause) for cause in causes.split("+") if cause),
                frozenset(
                    Work(MaintenanceKind(work.rstrip("!")), work.endswith("!")) for work in works.split("+") if work
                ),
            )
        )
        return found


_STATES = _States()
