"""Business hours on a clock: when they are open, and how lengths run inside them, across holidays and DST.

A wall time that a clock change skips or repeats is read as in RFC 5545, 3.3.5: skipped, with the offset before
the jump; repeated, the first one. Everything in and out is an aware instant; what comes out is UTC.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from statuspage.domain.intervals import Span, clip
from statuspage.domain.periods import local_date
from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.terms import Hours

_DAY = timedelta(days=1)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class WorkCalendar:
    """The openings of one set of business hours in one zone; each day and each year's holidays are worked out once
    and kept, so that the first year asked for takes a few milliseconds and any later one less."""

    def __init__(self, hours: Hours, zone: ZoneInfo) -> None:
        self.hours = hours
        self.zone = zone
        self._weekdays = frozenset(_WEEKDAYS.index(day) for day in hours.days)
        self._added, self._dropped = frozenset(hours.holidays_add), frozenset(hours.holidays_drop)
        self._overnight = _DAY if hours.close <= hours.open else timedelta()
        self._holidays: dict[int, frozenset[date]] = {}
        self._openings: dict[date, Span | None] = {}

    def is_holiday(self, day: date) -> bool:
        """A public holiday of the policy's list, with its additions and without what it drops (A39)."""
        if day in self._added:
            return True
        if day.year not in self._holidays:
            self._holidays[day.year] = public_holidays(self.hours.holidays, day.year)
        return day in self._holidays[day.year] and day not in self._dropped

    def is_business_day(self, day: date) -> bool:
        """A working weekday that is no holiday."""
        return day.weekday() in self._weekdays and not self.is_holiday(day)

    def opening(self, day: date) -> Span | None:
        """The window that opens on a local date, or None; a night window ends on the next date."""
        try:
            return self._openings[day]
        except KeyError:
            return self._openings.setdefault(day, self._worked_out(day))

    def openings(self, within: Span) -> tuple[Span, ...]:
        """The open time inside a span, window by window."""
        day, last = local_date(within.start, self.zone) - _DAY, local_date(within.end, self.zone)
        spans = (self.opening(day + n * _DAY) for n in range((last - day).days + 1))
        return clip((span for span in spans if span), within)

    def is_open(self, at: datetime) -> bool:
        """Whether business hours run at an instant; the instant of closing is outside."""
        today = local_date(at, self.zone)
        return any(span is not None and at in span for span in map(self.opening, (today - _DAY, today)))

    def next_opening(self, at: datetime) -> datetime:
        """The instant itself when open, else the next opening."""
        return self.add(at, timedelta())

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Open time in [start, end)."""
        within, open_for = Span(start, end), timedelta()
        day, last = local_date(start, self.zone) - _DAY, local_date(end, self.zone)
        while day <= last:
            span = self.opening(day)
            if span is not None and span.start < within.end and span.end > within.start:
                open_for += min(span.end, within.end) - max(span.start, within.start)
            day += _DAY
        return open_for

    def minutes_inside(self, span: Span) -> int:
        """Whole minutes of a span that fall inside business hours (OP24, CM27)."""
        return self.between(span.start, span.end) // timedelta(minutes=1)

    def add(self, start: datetime, length: timedelta) -> datetime:
        """When so much open time has passed; a limit that ends at closing is due at closing (A7)."""
        for span in self._openings_after(start):
            begin = max(span.start, start)
            if span.end - begin >= length:
                return (begin + length).astimezone(UTC)
            length -= span.end - begin
        raise AssertionError("business hours never end")

    def subtract(self, end: datetime, length: timedelta) -> datetime:
        """The last instant from which so much open time passes until `end`."""
        if not length:
            return end.astimezone(UTC)
        for span in self._openings_before(end):
            until = min(span.end, end)
            if until - span.start >= length:
                return (until - length).astimezone(UTC)
            length -= until - span.start
        raise AssertionError("business hours never begin")

    def shift_days(self, day: date, count: int) -> date:
        """The business day `count` business days after a date (before it, when negative)."""
        step = _DAY if count > 0 else -_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_business_day(day):
                day += step
        return day

    def _worked_out(self, day: date) -> Span | None:
        if not self.is_business_day(day):
            return None
        start = at_wall_time(day, self.hours.open, self.zone)
        end = at_wall_time(day + self._overnight, self.hours.close, self.zone)
        return Span(start, end) if start < end else None

    def _openings_after(self, at: datetime) -> Iterator[Span]:
        day = local_date(at, self.zone) - _DAY
        while True:
            span = self.opening(day)
            if span is not None and span.end > at:
                yield span
            day += _DAY

    def _openings_before(self, at: datetime) -> Iterator[Span]:
        day = local_date(at, self.zone)
        while True:
            span = self.opening(day)
            if span is not None and span.start < at:
                yield span
            day -= _DAY


def work_calendar(policy: Policy) -> WorkCalendar:
    """The business-hours calendar of a policy, shared between calls."""
    return _calendar(policy.hours, policy.hours_zone.key)


@lru_cache(maxsize=64)
def _calendar(hours: Hours, zone: str) -> WorkCalendar:
    return WorkCalendar(hours, ZoneInfo(zone))


@lru_cache(maxsize=1024)
def public_holidays(code: str, year: int) -> frozenset[date]:
    """Public holidays of "NL" or "CA-ON" in a year; none for ""."""
    if not code:
        return frozenset()
    country, _, region = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))


def at_wall_time(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The instant at which a clock in the zone shows a date and time."""
    return datetime.combine(day, wall.replace(fold=0) if wall.fold else wall, zone).astimezone(UTC)
