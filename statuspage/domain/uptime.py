"""Daily bars and exact availability figures of a component's timeline.

All arithmetic is in whole microseconds, so that days add up to their period without a remainder. Figures are
seconds: an int when whole, else a float with at most six decimals.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from statuspage.domain.intervals import Span
from statuspage.domain.percent import floor_percent
from statuspage.domain.periods import day_span
from statuspage.domain.sla.terms import AvailabilityTerms
from statuspage.domain.timeline import (
    OPERATIONAL,
    UNKNOWN,
    Claim,
    State,
    Stretch,
    Timeline,
    Work,
    microseconds,
    shared,
    timeline,
)
from statuspage.domain.vocabulary import ComponentStatus

__all__ = [
    "Bars",
    "Claim",
    "Day",
    "Figure",
    "Seconds",
    "State",
    "Stretch",
    "Tally",
    "Timeline",
    "Work",
    "bars_of",
    "day_bars",
    "figure_of",
    "tally_of",
    "timeline",
    "uptime_of",
]

Seconds = int | float
"""A length of time for people and JSON: an int when whole."""

_FOREVER = 2**63
_made = tuple.__new__
"""A named tuple of all its fields, without the detour by its own constructor: bars are made by the thousand."""
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


class Bars(NamedTuple):
    """One bar per date, and what they add up to."""

    days: tuple[Day, ...]
    tally: Tally


def day_bars(
    history: Timeline, days: Sequence[date], zone: ZoneInfo, until: datetime, rules: AvailabilityTerms
) -> tuple[Day, ...]:
    """One bar per date (ascending), of 23, 24 or 25 hours; what lies after `until` is not there."""
    return bars_of(history, days, zone, until, rules).days


def bars_of(
    history: Timeline, days: Sequence[date], zone: ZoneInfo, until: datetime, rules: AvailabilityTerms
) -> Bars:
    """The bars of these dates and their sum. Costs what the changes of state cost: days on which all was well are
    those of a row that all components share."""
    sheet = _sheet(tuple(days), zone, microseconds(until), *_exemptions(rules))
    bounds, starts, ends = history.bounds, sheet.starts, sheet.ends
    treated = sheet.book.of(history.states)
    bars, drawn, place = list(sheet.row(OPERATIONAL)), list[int](), 0
    for state, begin, end in _not_well(history):
        place = bisect_right(ends, begin, lo=place)
        while place < len(starts) and starts[place] < end:
            if begin <= starts[place] and ends[place] <= end:
                bars[place] = sheet.row(state)[place]
            else:
                tally, worst = _tally(bounds, treated, starts[place], ends[place])
                bars[place] = _made(Day, (sheet.days[place], worst, tally))
            drawn.append(place)
            place += 1
    return Bars(tuple(bars), sheet.sum_of(bars, drawn))


def _not_well(history: Timeline) -> Iterator[tuple[State, int, int]]:
    """The stretches in which a component was not simply operational, as (state, start, end); what lies before and
    after its history too."""
    bounds, states = history.bounds, history.states
    yield UNKNOWN, 0, bounds[0] if states else _FOREVER
    for place, state in enumerate(states):
        if state is not OPERATIONAL:
            yield state, bounds[place], bounds[place + 1]
    yield UNKNOWN, bounds[-1], _FOREVER


def tally_of(history: Timeline, span: Span, rules: AvailabilityTerms) -> Tally:
    """How long the component showed what within the span; time before the first knowledge and after the timeline's
    end is unknown."""
    start, end = microseconds(span.start), microseconds(span.end)
    treated = _book(*_exemptions(rules)).of(history.states)
    return _tally(history.bounds, treated, start, end)[0]


def uptime_of(history: Timeline, span: Span, rules: AvailabilityTerms) -> Figure:
    """The availability figure of a span: (T - X - D) / (T - X) with unknown time left out of both."""
    return tally_of(history, span, rules).figure


def figure_of(days: Iterable[Day]) -> Figure:
    """The figure of several days together."""
    up = measured = 0
    for _, _, tally in days:
        up += tally[_UP]
        measured += tally[_MEASURED]
    return Figure(up, measured)


class _Treatment(NamedTuple):
    """What a stretch of a state adds to: a place in the tally (or none), and whether it is measured, whether up."""

    place: int
    measured: bool
    up: bool
    status: ComponentStatus
    severity: int


def _treatment(state: State, remove: tuple[str, ...], not_down: tuple[str, ...]) -> _Treatment:
    """An exclusion wins (A3); an announced window that the contract does not mention counts as downtime (A18), an
    overrun only if the component is down (A4)."""
    status, severity = state.status, _SEVERITY[state.status]
    if status is ComponentStatus.UNKNOWN:
        return _Treatment(_UNSEEN, False, False, status, severity)
    down = status is ComponentStatus.MAJOR_OUTAGE
    reasons: set[str] = {work.kind for work in state.works if not work.overrun}
    if down:
        reasons |= state.causes
    if not reasons.isdisjoint(remove):
        return _Treatment(_PLACES[status], False, False, status, severity)
    exempt = not reasons.isdisjoint(not_down)
    counted = any(work.kind not in remove and work.kind not in not_down for work in state.works)
    up = exempt or not (down or counted)
    return _Treatment(_PLACES[status], True, up, status, severity)


_UNSEEN, _UP, _MEASURED = (Tally._fields.index(name) for name in ("unknown_us", "up_us", "measured_us"))
_NOWHERE = len(Tally._fields)
_PLACES = {
    ComponentStatus.OPERATIONAL: _NOWHERE,
    ComponentStatus.UNDER_MAINTENANCE: Tally._fields.index("maintenance_us"),
    ComponentStatus.DEGRADED_PERFORMANCE: Tally._fields.index("degraded_us"),
    ComponentStatus.PARTIAL_OUTAGE: Tally._fields.index("partial_us"),
    ComponentStatus.MAJOR_OUTAGE: Tally._fields.index("down_us"),
}


class _Book:
    """What stretches add to by a contract's exemptions, by the identity of their (shared) states."""

    def __init__(self, remove: tuple[str, ...], not_down: tuple[str, ...]) -> None:
        self._exemptions = (remove, not_down)
        self._known: dict[int, _Treatment] = {}

    def of(self, states: Sequence[State]) -> list[_Treatment]:
        """The treatment of each of the states."""
        known = self._known
        try:
            return [known[id(state)] for state in states]
        except KeyError:
            return [self._of_one(shared(state)) for state in states]

    def _of_one(self, state: State) -> _Treatment:
        found = self._known.get(id(state))
        if found is None:
            found = self._known[id(state)] = _treatment(state, *self._exemptions)
        return found


