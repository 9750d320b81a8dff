"""Calendars of months: the squares of days as few strokes."""

from __future__ import annotations

from datetime import date

from statuspage.domain.periods import parse_period
from statuspage.domain.uptime import Figure
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.publishing.bars import MonthOfComponent

UP, DOWN, UNKNOWN = ComponentStatus.OPERATIONAL, ComponentStatus.MAJOR_OUTAGE, ComponentStatus.UNKNOWN


def squares(*statuses: ComponentStatus) -> dict[ComponentStatus | None, str]:
    """Of November 2026, which begins on a Sunday."""
    assert date(2026, 11, 1).weekday() == 6
    return dict(MonthOfComponent(parse_period("2026-11"), statuses, (), Figure(0, 0)).squares)


def test_days_alike_are_one_stroke_a_week() -> None:
    assert squares(*[UP] * 30) == {UP: "M72 5h10M0 17h82M0 29h82M0 41h82M0 53h82M0 65h10"}


def test_other_days_break_the_stroke() -> None:
    drawn = squares(UP, UP, DOWN, UP, UNKNOWN)
    assert drawn[UP] == "M72 5h10M0 17h10M24 17h10"
    assert drawn[DOWN] == "M12 17h10"
    assert drawn[UNKNOWN] == "M36 12h10v10h-10z"
    assert drawn[None].count("z") == 25
