"""The figure, against a walk minute by minute, and what it lists."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statuspage.domain.intervals import Span, total
from statuspage.domain.sla.availability import (
    Event,
    MaintenanceWindow,
    Outage,
    availability,
    plain_availability,
)
from statuspage.domain.sla.policy import Policy, override
from statuspage.domain.vocabulary import Cause, MaintenanceKind
from tests.domain.sla.policies import BUSINESS_DAYS, DESK, DUTCH_HOURS, REBATES, STANDARD

DAY = datetime(2024, 5, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WINDOW = Span(DAY, DAY + timedelta(hours=2))
POLICIES = (STANDARD, DUTCH_HOURS, BUSINESS_DAYS, DESK)


def span(start: float, end: float) -> Span:
    return Span(DAY + start * MINUTE, DAY + end * MINUTE)


spans = st.tuples(st.integers(-20, 130), st.integers(0, 60)).map(lambda pair: span(pair[0], pair[0] + pair[1]))
components = st.sampled_from(["a", "b"])
outages = st.builds(Outage, components, spans, st.sampled_from(Cause), st.booleans())
windows = st.builds(
    lambda component, window, kind, down, ran: MaintenanceWindow(
        component, window, kind, down, ended_at=window.start + ran * MINUTE
    ),
    components,
    spans,
    st.sampled_from(MaintenanceKind),
    st.booleans(),
    st.integers(0, 90),
)
dark = st.lists(st.tuples(components, spans), max_size=2)


def state(policy: Policy, events: list[Event], unknown: list[tuple[str, Span]], name: str, at: datetime) -> str:
    """What one component is at an instant, asked in plain words."""
    down = False
    for event in (event for event in events if event.component == name):
        if isinstance(event, Outage):
            here, reason = at in event.span and event.down, event.cause
        else:
            assert event.ended_at is not None
            here, reason = at in event.span and at < event.ended_at, event.kind
            down |= event.down and event.span.end <= at < event.ended_at
        if here and reason in policy.availability.remove_from_total:
            return "removed"
    for event in (event for event in events if event.component == name):
        if isinstance(event, Outage):
            here, reason, falls = at in event.span and event.down, event.cause, event.down
        else:
            assert event.ended_at is not None
            here, reason, falls = at in event.span and at < event.ended_at, event.kind, event.down
        if here and reason in policy.availability.not_downtime:
            return "up"
        down |= here and falls
    if down:
        return "down"
    return "unknown" if any(name == other and at in window for other, window in unknown) else "up"


def service_state(states: list[str], rule: str) -> str:
    if rule == "all":
        return next((word for word in ("down", "removed", "unknown") if word in states), "up")
    if "up" in states:
        return "up"
    return next(word for word in ("unknown", "down", "removed") if word in states)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(POLICIES),
    st.lists(st.one_of(outages, windows), max_size=6),
    dark,
    st.sampled_from(["all", "any"]),
)
def test_the_figure_equals_a_walk_by_minutes(
    policy: Policy, events: list[Event], unknown: list[tuple[str, Span]], rule: str
) -> None:
    figure = availability(policy, WINDOW, events, components=("a", "b"), rule=rule, unknown=unknown)  # type: ignore[arg-type]
    walked = [
        service_state([state(policy, events, unknown, name, DAY + n * MINUTE) for name in ("a", "b")], rule)
        for n in range(120)
    ]
    assert (figure.downtime, figure.removed, figure.unknown) == tuple(
        walked.count(word) * MINUTE for word in ("down", "removed", "unknown")
    )
    assert total(part.span for part in figure.outages) == figure.downtime
    assert total(part.span for part in figure.removals) == figure.removed


def test_nothing_measured_has_no_figure() -> None:
    figure = availability(STANDARD, WINDOW, [], unknown=[("a", WINDOW)])
    assert (figure.share, figure.percent(), figure.met(Decimal("99.9"))) == (None, None, None)
    assert figure.unknown == WINDOW.length


def test_unknown_time_leaves_both_sides() -> None:
    figure = availability(
        STANDARD, WINDOW, [Outage("a", span(0, 10))], unknown=[("a", span(5, 70))], components=["a"]
    )
    assert (figure.num, figure.den) == (50 * MINUTE, 60 * MINUTE)
    assert figure.percent(4) == "83.3333"


def test_beta_components_are_left_out_by_not_naming_them() -> None:
    figure = availability(DUTCH_HOURS, WINDOW, [Outage("beta", WINDOW)], components=["main"])
    assert figure.percent() == "100.00"


def test_reasons_and_references_are_listed() -> None:
    events = [
        Outage("a", span(0, 10), Cause.THIRD_PARTY, ref="i1"),
        Outage("a", span(5, 20), ref="i2"),
        Outage("a", span(30, 40), Cause.CUSTOMER, ref="i3"),
    ]
    figure = availability(DESK, WINDOW, events)
    assert [(part.reason, part.ref) for part in figure.removals] == [(Cause.THIRD_PARTY, "i1")]
    assert [(part.reason, part.ref) for part in figure.exempt] == [(Cause.CUSTOMER, "i3")]
    assert [(part.span, part.ref) for part in figure.outages] == [(span(10, 20), "i2")]


@pytest.mark.parametrize(("seconds", "minutes"), [(29, 0), (30, 1), (89, 1), (90, 2)])
def test_half_a_minute_rounds_up_once(seconds: int, minutes: int) -> None:
    policy = REBATES
    figure = availability(policy, WINDOW, [Outage("a", Span(DAY, DAY + timedelta(seconds=seconds)))])
    assert (figure.downtime, figure.counted) == (timedelta(seconds=seconds), minutes * MINUTE)
    assert figure.den == 43200 * MINUTE


def test_downtime_beyond_a_fixed_total_leaves_nothing() -> None:
    long = Span(DAY, DAY + timedelta(days=31))
    figure = availability(REBATES, long, [Outage("a", long)])
    assert (figure.num, figure.percent()) == (timedelta(), "0.00")


def test_a_customer_that_did_not_report_has_no_downtime() -> None:
    policy = REBATES
    outage = Outage("a", span(0, 60), reported=False)
    assert availability(policy, WINDOW, [outage]).downtime == timedelta()
    assert plain_availability(policy, WINDOW, [outage]).downtime == 60 * MINUTE


def test_a_plain_figure_is_calendar_time_unrounded() -> None:
    figure = plain_availability(REBATES, WINDOW, [Outage("a", span(0.75, 1))])
    assert (figure.total, figure.counted) == (WINDOW.length, timedelta(seconds=15))


def test_own_infrastructure_may_leave_the_total() -> None:
    policy = override(DESK, {"availability.remove_from_total": ["own"]})
    assert availability(policy, WINDOW, [Outage("a", span(0, 60))]).removed == 60 * MINUTE