@lru_cache(maxsize=64)
def _book(remove: tuple[str, ...], not_down: tuple[str, ...]) -> _Book:
    return _Book(remove, not_down)


class _Sheet:
    """Dates with their borders in microseconds, and per state the row of bars of a component that never left it."""

    def __init__(self, days: tuple[date, ...], zone: ZoneInfo, until: int, book: _Book) -> None:
        bounds = [_bounds(day, zone) for day in days]
        self.days = days
        self.starts = [start for start, _ in bounds]
        self.ends = [max(start, min(end, until)) for start, end in bounds]
        self.book = book
        self._length = sum(end - start for start, end in zip(self.starts, self.ends, strict=True))
        self._rows: dict[int, tuple[Day, ...]] = {}

    def row(self, state: State) -> tuple[Day, ...]:
        """A bar of one state per date; dates that have not begun are all zero."""
        found = self._rows.get(id(state))
        if found is None:
            (treated,) = self.book.of((state,))
            found = self._rows[id(shared(state))] = tuple(
                _quiet_day(day, end - start, treated)
                for day, start, end in zip(self.days, self.starts, self.ends, strict=True)
            )
        return found

    def sum_of(self, bars: Sequence[Day], drawn: Sequence[int]) -> Tally:
        """The sum of bars of which all but those at the places `drawn` are of days on which all was well."""
        tallies = [bars[place].tally for place in drawn]
        sums = [sum(column) for column in zip(*tallies, strict=True)] if tallies else [0] * _NOWHERE
        well = self._length - sum(self.ends[place] - self.starts[place] for place in drawn)
        sums[_UP] += well
        sums[_MEASURED] += well
        return Tally(*sums)


@lru_cache(maxsize=64)
def _sheet(
    days: tuple[date, ...], zone: ZoneInfo, until: int, remove: tuple[str, ...], not_down: tuple[str, ...]
) -> _Sheet:
    return _Sheet(days, zone, until, _book(remove, not_down))


def _quiet_day(day: date, length: int, treated: _Treatment) -> Day:
    if not length:
        return Day(day, ComponentStatus.UNKNOWN, Tally())
    lengths = [0] * (_NOWHERE + 1)
    lengths[treated.place] = length
    lengths[_UP], lengths[_MEASURED] = length * treated.up, length * treated.measured
    return Day(day, treated.status, Tally(*lengths[:_NOWHERE]))


def _exemptions(rules: AvailabilityTerms) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return rules.remove_from_total, rules.not_downtime


def _tally(
    bounds: Sequence[int], treated: Sequence[_Treatment], start: int, end: int
) -> tuple[Tally, ComponentStatus]:
    """The tally between two instants and the worst status shown; `treated` holds the treatment of each stretch."""
    if start >= end:
        return Tally(), ComponentStatus.UNKNOWN
    lengths = [0] * (_NOWHERE + 1)
    seen = measured = up = gravest = 0
    worst = ComponentStatus.OPERATIONAL
    for index in range(max(0, bisect_right(bounds, start) - 1), len(treated)):
        begin, until = bounds[index], bounds[index + 1]
        if begin >= end:
            break
        length = (until if until < end else end) - (begin if begin > start else start)
        place, is_measured, is_up, status, severity = treated[index]
        lengths[place] += length
        seen += length
        if is_measured:
            measured += length
            if is_up:
                up += length
        if severity > gravest:
            worst, gravest = status, severity
    if seen < end - start:
        lengths[_UNSEEN] += end - start - seen
        worst = worst if gravest > _DARK else ComponentStatus.UNKNOWN
    down, partial, degraded, maintenance, unknown, *_ = lengths
    return _made(Tally, (down, partial, degraded, maintenance, unknown, up, measured)), worst


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
