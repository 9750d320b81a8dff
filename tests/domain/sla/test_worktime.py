"""Business hours against a walk minute by minute, and durations put on the clock."""

from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statuspage.domain.intervals import Span
from statuspage.domain.sla.deadline import due_at, earliest_after, latest_before
from statuspage.domain.sla.duration import parse_duration
from statuspage.domain.sla.policy import Policy, override
from statuspage.domain.sla.terms import Hours
from statuspage.domain.sla.worktime import WorkCalendar, public_holidays, work_calendar
from tests.domain.sla.policies import BUSINESS_DAYS, BY_TICKET, DESK, DUTCH_HOURS

MINUTE = timedelta(minutes=1)
ZONES = ["UTC", "Europe/Amsterdam", "America/Toronto", "Europe/Dublin", "Asia/Kathmandu"]
# Clock changes fall between 01:00 and 03:00; edges of business hours there have no one right answer.
walls = st.sampled_from([time(0), time(4), time(8, 30), time(9), time(17), time(17, 30), time(22), time(23, 45)])
calendars = st.builds(
    lambda days, opens, closes, zone, add, drop: WorkCalendar(
        Hours(
            days=days,
            open=opens,
            close="24:00" if closes in (opens, time(0)) else closes,
            holidays="NL",
            holidays_add=add,
            holidays_drop=drop,
        ),
        ZoneInfo(zone),
    ),
    st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, unique=True).map(tuple),
    walls,
    walls,
    st.sampled_from(ZONES),
    st.just((date(2024, 3, 28), date(2024, 10, 25))),
    st.just((date(2024, 4, 1),)),
)
# Around Easter with the spring change, the November and October changes, and a year's end.
starts = st.builds(
    lambda day, minutes: datetime(*day, tzinfo=UTC) + minutes * MINUTE,
    st.sampled_from([(2024, 3, 27), (2024, 10, 24), (2024, 11, 1), (2024, 12, 30)]),
    st.integers(0, 4 * 1440),
)


def is_open_by_the_wall(calendar: WorkCalendar, at: datetime) -> bool:
    """Business hours asked of the wall clock alone, without any span."""
    local, hours = at.astimezone(calendar.zone), calendar.hours
    today, wall = local.date(), local.time()
    if hours.open < hours.close:
        return calendar.is_business_day(today) and hours.open <= wall < hours.close
    if wall >= hours.open:
        return calendar.is_business_day(today)
    return wall < hours.close and calendar.is_business_day(today - timedelta(days=1))


@settings(max_examples=60, deadline=None)
@given(calendars, starts, st.integers(0, 3 * 1440))
def test_open_time_equals_a_walk_by_minutes(calendar: WorkCalendar, start: datetime, length: int) -> None:
    walked = [is_open_by_the_wall(calendar, start + n * MINUTE) for n in range(length)]
    assert calendar.between(start, start + length * MINUTE) == sum(walked) * MINUTE
    assert calendar.minutes_inside(Span(start, start + length * MINUTE)) == sum(walked)
    for n in range(0, length, 97):
        assert calendar.is_open(start + n * MINUTE) == walked[n]


@settings(max_examples=60, deadline=None)
@given(calendars, starts, st.integers(1, 3000))
def test_adding_is_the_first_minute_that_suffices(calendar: WorkCalendar, start: datetime, length: int) -> None:
    end = calendar.add(start, length * MINUTE)
    assert calendar.between(start, end) == length * MINUTE
    assert is_open_by_the_wall(calendar, end - MINUTE)


@settings(max_examples=60, deadline=None)
@given(calendars, starts, st.integers(1, 3000))
def test_subtracting_is_the_last_minute_that_suffices(calendar: WorkCalendar, end: datetime, length: int) -> None:
    start = calendar.subtract(end, length * MINUTE)
    assert calendar.between(start, end) == length * MINUTE
    assert is_open_by_the_wall(calendar, start)


@settings(max_examples=60, deadline=None)
@given(calendars, starts)
def test_the_next_opening_is_now_or_the_first_open_minute(calendar: WorkCalendar, at: datetime) -> None:
    opening = calendar.next_opening(at)
    assert calendar.is_open(opening)
    assert calendar.between(at, opening) == timedelta()


