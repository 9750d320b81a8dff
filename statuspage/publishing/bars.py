"""Day bars and month calendars: how days of a component become the few strokes of an SVG, and their words.

Days of one state that follow each other are one dashed stroke, so that ninety quiet days weigh a hundred bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby

from statuspage.domain.intervals import Span
from statuspage.domain.periods import Period, local_date, period_of
from statuspage.domain.sla.policy import Policy
from statuspage.domain.timeline import microseconds
from statuspage.domain.uptime import Bars, Day, Figure, bars_of, uptime_of
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.publishing.events import Happening, days_of_component
from statuspage.publishing.snapshot import ComponentView, Snapshot

DAYS = 90
MONTHS = 12
STEP = 5
"""Width of a day in units of the drawing: four of colour, one of air."""

TALL = 24
_HEIGHT = {
    ComponentStatus.OPERATIONAL: 16,
    ComponentStatus.UNKNOWN: 8,
    ComponentStatus.UNDER_MAINTENANCE: 16,
    ComponentStatus.DEGRADED_PERFORMANCE: 19,
    ComponentStatus.PARTIAL_OUTAGE: 22,
    ComponentStatus.MAJOR_OUTAGE: TALL,
}
"""Worse is taller, so that a bad day shows without colour too."""

_OUTLINED = (None, ComponentStatus.UNKNOWN)
"""Days of a calendar that have an outline of their own."""
_QUIET = frozenset((ComponentStatus.OPERATIONAL, ComponentStatus.UNKNOWN))


@dataclass(frozen=True)
class Stroke:
    """Neighbouring days of one quiet state: the path `d` of a dashed stroke of `height`."""

    status: ComponentStatus
    d: str
    height: int


@dataclass(frozen=True)
class Mark:
    """One day that was not quiet: its place, its size, and what happened."""

    day: DayOfComponent
    x: int
    height: int


@dataclass(frozen=True)
class DayOfComponent:
    """A date of a component: how long it showed what, and the events it knows of."""

    day: Day
    events: tuple[Happening, ...]
    href: str | None

    @property
    def date(self) -> date:
        return self.day.date

    @property
    def status(self) -> ComponentStatus:
        return self.day.worst

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is to be told of it."""
        return self.day.worst in _QUIET

    @property
    def is_dull(self) -> bool:
        """Quiet, and without an event."""
        return self.is_quiet and not self.events

    @property
    def lengths(self) -> tuple[tuple[ComponentStatus, timedelta], ...]:
        """What it showed besides operational, worst first, and for how long."""
        seconds = (
            (ComponentStatus.MAJOR_OUTAGE, self.day.down),
            (ComponentStatus.PARTIAL_OUTAGE, self.day.partial),
            (ComponentStatus.DEGRADED_PERFORMANCE, self.day.degraded),
            (ComponentStatus.UNDER_MAINTENANCE, self.day.maintenance),
            (ComponentStatus.UNKNOWN, self.day.unknown),
        )
        return tuple((status, timedelta(seconds=length)) for status, length in seconds if length)


