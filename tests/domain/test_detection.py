"""What a measured outage proposes: scope by the service's rule, priority in the policy's terms, flapping as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from statuspage.domain.detection import (
    Scope,
    goes_on,
    is_over,
    priority_of_severity,
    proposed_priority,
    scope_of,
    status_of_severity,
)
from statuspage.domain.sla.policy import Policy, load_policies
from statuspage.domain.vocabulary import ComponentStatus, Priority

NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policies("standard").at(NOON)


def with_public(policy: Policy, *ids: str) -> Policy:
    terms = tuple(each.model_copy(update={"public": each.id in ids}) for each in policy.priorities)
    return policy.model_copy(update={"priorities": terms})


def test_whole_service_is_gravest(policy: Policy) -> None:
    assert scope_of({"a", "b"}, {"a", "b"}, "all") is Scope.WHOLE
    assert scope_of({"a", "b"}, {"a", "b"}, "any") is Scope.WHOLE
    assert proposed_priority(policy, Scope.WHOLE) is Priority.P1


def test_one_of_several_weighs_less(policy: Policy) -> None:
    assert scope_of({"a"}, {"a", "b"}, "all") is Scope.PART
    assert proposed_priority(policy, Scope.PART) is Priority.P2


def test_spare_leaves_service_up(policy: Policy) -> None:
    assert scope_of({"a"}, {"a", "b"}, "any") is Scope.SPARE
    assert proposed_priority(policy, Scope.SPARE) is Priority.P3
    assert proposed_priority(policy, Scope.WHOLE, beta=True) is Priority.P3


def test_only_public_priorities_are_proposed(policy: Policy) -> None:
    two = with_public(policy, "P2", "P4")
    assert [proposed_priority(two, scope) for scope in Scope] == [Priority.P2, Priority.P4, Priority.P4]
    assert proposed_priority(with_public(policy), Scope.SPARE) is Priority.P1


@pytest.mark.parametrize(
    ("word", "priority", "status"),
    [
        ("critical", Priority.P1, ComponentStatus.MAJOR_OUTAGE),
        ("Error", Priority.P2, ComponentStatus.PARTIAL_OUTAGE),
        (" warning ", Priority.P3, ComponentStatus.DEGRADED_PERFORMANCE),
        ("info", Priority.P4, ComponentStatus.DEGRADED_PERFORMANCE),
        ("purple", None, ComponentStatus.MAJOR_OUTAGE),
        (None, None, ComponentStatus.MAJOR_OUTAGE),
    ],
)
def test_severity_becomes_priority(
    policy: Policy, word: str | None, priority: Priority | None, status: ComponentStatus
) -> None:
    assert priority_of_severity(policy, word) is priority
    assert status_of_severity(word) is status


def test_flapping_is_one_trouble() -> None:
    assert goes_on(None, NOON)
    assert goes_on(NOON - timedelta(minutes=9), NOON)
    assert not goes_on(NOON - timedelta(minutes=10), NOON)


def test_third_recovery_needs_time() -> None:
    assert is_over(1, NOON, NOON)
    assert is_over(2, NOON, NOON)
    assert not is_over(3, NOON, NOON + timedelta(minutes=9))
    assert is_over(3, NOON, NOON + timedelta(minutes=10))
