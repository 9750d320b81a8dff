"""Customer reports: deadlines, shares in time, claims, credits and who is told."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from statuspage.domain.intervals import Span
from statuspage.domain.periods import Period, day_span
from statuspage.domain.sla.credits import claims_close_at, credit, credit_percent, meeting_closes_at
from statuspage.domain.sla.policy import override
from statuspage.domain.sla.response import (
    Report,
    deadline,
    downgrade,
    measures,
    not_counted_reason,
    record_validated_at,
    reports_close_at,
    tolerance,
)
from statuspage.domain.sla.tickets import Ticket, is_measured, ticket_availability
from statuspage.domain.vocabulary import Cause
from tests.domain.sla.policies import BUSINESS_DAYS, BY_TICKET, DESK, REBATES, STANDARD

MONDAY = datetime(2024, 1, 15, 10, tzinfo=UTC)
JANUARY = Period(date(2024, 1, 1))


def test_an_answer_at_the_due_time_is_in_time() -> None:
    found = deadline(DESK, "Critical", MONDAY)
    assert found.due_at == MONDAY + timedelta(hours=4)
    assert found.kept(found.due_at)
    assert not found.kept(MONDAY + timedelta(hours=4, seconds=1))
    assert not found.kept(None)


def test_elapsed_limits_run_through_the_night() -> None:
    policy = override(DESK, {"response.Critical.limits.all": "4h"})
    evening = MONDAY.replace(hour=22)
    found = deadline(policy, "Critical", evening)
    assert (found.clock_starts_at, found.due_at) == (evening, evening + timedelta(hours=4))


def test_no_published_limit_is_never_late() -> None:
    assert deadline(BUSINESS_DAYS, "High", MONDAY).kept(None)
    assert deadline(BY_TICKET, "Critical", MONDAY, tier=None).due_at is None
    assert measures(REBATES, "Urgent") == ("action", "response")


def test_the_lowest_class_cannot_be_lowered() -> None:
    found = downgrade(DESK, "Low", MONDAY, MONDAY)
    assert (found.new_class, found.due_after) == ("Low", found.due_before)
    assert downgrade(REBATES, "Urgent", MONDAY, MONDAY).new_class == "Urgent"


def test_the_share_in_time_counts_alike_reports() -> None:
    late = MONDAY + timedelta(hours=5)
    reports = [
        Report("Critical", MONDAY, MONDAY, count=49),
        Report("Critical", MONDAY, late),
        Report("Critical", MONDAY, late, not_counted="client_error"),
        Report("Critical", MONDAY - timedelta(days=20), late),
        Report("Low", MONDAY, None),
    ]
    found = tolerance(DESK, "Critical", JANUARY, reports)
    assert (found.counted, found.within, found.met, found.percent(), found.share) == (
        50,
        49,
        True,
        "98.00",
        Fraction(49, 50),
    )
    odd = tolerance(DESK, "Critical", JANUARY, [Report("Critical", MONDAY, late, not_counted="mood")])
    assert (odd.counted, odd.met) == (1, False)


def test_reports_leave_the_share_by_themselves() -> None:
    first_order = datetime(2024, 1, 1, 12, tzinfo=UTC)
    ends = datetime(2024, 2, 1, tzinfo=UTC)
    assert not_counted_reason(DESK, ends - timedelta(seconds=1), first_order_at=first_order) == "introductory_period"
    assert not_counted_reason(DESK, ends, first_order_at=first_order) is None
    planned = [Span(MONDAY, MONDAY + timedelta(hours=1))]
    assert not_counted_reason(DESK, MONDAY, first_order_at=None, planned=planned) == "planned_maintenance"
    assert not_counted_reason(STANDARD, MONDAY, first_order_at=first_order, planned=planned) is None


def test_an_objection_stops_the_record() -> None:
    at = datetime(2024, 5, 10, 9, tzinfo=UTC)
    assert record_validated_at(BY_TICKET, at) == datetime(2024, 5, 15, 22, tzinfo=UTC)
    assert record_validated_at(BY_TICKET, at, at + timedelta(days=5)) is None
    assert record_validated_at(BY_TICKET, at, at + timedelta(days=7)) is not None


def test_windows_the_policy_does_not_know_never_close() -> None:
    assert claims_close_at(STANDARD, JANUARY) is None
    assert meeting_closes_at(REBATES, MONDAY) is None
    assert reports_close_at(REBATES, MONDAY) is None
    assert record_validated_at(REBATES, MONDAY) is None


@pytest.mark.parametrize(("minutes", "percent"), [(0, 0), (1, 5), (432, 5), (433, 10), (2161, 100)])
def test_bands_go_by_the_exact_figure(minutes: int, percent: int) -> None:
    assert credit_percent(REBATES, Fraction(43200 - minutes, 43200)) == percent


def test_credits_are_capped_and_earned() -> None:
    none = Fraction(0)
    assert credit(REBATES, none, fee=Decimal(500)).amount == Decimal("125.00")
    assert credit(REBATES, none, fee=Decimal(500)).capped
    assert not credit(REBATES, none, fee=Decimal(125)).capped
    assert credit(REBATES, none, fee=Decimal(500), eligible=False).amount == Decimal("0.00")
    assert (credit(REBATES, none).percent, credit(REBATES, none).amount) == (100, None)
    assert credit_percent(STANDARD, none) == credit_percent(REBATES, None) == 0


def test_tickets_are_counted_once_less_client_delays() -> None:
    window = day_span(date(2024, 1, 15), BY_TICKET.zone)
    hour = timedelta(hours=1)
    tickets = [
        Ticket(MONDAY, MONDAY + 2 * hour, client_delays=(Span(MONDAY, MONDAY + hour),)),
        Ticket(MONDAY + hour, MONDAY + 3 * hour),
        Ticket(MONDAY + 5 * hour, None, cause=Cause.THIRD_PARTY),
        Ticket(MONDAY + 5 * hour, MONDAY + 6 * hour, not_available=False),
        Ticket(window.end - hour, None),
    ]
    figure = ticket_availability(BY_TICKET, window, tickets)
    assert figure.downtime == 3 * hour
    assert {part.reason for part in figure.exempt} == {Cause.THIRD_PARTY}


def test_only_full_months_are_measured_where_the_policy_says_so() -> None:
    month = JANUARY.span(BY_TICKET.zone)
    assert is_measured(BY_TICKET, month, month.start)
    assert not is_measured(BY_TICKET, month, month.start + timedelta(seconds=1))
    assert not is_measured(BY_TICKET, month, None, month.end - timedelta(days=1))
    assert is_measured(REBATES, month, month.end)