@pytest.mark.parametrize("policy", [DUTCH_HOURS, BUSINESS_DAYS, BY_TICKET])
def test_a_year_takes_milliseconds_also_cold(policy: Policy) -> None:
    taken = []
    for _ in range(20):
        public_holidays.cache_clear()
        calendar = WorkCalendar(policy.hours, policy.hours_zone)
        began = process_time()
        calendar.between(datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
        taken.append(process_time() - began)
    assert median(taken) < 0.005


def test_opening_is_inside_and_closing_outside() -> None:
    calendar = work_calendar(BY_TICKET)
    assert calendar.is_open(datetime(2024, 1, 15, 8, tzinfo=UTC))
    assert not calendar.is_open(datetime(2024, 1, 15, 17, tzinfo=UTC))


def test_additions_and_drops_correct_the_holidays() -> None:
    policy = DUTCH_HOURS
    assert work_calendar(policy).is_holiday(date(2024, 3, 29))
    assert not work_calendar(policy).is_holiday(date(2024, 5, 5))
    changed = override(policy, {"hours.holidays_add": [date(2024, 5, 5)], "hours.holidays_drop": [date(2024, 3, 29)]})
    assert not work_calendar(changed).is_holiday(date(2024, 3, 29))
    assert work_calendar(changed).is_holiday(date(2024, 5, 5))


def test_regions_have_their_own_holidays() -> None:
    thanksgiving = date(2024, 10, 14)
    assert work_calendar(BUSINESS_DAYS).is_business_day(thanksgiving)
    ontario = override(BUSINESS_DAYS, {"hours.holidays": "CA-ON"})
    assert not work_calendar(ontario).is_business_day(thanksgiving)


def test_a_window_inside_a_skipped_hour_never_opens() -> None:
    calendar = WorkCalendar(Hours(days=("sun",), open=time(2, 30), close=time(3)), ZoneInfo("Europe/Amsterdam"))
    assert calendar.opening(date(2024, 3, 31)) is None
    assert calendar.opening(date(2024, 3, 24)) is not None


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        ("2024-03-29T15:00+00:00", "4h", "2024-03-29T19:00+00:00"),
        ("2024-03-20T10:00+00:00", "14d", "2024-04-03T09:00+00:00"),
        ("2024-03-28T15:00+00:00", "8bh", "2024-04-02T13:30+00:00"),
        ("2024-03-28T15:00+00:00", "60bm", "2024-03-28T16:00+00:00"),
        ("2024-03-28T15:00+00:00", "1bd", "2024-04-02T14:00+00:00"),
        ("2024-03-30T15:00+00:00", "1bd", "2024-04-03T06:30+00:00"),
    ],
)
def test_promises_fall_due_by_their_unit(start: str, duration: str, due: str) -> None:
    found = due_at(DUTCH_HOURS, datetime.fromisoformat(start), parse_duration(duration))
    assert found == datetime.fromisoformat(due)
    assert found.tzinfo is UTC


LEADS = ["0m", "24h", "336h", "7d", "14d", "5bd", "1bd", "40bh", "90bm", "0bd", "0bh"]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([BUSINESS_DAYS, DUTCH_HOURS, DESK]), starts, st.sampled_from(LEADS))
def test_the_earliest_start_is_far_enough(policy: Policy, announced_at: datetime, lead: str) -> None:
    duration = parse_duration(lead)
    start = earliest_after(policy, announced_at, duration)
    assert latest_before(policy, start, duration) >= announced_at


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([BUSINESS_DAYS, DUTCH_HOURS, DESK]), st.integers(0, 60 * 1440), st.sampled_from(LEADS))
def test_no_minute_earlier_would_do(policy: Policy, minutes: int, lead: str) -> None:
    duration = parse_duration(lead)
    announced_at = datetime(2024, 5, 1, tzinfo=UTC) + minutes * MINUTE  # no clock change within reach
    start = earliest_after(policy, announced_at, duration)
    assert latest_before(policy, start - MINUTE, duration) < announced_at


def brute_latest_business_days(calendar: WorkCalendar, end: datetime, days: int) -> datetime:
    """Walk back a minute at a time until so many whole business days of wall time have passed."""
    at, left = end, days * 1440
    while left:
        at -= MINUTE
        left -= calendar.is_business_day(at.astimezone(calendar.zone).date())
    return at


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 30 * 1440), st.integers(1, 6))
def test_business_days_of_notice_equal_a_walk_backward(minutes: int, days: int) -> None:
    policy = BUSINESS_DAYS
    end = datetime(2024, 6, 20, tzinfo=UTC) + minutes * MINUTE
    found = latest_before(policy, end, parse_duration(f"{days}bd"))
    assert found == brute_latest_business_days(work_calendar(policy), end, days)
