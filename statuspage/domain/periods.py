"""Days, months and quarters as spans: where a period begins and ends in a zone.

A local day has 23, 24 or 25 hours; borders are local midnights turned into UTC, never 24-hour steps.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from statuspage.domain.intervals import Span

Unit = Literal["day", "month", "quarter"]

_SHAPE = re.compile(
    r"(?P<year>(?:19|20|21)\d{2})-(?:Q(?P<quarter>[1-4])|(?P<month>\d{2})(?:-(?P<day>\d{2}))?)", re.ASCII
)
_MONTHS = {"month": 1, "quarter": 3}


@dataclass(frozen=True, order=True)
class Period:
    """A day, calendar month or quarter, named by its first date; which instants it holds depends on the zone."""

    first_day: date
    unit: Unit = "month"

    @property
    def next(self) -> "Period":
        """The period of the same length that begins where this one ends."""
        return Period(self._after, self.unit)

    @property
    def last_day(self) -> date:
        return self._after - timedelta(days=1)

    @property
    def months(self) -> tuple["Period", ...]:
        """The calendar months inside; a day has none."""
        count = _MONTHS.get(self.unit, 0)
        return tuple(Period(_add_months(self.first_day, n), "month") for n in range(count))

    def span(self, zone: ZoneInfo) -> Span:
        """From local midnight of the first day to local midnight after the last, as UTC instants."""
        return Span(midnight(self.first_day, zone), midnight(self._after, zone))

    def __str__(self) -> str:
        if self.unit == "quarter":
            return f"{self.first_day:%Y}-Q{(self.first_day.month + 2) // 3}"
        return self.first_day.isoformat() if self.unit == "day" else f"{self.first_day:%Y-%m}"

    @property
    def _after(self) -> date:
        if self.unit == "day":
            return self.first_day + timedelta(days=1)
        return _add_months(self.first_day, _MONTHS[self.unit])


def parse_period(text: str) -> Period:
    """Read "2024-05", "2024-Q3" or "2024-05-31".

    Raises ValueError, with the three shapes in its message, for anything else.
    """
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a period: expected 2024-05, 2024-Q3 or 2024-05-31")
    year, quarter, month, day = match.group("year", "quarter", "month", "day")
    try:
        if quarter:
            return Period(date(int(year), int(quarter) * 3 - 2, 1), "quarter")
        return Period(date(int(year), int(month), int(day or 1)), "day" if day else "month")
    except ValueError as error:
        raise ValueError(f"{text!r} is not a period: {error}") from None


def period_of(day: date, unit: Unit) -> Period:
    """The day, month or quarter that holds a date."""
    if unit == "day":
        return Period(day, "day")
    month = day.month if unit == "month" else (day.month + 2) // 3 * 3 - 2
    return Period(date(day.year, month, 1), unit)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local date, in UTC; where the clock skips midnight, the instant of the jump."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def end_of_day_after(instant: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The first instant too late for "within N days" of an event (A8).

    The local day of the event is not counted and day N counts whole, so this is local midnight N + 1 dates on.
    """
    return midnight(local_date(instant, zone) + timedelta(days=days + 1), zone)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar date a clock in the zone shows at an aware instant."""
    return instant.astimezone(zone).date()


def day_span(day: date, zone: ZoneInfo) -> Span:
    """One local day as UTC instants: 23, 24 or 25 hours."""
    return Period(day, "day").span(zone)


def days_in(span: Span, zone: ZoneInfo) -> list[date]:
    """Every local date that the span touches, in order; none for an empty span."""
    if span.start == span.end:
        return []
    first = local_date(span.start, zone)
    last = local_date(span.end - timedelta(microseconds=1), zone)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
