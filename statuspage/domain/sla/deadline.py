"""Durations put on a clock: deadlines forward, notice backward, and the earliest start that a notice allows."""

from datetime import UTC, datetime, time, timedelta

from statuspage.domain.periods import midnight
from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.duration import Duration
from statuspage.domain.sla.worktime import at_wall_time, work_calendar


def clock_starts_at(policy: Policy, start: datetime, duration: Duration) -> datetime:
    """Where a length begins to run: business lengths wait for the next opening, the others do not."""
    return work_calendar(policy).next_opening(start) if duration.is_business else start.astimezone(UTC)


def due_at(policy: Policy, start: datetime, duration: Duration) -> datetime:
    """When a promise made at `start` falls due.

    Day limits end at the same wall time so many (business) days on, counted from the next opening where the
    start lies outside business hours (TP36).
    """
    if duration.unit == "d":
        return _same_wall_time(policy, start, duration.amount)
    calendar = work_calendar(policy)
    if duration.unit == "bd":
        local = calendar.next_opening(start).astimezone(calendar.zone)
        return at_wall_time(calendar.shift_days(local.date(), duration.amount), local.time(), calendar.zone)
    if duration.is_business:
        return calendar.add(start, duration.length)
    return start.astimezone(UTC) + duration.length


def latest_before(policy: Policy, end: datetime, duration: Duration) -> datetime:
    """The last instant that lies a whole duration before `end`, inclusive.

    Business days count by the wall clock, all 24 hours of them; time on other days adds nothing (A34).
    """
    if duration.unit == "d":
        return _same_wall_time(policy, end, -duration.amount)
    calendar = work_calendar(policy)
    if duration.unit == "bd" and duration.amount:
        local = end.astimezone(calendar.zone)
        wall = local.time() if calendar.is_business_day(local.date()) else time()
        return at_wall_time(calendar.shift_days(local.date(), -duration.amount), wall, calendar.zone)
    if duration.is_business and not duration.counts_days:
        return calendar.subtract(end, duration.length)
    return end.astimezone(UTC) - _elapsed(duration)


def earliest_after(policy: Policy, start: datetime, duration: Duration) -> datetime:
    """The first instant with a whole duration between `start` and it: the mirror of `latest_before`."""
    if duration.unit == "d":
        found = _same_wall_time(policy, start, duration.amount)
    elif duration.unit == "bd" and duration.amount:
        found = _business_days_later(policy, start, duration.amount)
    elif duration.is_business and duration.amount:
        found = work_calendar(policy).add(start, duration.length)
    else:
        found = start.astimezone(UTC) + _elapsed(duration)
    # In the hour that autumn repeats, the same wall time some days on is not late enough for the second one.
    return found + max(start - latest_before(policy, found, duration), timedelta())


def _business_days_later(policy: Policy, start: datetime, count: int) -> datetime:
    calendar = work_calendar(policy)
    local = start.astimezone(calendar.zone)
    if calendar.is_business_day(local.date()) and local.time() != time():
        return at_wall_time(calendar.shift_days(local.date(), count), local.time(), calendar.zone)
    last = calendar.shift_days(local.date() - timedelta(days=1), count)
    return midnight(last + timedelta(days=1), calendar.zone)


def _same_wall_time(policy: Policy, instant: datetime, days: int) -> datetime:
    local = instant.astimezone(policy.zone)
    return at_wall_time(local.date() + timedelta(days=days), local.time(), policy.zone)


def _elapsed(duration: Duration) -> timedelta:
    return duration.length if duration.amount and not duration.counts_days else timedelta()
