"""The field's words: each enum carries the wire string, a label, and an order that is its severity.

Wire words are those of the Statuspage API v2; what is not on the wire (UNKNOWN, CANCELLED) says so.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A word of the wire; hashed as the text it is equal to, because histories look up millions of them."""

    __hash__ = str.__hash__


class ComponentStatus(Word):
    """State of one component. Order of definition is order of severity, best first.

    UNKNOWN never travels on the wire as a status: it marks time nobody measured.
    """

    OPERATIONAL = "operational"
    UNKNOWN = "unknown"
    UNDER_MAINTENANCE = "under_maintenance"
    DEGRADED_PERFORMANCE = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"

    @property
    def severity(self) -> int:
        """Rank among the statuses, 0 is best."""
        return _SEVERITIES[self]

    @property
    def label(self) -> str:
        """English words for people, e.g. "Degraded performance"."""
        return self.value.replace("_", " ").capitalize()


_SEVERITIES = {status: rank for rank, status in enumerate(ComponentStatus)}

SETTABLE = tuple(status for status in ComponentStatus if status is not ComponentStatus.UNKNOWN)
"""Statuses an operator may set."""


class IncidentStatus(StrEnum):
    """Lifecycle of an incident (Statuspage API v2, section 2.2)."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"

    @property
    def label(self) -> str:
        """English word for people."""
        return self.value.capitalize()

    @property
    def is_open(self) -> bool:
        """Whether an incident in this state still goes on."""
        return self in (IncidentStatus.INVESTIGATING, IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING)


class MaintenanceStatus(StrEnum):
    """Lifecycle of a maintenance; CANCELLED is ours, the wire has no such state."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """English words for people."""
        return self.value.replace("_", " ").capitalize()

    @property
    def is_running(self) -> bool:
        """Whether work is going on now."""
        return self in (MaintenanceStatus.IN_PROGRESS, MaintenanceStatus.VERIFYING)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self in (MaintenanceStatus.COMPLETED, MaintenanceStatus.CANCELLED)


class Priority(StrEnum):
    """P1 is the gravest. What each one means is the policy's business."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"

    @property
    def impact(self) -> Impact:
        """The impact a Statuspage client sees for this priority."""
        return _IMPACT_OF[self]


class Impact(StrEnum):
    """Impact of an incident on the wire; MAINTENANCE only for maintenances."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"
    MAINTENANCE = "maintenance"


_IMPACT_OF = {
    Priority.P1: Impact.CRITICAL,
    Priority.P2: Impact.MAJOR,
    Priority.P3: Impact.MINOR,
    Priority.P4: Impact.NONE,
    Priority.P5: Impact.NONE,
}


class Cause(Word):
    """Who answers for an outage (design: policy schema, causes)."""

    OWN = "own"
    THIRD_PARTY = "third_party"
    CUSTOMER = "customer"
    FORCE_MAJEURE = "force_majeure"
    SUSPENSION = "suspension"

    @property
    def label(self) -> str:
        """English words for people."""
        return _CAUSE_LABELS[self]


_CAUSE_LABELS = {
    Cause.OWN: "Our own systems",
    Cause.THIRD_PARTY: "A third party",
    Cause.CUSTOMER: "The customer",
    Cause.FORCE_MAJEURE: "Force majeure",
    Cause.SUSPENSION: "Suspension",
}


class MaintenanceKind(Word):
    """Class of a maintenance, computed from the notice given."""

    SCHEDULED = "scheduled"
    REGULAR = "regular"
    EMERGENCY = "emergency"

    @property
    def label(self) -> str:
        """English word for people."""
        return self.value.capitalize()


class Risk(StrEnum):
    """How likely a maintenance is to go wrong, as its author judges."""

    NORMAL = "normal"
    HIGH = "high"


class WorkObject(StrEnum):
    """What a maintenance works on (IS31)."""

    HARDWARE = "hardware"
    OPERATING_SYSTEM = "operating_system"
    NETWORK = "network"
    OTHER = "other"

    @property
    def label(self) -> str:
        """English words for people."""
        return self.value.replace("_", " ").capitalize()


class WorkEffect(StrEnum):
    """What people are to expect while it goes on (IS32, CM28)."""

    NONE = "none"
    DEGRADED = "degraded"
    SUSPENDED = "suspended"

    @property
    def label(self) -> str:
        """English words for people."""
        return _EFFECT_LABELS[self]


_EFFECT_LABELS = {
    WorkEffect.NONE: "No interruption",
    WorkEffect.DEGRADED: "Slower or partly unavailable",
    WorkEffect.SUSPENDED: "Unavailable meanwhile",
}


class NoticeKind(StrEnum):
    """What a subscriber can choose to hear of."""

    INCIDENT = "incident"
    MAINTENANCE = "maintenance"
    SLA = "sla"
    """Changed service levels: a new version of the policy."""
    POSTMORTEM = "postmortem"


class Frequency(StrEnum):
    """When a subscriber hears: of each update as it is posted, or once a day (mail only)."""

    EACH = "each"
    DAILY = "daily"


class Rung(StrEnum):
    """A word of a ladder: each one may all that those before it may."""

    def includes(self, needed: Self) -> bool:
        """Whether whoever has this may do what `needed` may."""
        order = list(type(self))
        return order.index(self) >= order.index(needed)


class Role(Rung):
    """What a person may do."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    MANAGER = "manager"
    ADMIN = "admin"


class Scope(Rung):
    """What an API token may do."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
