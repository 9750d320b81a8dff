"""Maintenance drafts judged: class, notice, refusals, warnings, and where it may start at the earliest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from statuspage.domain.sla.duration import Duration
from statuspage.domain.sla.notice import MaintenanceDraft, assess, classify, earliest_start, label, latest_notice
from statuspage.domain.sla.policy import override
from statuspage.domain.vocabulary import MaintenanceKind, Risk
from tests.domain.sla.policies import BUSINESS_DAYS, DESK, DUTCH_HOURS, REBATES, STANDARD

NOW = datetime(2024, 8, 1, 10, 0, 30, tzinfo=UTC)


def draft(days: float, **changes: object) -> MaintenanceDraft:
    """Two hours of work so many days from NOW, at night."""
    start = (NOW + timedelta(days=days)).replace(hour=21, minute=0, second=0)
    return replace(MaintenanceDraft(NOW, start, start + timedelta(hours=2)), **changes)  # type: ignore[arg-type]


def codes(issues: object) -> list[str]:
    return [issue.code for issue in issues]  # type: ignore[attr-defined]


def test_notice_in_time_is_accepted_and_excluded() -> None:
    judged = assess(STANDARD, draft(20))
    assert (judged.kind, judged.urgent, judged.met) == (MaintenanceKind.SCHEDULED, False, True)
    assert (judged.required, judged.required_text) == (Duration(14, "d"), "14 days")
    assert judged.excluded_from_availability
    assert judged.refusals == judged.warnings == judged.notes == ()


def test_a_wish_for_scheduled_with_short_notice_is_refused() -> None:
    judged = assess(STANDARD, draft(5))
    assert codes(judged.refusals) == ["notice_too_short"]
    assert judged.kind is MaintenanceKind.EMERGENCY
    assert judged.earliest_start == datetime(2024, 8, 15, 10, 1, tzinfo=UTC)
    refusal = judged.refusals[0]
    assert refusal.field == "starts_at"
    assert "2024-08-15 10:01 UTC" in refusal.message
    assert "emergency" in refusal.message


def test_the_earliest_start_itself_is_accepted() -> None:
    first = assess(STANDARD, draft(5)).earliest_start
    assert assess(STANDARD, draft(5, starts_at=first, ends_at=first + timedelta(hours=1))).refusals == ()
    before = first - timedelta(minutes=1)
    assert codes(assess(STANDARD, draft(5, starts_at=before, ends_at=first)).refusals) == ["notice_too_short"]


def test_emergency_with_enough_notice_is_stored_as_scheduled() -> None:
    judged = assess(STANDARD, draft(20, wish=MaintenanceKind.EMERGENCY))
    assert judged.kind is MaintenanceKind.SCHEDULED
    assert judged.refusals == ()


def test_an_emergency_is_held_to_its_own_lead() -> None:
    judged = assess(STANDARD, draft(5, wish=MaintenanceKind.EMERGENCY))
    assert (judged.kind, judged.urgent, judged.met) == (MaintenanceKind.EMERGENCY, False, True)
    assert (judged.required, judged.latest_notice_at) == (Duration(24, "h"), judged.latest_notice_for_emergency)
    assert codes(judged.notes) == ["counts_as_downtime"]
    assert judged.refusals == ()


def test_urgent_work_needs_a_reason_of_the_policy() -> None:
    urgent = draft(0, wish=MaintenanceKind.EMERGENCY)
    judged = assess(STANDARD, urgent)
    assert (judged.urgent, judged.reason_required, judged.reasons, judged.met) == (True, True, ("urgent",), False)
    assert judged.label == "Urgent maintenance"
    assert codes(judged.refusals) == ["reason_required"]
    assert codes(assess(STANDARD, replace(urgent, reason="because")).refusals) == ["reason_required"]
    assert assess(STANDARD, replace(urgent, reason="urgent")).refusals == ()


def test_without_an_emergency_lead_every_emergency_needs_a_reason() -> None:
    judged = assess(BUSINESS_DAYS, draft(1, wish=MaintenanceKind.EMERGENCY))
    assert (judged.urgent, judged.reason_required) == (False, True)
    assert judged.latest_notice_for_emergency is None
    assert assess(BUSINESS_DAYS, draft(1, wish=MaintenanceKind.EMERGENCY, reason="vendor_change")).refusals == ()


def test_no_wish_takes_whatever_class_it_is() -> None:
    judged = assess(STANDARD, draft(5, wish=None))
    assert (judged.kind, judged.refusals) == (MaintenanceKind.EMERGENCY, ())


def test_work_inside_business_hours_is_refused_or_warned_of() -> None:
    day = datetime(2024, 8, 28, 14, tzinfo=UTC)
    inside = draft(0, starts_at=day, ends_at=day + timedelta(hours=1))
    assert codes(assess(BUSINESS_DAYS, inside).refusals) == ["inside_business_hours"]
    risky = assess(DUTCH_HOURS, replace(inside, risk=Risk.HIGH))
    assert (codes(risky.refusals), codes(risky.warnings)) == ([], ["high_risk_inside_business_hours"])
    assert risky.confirm_required
    assert risky.minutes_inside_business_hours == 60
    assert not assess(DUTCH_HOURS, inside).confirm_required


def test_regular_work_is_offered_once_a_week_or_not_at_all() -> None:
    regular = draft(20, wish=MaintenanceKind.REGULAR)
    assert codes(assess(DUTCH_HOURS, regular).refusals) == ["regular_not_offered"]
    night = datetime(2024, 8, 24, 3, tzinfo=UTC)
    first = replace(regular, starts_at=night, ends_at=night + timedelta(hours=1))
    assert assess(BUSINESS_DAYS, first).kind is MaintenanceKind.REGULAR
    again = replace(first, other_regular_starts=(night - timedelta(days=3),))
    assert codes(assess(BUSINESS_DAYS, again).refusals) == ["second_regular_in_week"]
    twice_a_week = override(BUSINESS_DAYS, {"maintenance.regular_per_week": 2})
    assert assess(twice_a_week, again).refusals == ()


def test_notice_after_the_start_is_flagged() -> None:
    started = NOW - timedelta(hours=1)
    judged = assess(REBATES, draft(0, starts_at=started, ends_at=NOW, wish=MaintenanceKind.EMERGENCY))
    assert judged.violations == ("notice_after_start",)
    assert judged.refusals == ()
    assert judged.label == "Unscheduled maintenance"


def test_an_end_before_the_start_is_refused() -> None:
    judged = assess(STANDARD, draft(20, ends_at=NOW))
    assert codes(judged.refusals) == ["ends_before_start"]
    assert judged.minutes_inside_business_hours == 0


def test_dates_alone_count_where_the_policy_says_so() -> None:
    policy = override(REBATES, {"maintenance.lead_counts": "date"})
    start = datetime(2024, 5, 8, 10, tzinfo=UTC)
    assert latest_notice(policy, start) == datetime(2024, 5, 1, 21, 59, 59, tzinfo=UTC)
    assert earliest_start(policy, datetime(2024, 5, 1, 21, 59, 59, tzinfo=UTC)) == datetime(
        2024, 5, 7, 22, tzinfo=UTC
    )
    assert classify(policy, datetime(2024, 5, 1, 22, tzinfo=UTC), start) is MaintenanceKind.EMERGENCY


def test_a_date_lead_of_nothing_still_ends_at_the_start() -> None:
    policy = override(DESK, {"maintenance.lead_counts": "date"})
    assert classify(policy, NOW, NOW - timedelta(minutes=1)) is MaintenanceKind.EMERGENCY


@pytest.mark.parametrize(
    ("announced", "first"),
    [
        ("2024-04-13T16:00", "2024-04-20T04:00"),  # Saturday noon: five whole days end on Friday at midnight
        ("2024-04-15T04:00", "2024-04-20T04:00"),  # Monday 00:00 local likewise
        ("2024-04-15T13:00", "2024-04-22T13:00"),  # Monday 09:00: the same wall time five business days on
        ("2024-06-28T04:01", "2024-07-08T04:01"),  # over the weekend and Canada Day
        ("2024-10-28T21:00", "2024-11-04T22:00"),  # over the end of summer time
    ],
)
def test_business_day_leads_find_the_earliest_start(announced: str, first: str) -> None:
    found = earliest_start(BUSINESS_DAYS, datetime.fromisoformat(announced + "+00:00"))
    assert found == datetime.fromisoformat(first + "+00:00")


def test_calendar_days_keep_the_wall_time_across_dst() -> None:
    assert earliest_start(DUTCH_HOURS, datetime(2024, 3, 20, 1, tzinfo=UTC)) == datetime(2024, 4, 3, tzinfo=UTC)


def test_labels_name_the_class() -> None:
    assert label(STANDARD, MaintenanceKind.REGULAR) == "Regular maintenance"
    assert label(REBATES, MaintenanceKind.SCHEDULED) == "Scheduled maintenance"
