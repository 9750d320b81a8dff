"""Daily bars and exact availability figures of a component's timeline.

All arithmetic is in whole microseconds, so that days add up to their period without a remainder. Figures are
seconds: an int when whole, else a float with at most six decimals.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from statuspage.domain.intervals import Span
from statuspage.domain.percent import floor_percent
from statuspage.domain.periods import day_span
from statuspage.domain.sla.terms import AvailabilityTerms
from statuspage.domain.timeline import UNKNOWN, Claim, State, Stretch, Timeline, Work, microseconds, timeline
from statuspage.domain.vocabulary import ComponentStatus

__all__ = [
    "Claim",
    "Day",
    "Figure",
    "Seconds",
    "State",
    "Stretch",
    "Tally",
    "Timeline",
    "Work",
    "day_bars",
    "figure_of",
    "tally_of",
    "timeline",
    "uptime_of",
]

Seconds = int | float
"""A length of time for people and JSON: an int when whole."""

_FOREVER = 2**63
_SEVERITY = {status: status.severity for status in ComponentStatus}
_DARK = _SEVERITY[ComponentStatus.UNKNOWN]


@dataclass(frozen=True, slots=True)
class Figure:
    """An availability figure: microseconds up out of microseconds measured."""

    up_us: int
    measured_us: int

    @property
    def num(self) -> Seconds:
        """Seconds up."""
        return _seconds(self.up_us)

    @property
    def den(self) -> Seconds:
        """Seconds measured: elapsed time without the unknown and the removed."""
        return _seconds(self.measured_us)

    def pct(self, decimals: int = 2) -> str | None:
        """The percentage, floored (A1); None when nothing was measured."""
        if not self.measured_us:
            return None
        return _percent(self.up_us, self.measured_us, decimals)


class Tally(NamedTuple):
    """How long a component showed what, in microseconds; each instant stands in at most one of the first five."""

    down_us: int = 0
    partial_us: int = 0
    degraded_us: int = 0
    maintenance_us: int = 0
    unknown_us: int = 0
    up_us: int = 0
    measured_us: int = 0

    @property
    def figure(self) -> Figure:
        return Figure(self.up_us, self.measured_us)


class Day(NamedTuple):
    """One bar: a local date, the worst status shown in what has elapsed of it, and seconds per status.

    `down` is major outage. `num` and `den` are the seconds up and measured. A day that has not begun is all zero
    and UNKNOWN.
    """

    date: date
    worst: ComponentStatus
    tally: Tally

    @property
    def down(self) -> Seconds:
        return _seconds(self.tally.down_us)

    @property
    def partial(self) -> Seconds:
        return _seconds(self.tally.partial_us)

    @property
    def degraded(self) -> Seconds:
        return _seconds(self.tally.degraded_us)

    @property
    def maintenance(self) -> Seconds:
        return _seconds(self.tally.maintenance_us)

    @property
    def unknown(self) -> Seconds:
        return _seconds(self.tally.unknown_us)

    @property
    def figure(self) -> Figure:
        return self.tally.figure

    @property
    def num(self) -> Seconds:
        return self.figure.num

    @property
    def den(self) -> Seconds:
        return self.figure.den


def day_bars(
    history: Timeline, days: Sequence[date], zone: ZoneInfo, until: datetime, rules: AvailabilityTerms
) -> tuple[Day, ...]:
    """One bar per date (ascending), of 23, 24 or 25 hours; what lies after `until` is not there.

    Costs what the changes of state cost: days in between come as slices of rows that all components share.
    """
    sheet = _sheet(tuple(days), zone, microseconds(until), *_exemptions(rules))
    treated = [sheet.treatment(state) for state in history.states]
    bars: list[Day] = []
    place = 0
    while place < len(sheet.days):
        state, end = _state_at(history, sheet.starts[place])
        quiet_until = bisect_right(sheet.ends, end, lo=place)
        if quiet_until > place:
            bars += sheet.row(state)[place:quiet_until]
            place = quiet_until
        else:
            tally, worst = _tally(history, treated, sheet.starts[place], sheet.ends[place])
            bars.append(Day(sheet.days[place], worst, tally))
            place += 1
    return tuple(bars)


def tally_of(history: Timeline, span: Span, rules: AvailabilityTerms) -> Tally:
    """How long the component showed what within the span; time before the first knowledge and after the timeline's
    end is unknown."""
    start, end = microseconds(span.start), microseconds(span.end)
    treated = [_treatment(state, *_exemptions(rules)) for state in history.states]
    return _tally(history, treated, start, end)[0]


def uptime_of(history: Timeline, span: Span, rules: AvailabilityTerms) -> Figure:
    """The availability figure of a span: (T - X - D) / (T - X) with unknown time left out of both."""
    return tally_of(history, span, rules).figure


def figure_of(days: Iterable[Day]) -> Figure:
    """The figure of several days together."""
    up = measured = 0
    for day in days:
        up += day.tally.up_us
        measured += day.tally.measured_us
    return Figure(up, measured)


class _Treatment(NamedTuple):
    """What a stretch of a state adds to: a field of the tally (or none), and 1 where it is measured, where up."""

    field: str
    measured: int
    up: int
    status: ComponentStatus
    severity: int


@lru_cache(maxsize=1024)
def _treatment(state: State, remove: tuple[str, ...], not_down: tuple[str, ...]) -> _Treatment:
    """An exclusion wins (A3); an announced window that the contract does not mention counts as downtime (A18), an
    overrun only if the component is down (A4)."""
    status, severity = state.status, _SEVERITY[state.status]
    if status is ComponentStatus.UNKNOWN:
        return _Treatment("unknown_us", 0, 0, status, severity)
    down = status is ComponentStatus.MAJOR_OUTAGE
    reasons: set[str] = {work.kind for work in state.works if not work.overrun}
    if down:
        reasons |= state.causes
    if not reasons.isdisjoint(remove):
        return _Treatment(_FIELDS[status], 0, 0, status, severity)
    exempt = not reasons.isdisjoint(not_down)
    counted = any(work.kind not in remove and work.kind not in not_down for work in state.works)
    up = 0 if (down or counted) and not exempt else 1
    return _Treatment(_FIELDS[status], 1, up, status, severity)


_FIELDS = {
    ComponentStatus.OPERATIONAL: "",
    ComponentStatus.UNDER_MAINTENANCE: "maintenance_us",
    ComponentStatus.DEGRADED_PERFORMANCE: "degraded_us",
    ComponentStatus.PARTIAL_OUTAGE: "partial_us",
    ComponentStatus.MAJOR_OUTAGE: "down_us",
}


class _Sheet:
    """Dates with their borders in microseconds, and per state the row of bars of a component that never left it."""

    def __init__(
        self, days: tuple[date, ...], zone: ZoneInfo, until: int, exemptions: tuple[tuple[str, ...], tuple[str, ...]]
    ) -> None:
        bounds = [_bounds(day, zone) for day in days]
        self.days = days
        self.starts = [start for start, _ in bounds]
        self.ends = [max(start, min(end, until)) for start, end in bounds]
        self._exemptions = exemptions
        self._rows: dict[State, tuple[Day, ...]] = {}
        self._treatments: dict[State, _Treatment] = {}

    def treatment(self, state: State) -> _Treatment:
        """What a stretch of the state adds to."""
        found = self._treatments.get(state)
        if found is None:
            found = self._treatments[state] = _treatment(state, *self._exemptions)
        return found

    def row(self, state: State) -> tuple[Day, ...]:
        """A bar of one state per date; dates that have not begun are all zero."""
        if state not in self._rows:
            treated = self.treatment(state)
            self._rows[state] = tuple(
                _quiet_day(day, end - start, treated)
                for day, start, end in zip(self.days, self.starts, self.ends, strict=True)
            )
        return self._rows[state]


@lru_cache(maxsize=64)
def _sheet(
    days: tuple[date, ...], zone: ZoneInfo, until: int, remove: tuple[str, ...], not_down: tuple[str, ...]
) -> _Sheet:
    return _Sheet(days, zone, until, (remove, not_down))


def _quiet_day(day: date, length: int, treated: _Treatment) -> Day:
    if not length:
        return Day(day, ComponentStatus.UNKNOWN, Tally())
    lengths = {treated.field: length} if treated.field else {}
    return Day(
        day, treated.status, Tally(**lengths, up_us=length * treated.up, measured_us=length * treated.measured)
    )


def _state_at(history: Timeline, instant: int) -> tuple[State, int]:
    """The state at an instant and the end of its stretch; unknown before the first and after the last."""
    bounds = history.bounds
    index = bisect_right(bounds, instant)
    if not index:
        return UNKNOWN, bounds[0] if history.states else _FOREVER
    return (history.states[index - 1], bounds[index]) if index < len(bounds) else (UNKNOWN, _FOREVER)


def _exemptions(rules: AvailabilityTerms) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return rules.remove_from_total, rules.not_downtime


def _tally(history: Timeline, treated: Sequence[_Treatment], start: int, end: int) -> tuple[Tally, ComponentStatus]:
    """The tally between two instants and the worst status shown; `treated` holds the treatment of each stretch."""
    if start >= end:
        return Tally(), ComponentStatus.UNKNOWN
    bounds = history.bounds
    lengths: dict[str, int] = {}
    unseen, measured, up = end - start, 0, 0
    worst, gravest = ComponentStatus.OPERATIONAL, 0
    for index in range(max(0, bisect_right(bounds, start) - 1), len(treated)):
        begin, until = bounds[index], bounds[index + 1]
        if begin >= end:
            break
        length = (until if until < end else end) - (begin if begin > start else start)
        field, is_measured, is_up, status, severity = treated[index]
        lengths[field] = lengths.get(field, 0) + length
        unseen -= length
        measured += length * is_measured
        up += length * is_up
        if severity > gravest:
            worst, gravest = status, severity
    if unseen:
        lengths["unknown_us"] = lengths.get("unknown_us", 0) + unseen
        worst = worst if gravest > _DARK else ComponentStatus.UNKNOWN
    lengths.pop("", None)
    return Tally(**lengths, up_us=up, measured_us=measured), worst


@lru_cache(maxsize=8192)
def _bounds(day: date, zone: ZoneInfo) -> tuple[int, int]:
    span = day_span(day, zone)
    return microseconds(span.start), microseconds(span.end)


@lru_cache(maxsize=4096)
def _percent(up: int, measured: int, decimals: int) -> str:
    return floor_percent(up, measured, decimals)


def _seconds(microseconds: int) -> Seconds:
    whole, rest = divmod(microseconds, 1_000_000)
    return microseconds / 1_000_000 if rest else whole
