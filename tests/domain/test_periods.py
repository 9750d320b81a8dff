"""Period borders across clock changes, and the names periods go by."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuspage.domain.intervals import Span
from statuspage.domain.periods import (
    Period,
    day_span,
    days_in,
    end_of_day_after,
    midnight,
    parse_period,
    period_of,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
days = st.dates(date(1990, 1, 1), date(2080, 12, 31))


@pytest.mark.parametrize(("day", "hours"), [((2024, 3, 31), 23), ((2024, 10, 27), 25), ((2024, 7, 1), 24)])
def test_a_day_has_its_own_hours(day: tuple[int, int, int], hours: int) -> None:
    assert day_span(date(*day), AMSTERDAM).length == timedelta(hours=hours)


def test_borders_are_local_midnights() -> None:
    quarter = parse_period("2024-Q1").span(AMSTERDAM)
    assert quarter.start == datetime(2023, 12, 31, 23, tzinfo=UTC)
    assert quarter.end == datetime(2024, 3, 31, 22, tzinfo=UTC)
    assert parse_period("2024-02").span(AMSTERDAM).length == timedelta(days=29)


def test_a_skipped_midnight_starts_the_day_at_the_jump() -> None:
    havana = ZoneInfo("America/Havana")
    assert midnight(date(2024, 3, 10), havana) == datetime(2024, 3, 10, 5, tzinfo=UTC)
    assert day_span(date(2024, 3, 10), havana).length == timedelta(hours=23)


@given(days, st.sampled_from(["day", "month", "quarter"]))
def test_a_period_reads_back_from_its_name(day: date, unit: str) -> None:
    period = period_of(day, unit)  # type: ignore[arg-type]
    assert parse_period(str(period)) == period
    assert period.first_day <= day <= period.last_day


@given(days, st.sampled_from(["day", "month", "quarter"]))
def test_periods_follow_each_other_without_gap(day: date, unit: str) -> None:
    period = period_of(day, unit)  # type: ignore[arg-type]
    assert period.span(AMSTERDAM).end == period.next.span(AMSTERDAM).start


def test_a_quarter_knows_its_months() -> None:
    assert [str(month) for month in parse_period("2024-Q4").months] == ["2024-10", "2024-11", "2024-12"]
    assert parse_period("2024-05").months == (Period(date(2024, 5, 1)),)
    assert parse_period("2024-05-31").months == ()


@pytest.mark.parametrize(
    "text", ["", "2024", "2024-13", "2024-Q5", "2024-Q0", "2024-02-30", "2024-5", "24-05", "9999-12"]
)
def test_other_shapes_are_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a period"):
        parse_period(text)


def test_days_touched_by_a_span() -> None:
    window = Span(datetime(2024, 8, 5, 21, 59, tzinfo=UTC), datetime(2024, 8, 6, 22, tzinfo=UTC))
    assert days_in(window, AMSTERDAM) == [date(2024, 8, 5), date(2024, 8, 6)]
    assert days_in(Span(window.start, window.start), AMSTERDAM) == []


def test_within_days_runs_through_the_whole_last_day() -> None:
    paris = ZoneInfo("Europe/Paris")
    assert end_of_day_after(datetime(2024, 3, 28, 23, 30, tzinfo=UTC), 5, paris) == datetime(
        2024, 4, 3, 22, tzinfo=UTC
    )
