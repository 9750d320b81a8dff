"""What overlays claims: measured knowledge, work that mutes monitors, corrections that replace every source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from statuspage.domain.intervals import Span
from statuspage.domain.overlays import Correction, corrected, muted
from statuspage.domain.timeline import Claim, Timeline, timeline
from statuspage.domain.vocabulary import ComponentStatus, MaintenanceKind

OK, UNKNOWN = ComponentStatus.OPERATIONAL, ComponentStatus.UNKNOWN
DEGRADED, DOWN = ComponentStatus.DEGRADED_PERFORMANCE, ComponentStatus.MAJOR_OUTAGE
WORK = ComponentStatus.UNDER_MAINTENANCE
BORN = datetime(2026, 10, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
END = 60


def at(minute: float) -> datetime:
    return BORN + minute * MINUTE


def measured(monitor: str, minute: float, status: ComponentStatus) -> Claim:
    return Claim(f"monitor:{monitor}", at(minute), status, knows=status is OK)


def shown(claims: list[Claim]) -> list[tuple[float, float, ComponentStatus]]:
    history = timeline(claims, at(END))
    return [((s.span.start - BORN) / MINUTE, (s.span.end - BORN) / MINUTE, s.status) for s in history.stretches]


def status_at(history: Timeline, instant: datetime) -> ComponentStatus:
    return next((each.status for each in history.stretches if instant in each.span), UNKNOWN)


def correction(start: float, end: float, status: ComponentStatus, key: str = "1") -> Correction:
    return Correction(key, Span(at(start), at(end)), status)


def test_time_nobody_measured_is_unknown() -> None:
    claims = [Claim("base", at(0), OK), measured("a", 0, OK), measured("a", 20, UNKNOWN), measured("a", 30, OK)]
    assert shown(claims) == [(0, 20, OK), (20, 30, UNKNOWN), (30, 60, OK)]


def test_monitor_that_knows_wins_over_one_that_does_not() -> None:
    claims = [measured("a", 0, OK), measured("b", 0, OK), measured("a", 20, UNKNOWN), measured("b", 40, UNKNOWN)]
    assert shown(claims) == [(0, 40, OK), (40, 60, UNKNOWN)]


def test_worst_monitor_shows() -> None:
    claims = [measured("a", 0, OK), measured("b", 0, OK), measured("a", 10, DEGRADED), measured("b", 20, DOWN)]
    assert shown(claims) == [(0, 10, OK), (10, 20, DEGRADED), (20, 60, DOWN)]


def test_work_mutes_monitors_within_its_window() -> None:
    claims = [
        measured("a", 0, OK),
        measured("a", 12, DOWN),
        measured("a", 50, OK),
        Claim("maintenance:m", at(10), WORK, kind=MaintenanceKind.SCHEDULED),
        Claim("maintenance:m", at(30), WORK, kind=MaintenanceKind.SCHEDULED, overrun=True),
        Claim("maintenance:m", at(40), OK),
    ]
    expected = [(0, 10, OK), (10, 30, WORK), (30, 40, DOWN), (40, 50, DOWN), (50, 60, OK)]
    assert shown(muted(claims, at(END))) == expected


def test_correction_replaces_every_source() -> None:
    claims = [
        Claim("base", at(0), OK),
        Claim("incident:i", at(10), DOWN),
        Claim("incident:i", at(40), OK),
        measured("a", 15, DOWN),
        measured("a", 45, OK),
    ]
    assert shown(corrected(claims, [correction(10, 30, OK)])) == [(0, 30, OK), (30, 45, DOWN), (45, 60, OK)]


def test_backfill_leaves_the_time_around_it_unknown() -> None:
    found = corrected([Claim("base", at(40), OK)], [correction(10, 20, DOWN)])
    assert shown(found) == [(10, 20, DOWN), (20, 40, UNKNOWN), (40, 60, OK)]
    assert shown(corrected([], [correction(10, 20, OK)])) == [(10, 20, OK), (20, 60, UNKNOWN)]


def test_later_correction_counts() -> None:
    found = corrected([Claim("base", at(0), OK)], [correction(10, 30, DOWN), correction(20, 40, DEGRADED, "2")])
    assert shown(found) == [(0, 10, OK), (10, 20, DOWN), (20, 40, DEGRADED), (40, 60, OK)]


minutes = st.integers(0, END - 1)
statuses = st.sampled_from([OK, DEGRADED, DOWN, UNKNOWN])
sources = st.sampled_from(["base", "incident:i", "monitor:a", "monitor:b"])
claims_of = st.lists(
    st.builds(
        lambda source, minute, status: Claim(
            source, at(minute), status, knows=status is OK and source.startswith("monitor:")
        ),
        sources,
        minutes,
        statuses,
    ),
    max_size=12,
)


@given(claims_of, minutes, st.integers(1, END), statuses)
def test_correction_changes_its_span_alone(
    claims: list[Claim], start: int, length: int, status: ComponentStatus
) -> None:
    end = min(start + length, END)
    before, after = timeline(claims, at(END)), timeline(corrected(claims, [correction(start, end, status)]), at(END))
    for minute in range(END):
        expected = status if start <= minute < end else status_at(before, at(minute))
        assert status_at(after, at(minute)) is expected, minute
