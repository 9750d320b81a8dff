"""Timelines and bars against a walk that asks every source at every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statuspage.domain.intervals import Span
from statuspage.domain.periods import day_span
from statuspage.domain.sla.terms import AvailabilityTerms
from statuspage.domain.uptime import Claim, Timeline, day_bars, figure_of, tally_of, timeline, uptime_of
from statuspage.domain.vocabulary import Cause, ComponentStatus, MaintenanceKind

OK = ComponentStatus.OPERATIONAL
DEGRADED = ComponentStatus.DEGRADED_PERFORMANCE
PARTIAL = ComponentStatus.PARTIAL_OUTAGE
DOWN = ComponentStatus.MAJOR_OUTAGE
WORK = ComponentStatus.UNDER_MAINTENANCE
UNKNOWN = ComponentStatus.UNKNOWN

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
BORN = datetime(2026, 10, 20, tzinfo=UTC)
RULES = AvailabilityTerms(
    remove_from_total=(MaintenanceKind.SCHEDULED, Cause.CUSTOMER),
    not_downtime=(Cause.THIRD_PARTY, MaintenanceKind.REGULAR),
)


def at(minutes: float) -> datetime:
    return BORN + timedelta(minutes=minutes)


def claim(source: str, minutes: float, status: ComponentStatus, **more: object) -> Claim:
    return Claim(source, at(minutes), status, **more)  # type: ignore[arg-type]


def shown(history: Timeline) -> list[tuple[float, float, ComponentStatus]]:
    """The stretches as (first minute, last minute, status)."""
    minute = timedelta(minutes=1)
    return [((s.span.start - BORN) / minute, (s.span.end - BORN) / minute, s.status) for s in history.stretches]


def test_worst_source_shows() -> None:
    history = timeline(
        [
            claim("base", 0, OK),
            claim("incident:a", 10, DEGRADED),
            claim("incident:b", 20, DOWN),
            claim("incident:b", 30, OK),
            claim("incident:a", 40, OK),
        ],
        at(50),
    )
    assert shown(history) == [(0, 10, OK), (10, 20, DEGRADED), (20, 30, DOWN), (30, 40, DEGRADED), (40, 50, OK)]
    assert history.status is OK
    assert history.known_from == BORN


def test_nothing_known_is_unknown() -> None:
    history = timeline([], at(50))
    assert history.status is UNKNOWN
    assert history.known_from is None
    assert tally_of(history, Span(at(0), at(50)), RULES).unknown_us == 50 * 60 * 1_000_000


def test_last_of_one_instant_counts() -> None:
    history = timeline([claim("base", 0, DOWN), claim("base", 0, OK)], at(10))
    assert shown(history) == [(0, 10, OK)]


def test_claim_at_the_end_shows() -> None:
    history = timeline([claim("base", 0, OK), claim("incident:a", 10, PARTIAL)], at(10))
    assert history.status is PARTIAL
    assert shown(history) == [(0, 10, OK)]


def test_later_claims_are_not_there() -> None:
    assert timeline([claim("base", 0, OK), claim("base", 20, DOWN)], at(10)).status is OK


def test_overlaps_count_once() -> None:
    history = timeline(
        [
            claim("base", 0, OK),
            claim("incident:a", 10, DOWN),
            claim("incident:b", 20, DOWN),
            claim("incident:a", 30, OK),
            claim("incident:b", 40, OK),
        ],
        at(60),
    )
    figure = uptime_of(history, Span(at(0), at(60)), RULES)
    assert (figure.num, figure.den, figure.pct()) == (1800, 3600, "50.00")


@pytest.mark.parametrize(
    ("cause", "num", "den"),
    [(Cause.OWN, 3000, 3600), (Cause.CUSTOMER, 3000, 3000), (Cause.THIRD_PARTY, 3600, 3600)],
)
def test_cause_decides_the_figure(cause: Cause, num: int, den: int) -> None:
    history = timeline(
        [claim("base", 0, OK), claim("incident:a", 10, DOWN, cause=cause), claim("incident:a", 20, OK)], at(60)
    )
    figure = uptime_of(history, Span(at(0), at(60)), RULES)
    assert (figure.num, figure.den) == (num, den)


@pytest.mark.parametrize(
    ("kind", "num", "den"),
    [
        (MaintenanceKind.SCHEDULED, 3000, 3000),
        (MaintenanceKind.REGULAR, 3600, 3600),
        (MaintenanceKind.EMERGENCY, 3000, 3600),
    ],
)
def test_class_decides_the_figure(kind: MaintenanceKind, num: int, den: int) -> None:
    work = [claim("maintenance:m", 10, WORK, kind=kind), claim("maintenance:m", 20, OK)]
    history = timeline([claim("base", 0, OK), *work], at(60))
    figure = uptime_of(history, Span(at(0), at(60)), RULES)
    assert (figure.num, figure.den) == (num, den)


def test_exclusion_wins_over_own_fault() -> None:
    history = timeline(
        [
            claim("base", 0, OK),
            claim("maintenance:m", 10, WORK, kind=MaintenanceKind.SCHEDULED),
            claim("incident:a", 15, DOWN),
            claim("maintenance:m", 20, OK),
            claim("incident:a", 30, OK),
        ],
        at(60),
    )
    figure = uptime_of(history, Span(at(0), at(60)), RULES)
    assert (figure.num, figure.den) == (2400, 3000)
    assert tally_of(history, Span(at(0), at(60)), RULES).down_us == 900 * 1_000_000


def test_overrun_counts_only_when_down() -> None:
    overrun = claim("maintenance:m", 20, WORK, kind=MaintenanceKind.SCHEDULED, overrun=True)
    work = [claim("maintenance:m", 10, WORK, kind=MaintenanceKind.SCHEDULED), overrun, claim("maintenance:m", 40, OK)]
    calm = timeline([claim("base", 0, OK), *work], at(60))
    broken = timeline([claim("base", 0, OK), *work, claim("i", 15, DOWN), claim("i", 30, OK)], at(60))
    whole = Span(at(0), at(60))
    assert (uptime_of(calm, whole, RULES).num, uptime_of(calm, whole, RULES).den) == (3000, 3000)
    assert (uptime_of(broken, whole, RULES).num, uptime_of(broken, whole, RULES).den) == (2400, 3000)


def test_days_have_23_and_25_hours() -> None:
    history = timeline([claim("base", 0, OK)], datetime(2027, 4, 5, tzinfo=UTC))
    days = [date(2026, 10, 25), date(2026, 10, 26), date(2027, 3, 28)]
    bars = day_bars(history, days, AMSTERDAM, datetime(2027, 4, 5, tzinfo=UTC), RULES)
    assert [bar.den for bar in bars] == [25 * 3600, 24 * 3600, 23 * 3600]
    assert [bar.num for bar in bars] == [bar.den for bar in bars]


def test_today_counts_as_far_as_it_went() -> None:
    now = datetime(2026, 10, 22, 10, tzinfo=UTC)
    history = timeline([claim("base", 0, OK)], now)
    yesterday, today, tomorrow = day_bars(
        history, [date(2026, 10, 21), date(2026, 10, 22), date(2026, 10, 23)], ZoneInfo("UTC"), now, RULES
    )
    assert (yesterday.den, today.den, today.unknown) == (86400, 36000, 0)
    assert (tomorrow.den, tomorrow.unknown, tomorrow.worst) == (0, 0, UNKNOWN)


def test_days_before_the_first_knowledge_are_unknown() -> None:
    now = datetime(2026, 10, 22, tzinfo=UTC)
    history = timeline([Claim("base", datetime(2026, 10, 20, 18, tzinfo=UTC), OK)], now)
    before, first = day_bars(history, [date(2026, 10, 19), date(2026, 10, 20)], ZoneInfo("UTC"), now, RULES)
    assert (before.unknown, before.den, before.worst, before.figure.pct()) == (86400, 0, UNKNOWN, None)
    assert (first.unknown, first.den, first.worst) == (18 * 3600, 6 * 3600, UNKNOWN)


def test_milliseconds_are_exact() -> None:
    history = timeline(
        [claim("base", 0, OK), Claim("i", at(1) + timedelta(milliseconds=831), DOWN), claim("i", 2, OK)], at(3)
    )
    assert uptime_of(history, Span(at(0), at(3)), RULES).num == 120.831


_SOURCES = ("base", "incident:a", "incident:b", "maintenance:m")
_STATUSES = st.sampled_from([OK, UNKNOWN, DEGRADED, PARTIAL, DOWN])


@st.composite
def histories(draw: st.DrawFn) -> list[Claim]:
    """Claims over four days around a change of the clock, in any order of sources."""
    claims = []
    for source in _SOURCES:
        minutes = sorted(draw(st.lists(st.integers(0, 7 * 288), max_size=5)))
        for minute in minutes:
            moment = BORN + timedelta(days=3, minutes=minute * 5)
            if source.startswith("maintenance"):
                status = draw(st.sampled_from([OK, WORK]))
                kind = draw(st.sampled_from(list(MaintenanceKind))) if status is WORK else None
                claims.append(Claim(source, moment, status, kind=kind, overrun=bool(kind) and draw(st.booleans())))
            else:
                claims.append(Claim(source, moment, draw(_STATUSES), draw(st.sampled_from(list(Cause)))))
    return claims


def walk(claims: list[Claim], start: datetime, end: datetime, step: timedelta) -> dict[str, int]:
    """Seconds by what the rules say, asking each source at each step; the naive reading of design A2 to A4."""
    sums = dict.fromkeys(("down", "partial", "degraded", "maintenance", "unknown", "num", "den"), 0)
    names = {DOWN: "down", PARTIAL: "partial", DEGRADED: "degraded", WORK: "maintenance", UNKNOWN: "unknown"}
    known_from = min((c.at for c in claims), default=None)
    instant, seconds = start, int(step.total_seconds())
    while instant < end:
        said = [
            [c for c in sorted(claims, key=lambda c: c.at) if c.source == source and c.at <= instant][-1:]
            for source in _SOURCES
        ]
        now = [c for found in said for c in found]
        worst = max((c.status for c in now), key=lambda s: s.severity, default=OK)
        if known_from is None or instant < known_from or worst is UNKNOWN:
            sums["unknown"] += seconds
        else:
            if worst in names:
                sums[names[worst]] += seconds
            works = [c for c in now if c.kind is not None]
            reasons = {c.kind for c in works if not c.overrun}
            reasons |= {c.cause for c in now if c.status is DOWN}  # type: ignore[arg-type]
            if not reasons & set(RULES.remove_from_total):
                sums["den"] += seconds
                counted = any(not RULES.excludes(c.kind) for c in works if c.kind)
                down = (worst is DOWN or counted) and not reasons & set(RULES.not_downtime)
                sums["num"] += 0 if down else seconds
        instant += step
    return sums


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(0, 2 * 288))
def test_bars_agree_with_a_walk(claims: list[Claim], cut: int) -> None:
    until = datetime(2026, 10, 26, tzinfo=UTC) + timedelta(minutes=cut * 5)
    history = timeline(claims, until)
    days = [date(2026, 10, 24), date(2026, 10, 25), date(2026, 10, 26), date(2026, 10, 27)]
    for bar in day_bars(history, days, AMSTERDAM, until, RULES):
        span = day_span(bar.date, AMSTERDAM)
        naive = walk([c for c in claims if c.at <= until], span.start, min(span.end, until), timedelta(minutes=5))
        assert {name: getattr(bar, name) for name in naive} == naive


@given(histories())
def test_days_add_up_to_their_period(claims: list[Claim]) -> None:
    until = datetime(2026, 11, 1, tzinfo=UTC)
    history = timeline(claims, until)
    days = [date(2026, 10, 20) + timedelta(days=n) for n in range(11)]
    bars = day_bars(history, days, AMSTERDAM, until, RULES)
    whole = Span(day_span(days[0], AMSTERDAM).start, day_span(days[-1], AMSTERDAM).end)
    assert figure_of(bars) == uptime_of(history, whole, RULES)
    elapsed = sum(bar.den + bar.unknown for bar in bars)
    assert elapsed <= whole.length.total_seconds()


@given(histories())
def test_neighbouring_stretches_touch_and_differ(claims: list[Claim]) -> None:
    history = timeline(claims, datetime(2026, 11, 1, tzinfo=UTC))
    for left, right in zip(history.stretches, history.stretches[1:], strict=False):
        assert left.span.end == right.span.start
        assert left.state != right.state
