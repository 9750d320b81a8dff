"""One sentence for many components."""

from __future__ import annotations

import pytest

from statuspage.domain.rollup import carried, overall, weight, worst_of
from statuspage.domain.vocabulary import ComponentStatus, Impact

OK = ComponentStatus.OPERATIONAL


@pytest.mark.parametrize(
    ("status", "indicator", "description"),
    [
        (OK, "none", "All Systems Operational"),
        (ComponentStatus.UNKNOWN, "none", "All Systems Operational"),
        (ComponentStatus.UNDER_MAINTENANCE, "maintenance", "Service Under Maintenance"),
        (ComponentStatus.DEGRADED_PERFORMANCE, "minor", "Partially Degraded Service"),
        (ComponentStatus.PARTIAL_OUTAGE, "major", "Partial System Outage"),
        (ComponentStatus.MAJOR_OUTAGE, "critical", "Major Service Outage"),
    ],
)
def test_worst_component_gives_the_sentence(status: ComponentStatus, indicator: str, description: str) -> None:
    found = overall([OK, status])
    assert (found.indicator, found.description) == (indicator, description)


def test_page_without_components_is_operational() -> None:
    assert worst_of([]) is OK
    assert overall([]).indicator == "none"


def test_open_incident_without_components_shows() -> None:
    assert overall([OK], [Impact.NONE, Impact.CRITICAL]).status is ComponentStatus.MAJOR_OUTAGE


def test_running_maintenance_shows() -> None:
    assert overall([OK], maintenance_running=True).indicator == "maintenance"


def test_one_that_is_up_carries_its_service() -> None:
    down, partial = ComponentStatus.MAJOR_OUTAGE, ComponentStatus.PARTIAL_OUTAGE
    pairs = [
        ("voice", down),
        ("voice", OK),
        ("mail", down),
        ("mail", partial),
        ("web", down),
        ("web", OK),
        (None, down),
    ]
    assert carried(pairs, {"voice", "mail"}) == {"voice"}
    assert weight(down, is_carried=True) is ComponentStatus.DEGRADED_PERFORMANCE
    assert weight(down, is_carried=False) is down
    assert weight(ComponentStatus.UNDER_MAINTENANCE, is_carried=True) is ComponentStatus.UNDER_MAINTENANCE
