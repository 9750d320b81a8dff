"""Updates promised, gaps kept, escalation and visibility."""

from datetime import UTC, datetime, timedelta

import pytest

from statuspage.domain.sla.cadence import escalation_at, gaps, is_public, late, next_update_due, public_since
from statuspage.domain.sla.policy import override
from tests.domain.sla.policies import DUTCH_HOURS, STANDARD

FIRST = {"id": "P1", "name": "Critical", "public": True}
AT = datetime(2024, 7, 5, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize("status", ["investigating", "identified", "monitoring"])
def test_updates_are_due_in_every_open_status(status: str) -> None:
    assert next_update_due(STANDARD, "P1", status, AT) == AT + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("priority", "status"),
    [("P1", "resolved"), ("P1", "postmortem"), ("P4", "investigating"), (None, "investigating")],
)
def test_nothing_is_due_without_a_promise(priority: str | None, status: str) -> None:
    assert next_update_due(STANDARD, priority, status, AT) is None


def test_business_minutes_wait_for_monday() -> None:
    policy = override(DUTCH_HOURS, {"priority.P3.update_every": "120bm"})
    assert next_update_due(policy, "P3", "identified", AT) == datetime(2024, 7, 8, 8, tzinfo=UTC)


def test_gaps_follow_the_priority_of_their_time() -> None:
    posts = [(AT, "P1"), (AT + timedelta(minutes=15), "P3"), (AT + timedelta(minutes=100), "P3")]
    found = gaps(STANDARD, reversed(posts), until=AT + timedelta(minutes=240))
    assert [gap.length / timedelta(minutes=1) for gap in found] == [15, 85, 140]
    assert [gap.late_by / timedelta(minutes=1) for gap in found] == [0, 0, 20]
    assert late(found) == 1


def test_an_incident_without_promise_is_never_late() -> None:
    found = gaps(STANDARD, [(AT, "P4"), (AT + timedelta(days=9), "P4")])
    assert late(found) == 0
    assert found[0].due_at is None
    assert gaps(STANDARD, [], until=AT) == ()


def test_escalation_is_at_once_at_opening_or_never() -> None:
    saturday = datetime(2024, 7, 6, 1, tzinfo=UTC)
    assert escalation_at(STANDARD, "P1", saturday) == saturday
    assert escalation_at(STANDARD, "P3", saturday) == datetime(2024, 7, 8, 9, tzinfo=UTC)
    assert escalation_at(STANDARD, "P5", saturday) is None
    assert escalation_at(STANDARD, None, saturday) is None


def test_public_once_is_public_for_good() -> None:
    later = AT + timedelta(hours=1)
    assert public_since(STANDARD, None, later, "P2") == later
    assert public_since(STANDARD, AT, later, "P5") == AT
    assert public_since(STANDARD, None, AT, "P5") is None


def test_imported_history_is_public() -> None:
    assert is_public(STANDARD, None)
    assert not is_public(override(STANDARD, {"priority": [FIRST]}), "P5")