@dataclass(frozen=True)
class Track:
    """A component's last days: what to draw, what to say, and their figure."""

    component: ComponentView
    days: tuple[DayOfComponent, ...]
    figure: Figure
    down: timedelta
    unknown: timedelta

    @property
    def pct(self) -> str | None:
        """The floored percentage, None when nothing was measured."""
        return self.figure.pct()

    @property
    def measured(self) -> timedelta:
        """Time inside the denominator."""
        return timedelta(microseconds=self.figure.measured_us)

    @property
    def days_known(self) -> int:
        """Of how many days the figure speaks: whole days of unknown time are not among them."""
        return len(self.days) - self.unknown // timedelta(days=1)

    @property
    def told(self) -> tuple[DayOfComponent, ...]:
        """Days of which there is something to tell, newest first."""
        return tuple(day for day in reversed(self.days) if not day.is_quiet or day.events)

    def seen(self, length: Callable[[timedelta], str]) -> Hashable:
        """What is to be seen of it, lengths of time as `length` words them: equal where it is drawn the same."""
        days = tuple((each.date, each.status, each.lengths, each.href, each.events) for each in self.told)
        lengths = (length(self.measured), length(self.down), length(self.unknown))
        return self.component.status, self.strokes, days, self.days_known, self.pct, lengths

    @property
    def rows(self) -> tuple[tuple[DayOfComponent, DayOfComponent], ...]:
        """The days as rows of a table, newest first: (first, last) of quiet days alike, or twice the same day."""
        rows: list[tuple[DayOfComponent, DayOfComponent]] = []
        for day in reversed(self.days):
            alike = rows and day.is_dull and rows[-1][0].is_dull and rows[-1][0].status is day.status
            if alike:
                rows[-1] = (day, rows[-1][1])
            else:
                rows.append((day, day))
        return tuple(rows)

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """The quiet days, one stroke per state."""
        paths: dict[ComponentStatus, str] = {}
        place = 0
        for (status, quiet), run in groupby(self.days, key=lambda day: (day.status, day.is_quiet)):
            count = len(list(run))
            if quiet:
                middle = TALL - _HEIGHT[status] // 2
                paths[status] = f"{paths.get(status, '')}M{place * STEP} {middle}h{count * STEP - 1}"
            place += count
        return tuple(Stroke(status, d, _HEIGHT[status]) for status, d in paths.items())

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The other days."""
        return tuple(Mark(day, n * STEP, _HEIGHT[day.status]) for n, day in enumerate(self.days) if not day.is_quiet)


@dataclass(frozen=True)
class MonthOfComponent:
    """A calendar month: the status of each day so far, the days there is something to tell of, and the figure."""

    period: Period
    statuses: tuple[ComponentStatus, ...]
    told: tuple[DayOfComponent, ...]
    figure: Figure

    @property
    def key(self) -> str:
        """ "2026-11"."""
        return str(self.period)

    @property
    def pct(self) -> str | None:
        """The floored percentage, None when nothing was measured."""
        return self.figure.pct()

    @property
    def seen(self) -> Hashable:
        """What is to be seen of it."""
        return self.key, self.statuses, self.pct, tuple((day.date, day.lengths, day.href) for day in self.told)

    @property
    def is_known(self) -> bool:
        """Whether anything was known of any of its days, were it a minute."""
        return self.pct is not None or any(status is not ComponentStatus.UNKNOWN for status in self.statuses)

    @property
    def squares(self) -> tuple[tuple[ComponentStatus | None, str], ...]:
        """One path per state, None for days to come: squares of 10 in a grid of 12, Monday first. Those that are only
        filled are strokes of that width along the week, dashed 10 and 2; the others are outlines."""
        return _squares(self.period.first_day.weekday(), self.period.last_day.day, self.statuses)


def track_of(component: ComponentView, snapshot: Snapshot, events: Iterable[Happening], days: int = DAYS) -> Track:
    """The last days of a component, today included; `events` are what happened to it."""
    today = local_date(snapshot.now, snapshot.page.zone)
    dates = [today - timedelta(days=n) for n in reversed(range(days))]
    bars = _bars_of(component, snapshot, dates)
    return Track(
        component,
        _days(snapshot, events, bars.days),
        bars.tally.figure,
        timedelta(microseconds=bars.tally.down_us),
        timedelta(microseconds=bars.tally.unknown_us),
    )


def months_of(component: ComponentView, snapshot: Snapshot) -> tuple[MonthOfComponent, ...]:
    """The last calendar months of a component, newest first, the running one included; they end where its timeline
    ends."""
    today = local_date(snapshot.now, snapshot.page.zone)
    months = [period_of(today, "month")]
    while len(months) < MONTHS:
        months.append(period_of(months[-1].first_day - timedelta(days=1), "month"))
    return tuple(_month(component, snapshot, period, min(today, period.last_day)) for period in months)


def target_of(component: ComponentView, policy: Policy) -> str | None:
    """The percentage promised for a component's service, as the policy writes it; None where none is promised."""
    target = policy.target(component.service)
    return None if target is None else f"{target:f}"


