"""Many components, one sentence: the page's overall state in the words of the Statuspage API (v2, section 2.2)."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from statuspage.domain.vocabulary import ComponentStatus, Impact


@dataclass(frozen=True)
class Overall:
    """The page in one word of the API, one sentence and one status (its colour)."""

    indicator: str
    description: str
    status: ComponentStatus


_OVERALL = {
    ComponentStatus.OPERATIONAL: ("none", "All Systems Operational"),
    ComponentStatus.UNDER_MAINTENANCE: ("maintenance", "Service Under Maintenance"),
    ComponentStatus.DEGRADED_PERFORMANCE: ("minor", "Partially Degraded Service"),
    ComponentStatus.PARTIAL_OUTAGE: ("major", "Partial System Outage"),
    ComponentStatus.MAJOR_OUTAGE: ("critical", "Major Service Outage"),
}
_OUT = (ComponentStatus.PARTIAL_OUTAGE, ComponentStatus.MAJOR_OUTAGE)
DESCRIPTIONS = tuple(sentence for _, sentence in _OVERALL.values())
_AS_GRAVE_AS = {
    Impact.MINOR: ComponentStatus.DEGRADED_PERFORMANCE,
    Impact.MAJOR: ComponentStatus.PARTIAL_OUTAGE,
    Impact.CRITICAL: ComponentStatus.MAJOR_OUTAGE,
}


def worst_of(statuses: Iterable[ComponentStatus]) -> ComponentStatus:
    """The gravest status; operational when there is none."""
    return max(statuses, key=lambda status: status.severity, default=ComponentStatus.OPERATIONAL)


def carried(components: Iterable[tuple[str | None, ComponentStatus]], redundant: Container[str]) -> set[str]:
    """Services of which one component is enough that stay up though another of theirs is down. `components` are
    (service, status), `redundant` the services of rule "any" (CM12)."""
    found: dict[str, set[bool]] = {}
    for service, status in components:
        if service is not None and service in redundant:
            found.setdefault(service, set()).add(status in _OUT)
    return {service for service, out in found.items() if out == {True, False}}


def weight(status: ComponentStatus, *, is_carried: bool) -> ComponentStatus:
    """What a component's status weighs for the whole: where its service is carried, no more than degraded."""
    return ComponentStatus.DEGRADED_PERFORMANCE if is_carried and status in _OUT else status


def overall(
    statuses: Iterable[ComponentStatus], open_impacts: Iterable[Impact] = (), *, maintenance_running: bool = False
) -> Overall:
    """The state of the whole page: the worst of its components' statuses, of its open incidents' impacts (an
    incident may name no component) and of maintenance under way. Unknown components do not alarm anybody."""
    grave = [_AS_GRAVE_AS[impact] for impact in open_impacts if impact in _AS_GRAVE_AS]
    if maintenance_running:
        grave.append(ComponentStatus.UNDER_MAINTENANCE)
    worst = worst_of([*statuses, *grave])
    if worst is ComponentStatus.UNKNOWN:
        worst = ComponentStatus.OPERATIONAL
    return Overall(*_OVERALL[worst], worst)
