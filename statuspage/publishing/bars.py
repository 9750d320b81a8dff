"""Day bars and month calendars: how days of a component become the few strokes of an SVG, and their words.

Days of one state that follow each other are one dashed stroke, so that ninety quiet days weigh a hundred bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from statuspage.domain.periods import Period, local_date, period_of
from statuspage.domain.sla.policy import Policy
from statuspage.domain.uptime import Day, Figure, day_bars, figure_of
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.publishing.events import Event, days_of_component
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
    events: tuple[Event, ...]
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
        return self.day.worst in (ComponentStatus.OPERATIONAL, ComponentStatus.UNKNOWN)

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
    def told(self) -> tuple[DayOfComponent, ...]:
        """Days of which there is something to tell, newest first."""
        return tuple(day for day in reversed(self.days) if not day.is_quiet or day.events)

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
        return tuple(
            Mark(day, n * STEP, _HEIGHT[day.status]) for n, day in enumerate(self.days) if not day.is_quiet
        )


@dataclass(frozen=True)
class MonthOfComponent:
    """A calendar month: its days (none yet to come), the weekday its first falls on (0 is Monday), and its figure."""

    key: str
    first_weekday: int
    length: int
    days: tuple[DayOfComponent, ...]
    figure: Figure

    @property
    def pct(self) -> str | None:
        return self.figure.pct()

    @property
    def told(self) -> tuple[DayOfComponent, ...]:
        return tuple(day for day in self.days if not day.is_quiet)

    def squares(self) -> tuple[tuple[ComponentStatus | None, str], ...]:
        """One path per state, None for days to come: squares of 10 in a grid of 12, Monday first."""
        known = {n: day.status for n, day in enumerate(self.days)}
        paths: dict[ComponentStatus | None, str] = {}
        for n in range(self.length):
            row, column = divmod(self.first_weekday + n, 7)
            status = known.get(n)
            paths[status] = f"{paths.get(status, '')}M{column * 12} {row * 12}h10v10h-10z"
        return tuple(paths.items())


def track_of(component: ComponentView, snapshot: Snapshot, events: Iterable[Event], days: int = DAYS) -> Track:
    """The last days of a component, today included."""
    today = local_date(snapshot.now, snapshot.page.zone)
    dates = [today - timedelta(days=n) for n in reversed(range(days))]
    told = _days(component, snapshot, events, dates)
    measured = [day.day for day in told]
    return Track(
        component,
        told,
        figure_of(measured),
        timedelta(seconds=sum(day.down for day in measured)),
        timedelta(seconds=sum(day.unknown for day in measured)),
    )


def months_of(component: ComponentView, snapshot: Snapshot, events: Iterable[Event]) -> tuple[MonthOfComponent, ...]:
    """The last calendar months of a component, newest first, the running one included."""
    today = local_date(snapshot.now, snapshot.page.zone)
    periods = _last_months(today, MONTHS)
    dates = [
        periods[-1].first_day + timedelta(days=n) for n in range((today - periods[-1].first_day).days + 1)
    ]
    told = _days(component, snapshot, events, dates)
    months = []
    for period in periods:
        days = tuple(day for day in told if period.first_day <= day.date <= period.last_day)
        months.append(
            MonthOfComponent(
                key=str(period),
                first_weekday=period.first_day.weekday(),
                length=period.last_day.day,
                days=days,
                figure=figure_of(day.day for day in days),
            )
        )
    return tuple(months)


def target_of(component: ComponentView, policy: Policy) -> str | None:
    """The percentage promised for a component's service, as the policy writes it; None where none is promised."""
    target = policy.target(component.service)
    return None if target is None else f"{target:f}"


def _days(
    component: ComponentView, snapshot: Snapshot, events: Iterable[Event], dates: Sequence[date]
) -> tuple[DayOfComponent, ...]:
    zone, now = snapshot.page.zone, snapshot.now
    happened = days_of_component(events, component.id, now, zone)
    months = {month for month, _ in snapshot.months}
    days = day_bars(component.timeline, dates, zone, now, snapshot.policy.availability)
    return tuple(
        DayOfComponent(day, tuple(happened.get(day.date, ())), _href(day, happened.get(day.date, []), months))
        for day in days
    )


def _href(day: Day, events: list[Event], months: set[str]) -> str | None:
    """Where a day's story is told: its only event, else its month."""
    if len(events) == 1:
        return events[0].href
    month = f"{day.date:%Y-%m}"
    if day.worst in (ComponentStatus.OPERATIONAL, ComponentStatus.UNKNOWN) or month not in months:
        return events[0].href if events else None
    return f"/history/{month}"


def _last_months(today: date, count: int) -> list[Period]:
    months = [period_of(today, "month")]
    while len(months) < count:
        months.append(period_of(months[-1].first_day - timedelta(days=1), "month"))
    return months