def _bars_of(component: ComponentView, snapshot: Snapshot, dates: Sequence[date]) -> Bars:
    history, zone = component.timeline, snapshot.page.zone
    return bars_of(history, dates, zone, history.until, snapshot.policy.availability)


def _days(snapshot: Snapshot, events: Iterable[Happening], days: Iterable[Day]) -> tuple[DayOfComponent, ...]:
    happened = days_of_component(events, snapshot.now, snapshot.page.zone)
    months = {month for month, _ in snapshot.months}
    return tuple(
        DayOfComponent(day, tuple(happened.get(day.date, ())), _href(day, happened.get(day.date, []), months))
        for day in days
    )


def _href(day: Day, events: list[Happening], months: set[str]) -> str | None:
    """Where a day's story is told: its only event, else its month."""
    if len(events) == 1:
        return events[0].href
    if day.worst in _QUIET:
        return None
    month = f"{day.date:%Y-%m}"
    return f"/history/{month}#d{day.date.isoformat()}" if month in months else None


def _month(component: ComponentView, snapshot: Snapshot, period: Period, last: date) -> MonthOfComponent:
    """One month; its days link to the month's history, whatever else the snapshot holds."""
    zone, rules = snapshot.page.zone, snapshot.policy.availability
    whole = period.span(zone)
    span = Span(whole.start, max(whole.start, min(whole.end, component.timeline.until)))
    steady = _steady(component, span)
    if steady:
        return MonthOfComponent(period, (steady,) * last.day, (), uptime_of(component.timeline, span, rules))
    dates = [period.first_day + timedelta(days=n) for n in range(last.day)]
    bars = _bars_of(component, snapshot, dates)
    has_page = str(period) in {month for month, _ in snapshot.months}
    told = (
        DayOfComponent(day, (), f"/history/{period}#d{day.date.isoformat()}" if has_page else None)
        for day in bars.days
    )
    return MonthOfComponent(
        period,
        tuple(day.worst for day in bars.days),
        tuple(day for day in told if not day.is_quiet),
        bars.tally.figure,
    )


def _steady(component: ComponentView, span: Span) -> ComponentStatus | None:
    """The one quiet status a component had for the whole span, None where it changed."""
    history = component.timeline
    if history.known_from is None or span.end <= history.known_from:
        return ComponentStatus.UNKNOWN
    stretch = history.stretches[max(0, bisect_right(history.starts, microseconds(span.start)) - 1)]
    covers = stretch.span.start <= span.start and span.end <= stretch.span.end
    return stretch.status if covers and stretch.status is ComponentStatus.OPERATIONAL else None


@lru_cache(maxsize=4096)
def _squares(
    first_weekday: int, length: int, statuses: tuple[ComponentStatus, ...]
) -> tuple[tuple[ComponentStatus | None, str], ...]:
    paths: dict[ComponentStatus | None, str] = {}
    days = [(statuses[n] if n < len(statuses) else None, *divmod(first_weekday + n, 7)) for n in range(length)]
    for (status, row), run in groupby(days, key=lambda day: day[:2]):
        columns = [column for _, _, column in run]
        paths[status] = paths.get(status, "") + _of_week(status, row, columns)
    return tuple(paths.items())


def _of_week(status: ComponentStatus | None, row: int, columns: Sequence[int]) -> str:
    """Days of one state that follow each other in a week."""
    if status in _OUTLINED:
        return "".join(f"M{column * 12} {row * 12}h10v10h-10z" for column in columns)
    return f"M{columns[0] * 12} {row * 12 + 5}h{len(columns) * 12 - 2}"
