"""From what measurements say to what an incident would say: scope, priority, and when flapping is one trouble.

Pure: readings and a policy in, proposals out. An operator decides; these only propose.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from statuspage.domain.sla.contract import Policy
from statuspage.domain.vocabulary import ComponentStatus, Priority

SAME_TROUBLE = timedelta(minutes=10)
"""A component that fails again within this time goes on with the incident it had."""
TOGETHER = timedelta(minutes=15)
"""Components of one service that fail within this time of its first one share an incident."""
PATIENCE = 2
"""So many recoveries are believed at once; one that fails still more often has to stay up for SAME_TROUBLE."""

_SEVERITIES = {
    "critical": (0, ComponentStatus.MAJOR_OUTAGE),
    "emergency": (0, ComponentStatus.MAJOR_OUTAGE),
    "page": (0, ComponentStatus.MAJOR_OUTAGE),
    "high": (1, ComponentStatus.PARTIAL_OUTAGE),
    "major": (1, ComponentStatus.PARTIAL_OUTAGE),
    "error": (1, ComponentStatus.PARTIAL_OUTAGE),
    "warning": (2, ComponentStatus.DEGRADED_PERFORMANCE),
    "medium": (2, ComponentStatus.DEGRADED_PERFORMANCE),
    "minor": (2, ComponentStatus.DEGRADED_PERFORMANCE),
    "low": (3, ComponentStatus.DEGRADED_PERFORMANCE),
    "info": (3, ComponentStatus.DEGRADED_PERFORMANCE),
    "none": (3, ComponentStatus.DEGRADED_PERFORMANCE),
}
"""Words that outside monitors use: (rank, 0 gravest; what it says of a component)."""


class Scope(StrEnum):
    """How much of a service fails."""

    WHOLE = "whole"
    """Everything of it, or a component that is a service of its own."""
    PART = "part"
    """One of several that are all needed."""
    SPARE = "spare"
    """One of several of which one is enough: the service is up."""


@dataclass(frozen=True)
class Reading:
    """What measurements say of one subject now: a component's id, or the key of alerts that name none.

    `since` is the first failure's instant where it is down; `held`
    marks one of which nothing is known now, so that an outage neither begins nor ends."""

    subject: str
    status: ComponentStatus
    since: datetime | None = None
    severity: str | None = None
    held: bool = False

    @property
    def is_down(self) -> bool:
        """Whether there is something to write about."""
        return self.since is not None


def scope_of(down: Collection[str], measured: Collection[str], rule: Literal["all", "any"]) -> Scope:
    """The scope of an outage of the components `down` of a service that has the components `measured`.

    By the service's own rule (CM12): under "any" it is up while one component is.
    """
    if set(measured) <= set(down):
        return Scope.WHOLE
    return Scope.SPARE if rule == "any" else Scope.PART


def proposed_priority(policy: Policy, scope: Scope, *, beta: bool = False) -> Priority:
    """The policy's gravest public priority for a whole service, its second for a part, its third for a spare one or
    for what is beta; the last public one where it has fewer. A policy without public ones proposes its gravest."""
    public = sorted(Priority(terms.id) for terms in policy.priorities if terms.public)
    if not public:
        return min(Priority(terms.id) for terms in policy.priorities)
    rank = 2 if beta else list(Scope).index(scope)
    return public[min(rank, len(public) - 1)]


def priority_of_severity(policy: Policy, severity: str | None) -> Priority | None:
    """The policy's priority for an outside monitor's word, gravest first; None for a word nobody knows."""
    known = _SEVERITIES.get((severity or "").strip().lower())
    if known is None:
        return None
    defined = sorted(Priority(terms.id) for terms in policy.priorities)
    return defined[min(known[0], len(defined) - 1)]


def status_of_severity(severity: str | None) -> ComponentStatus:
    """What an outside monitor's word says of a component; an outage when it says nothing that is known."""
    known = _SEVERITIES.get((severity or "").strip().lower())
    return known[1] if known else ComponentStatus.MAJOR_OUTAGE


def goes_on(ended_at: datetime | None, now: datetime) -> bool:
    """Whether a failure now belongs to the outage that ended then: flapping makes one incident, not ten."""
    return ended_at is None or now - ended_at < SAME_TROUBLE


def is_over(times: int, ended_at: datetime, now: datetime) -> bool:
    """Whether a recovery is believed of a component that failed so many `times` in this incident."""
    return times <= PATIENCE or now - ended_at >= SAME_TROUBLE
