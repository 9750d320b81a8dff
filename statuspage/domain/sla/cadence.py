"""The promise to keep talking: when the next update is due, how late one was, when to escalate, what is public."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.deadline import due_at
from statuspage.domain.sla.worktime import work_calendar
from statuspage.domain.vocabulary import IncidentStatus

SHORT_CADENCE = timedelta(minutes=30)
"""Up to this promise people are reminded SOON before the end, else EARLY before it."""
SOON, EARLY = timedelta(minutes=3), timedelta(minutes=15)
FIRST_AGAIN = timedelta(minutes=5)
"""Overdue: at once, after 5 minutes, and then each time after thrice as long (15, 45, 135 …)."""
GROWTH = 3

_SILENT = (IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM)


class RingKind(StrEnum):
    """Why responsible people are told."""

    REMINDER = "reminder"
    OVERDUE = "overdue"
    ESCALATION = "escalation"
    DETECTED = "detected"
    """An outage was measured: a draft waits, or was published by itself."""


@dataclass(frozen=True)
class Ring:
    """One ring of a clock: `due_at` is what it is about, `at` when it rings; `step` counts those of its kind."""

    kind: RingKind
    due_at: datetime
    step: int
    at: datetime


@dataclass(frozen=True)
class Gap:
    """Silence between two public updates; `due_at` is None where none was promised."""

    after: datetime
    until: datetime
    due_at: datetime | None

    @property
    def length(self) -> timedelta:
        return self.until - self.after

    @property
    def late_by(self) -> timedelta:
        """How long past due; nothing when in time, also exactly on time."""
        return max(self.until - self.due_at, timedelta()) if self.due_at else timedelta()


def next_update_due(
    policy: Policy, priority: str | None, status: str, last_public_update_at: datetime
) -> datetime | None:
    """When the public is owed the next word (CM26): counted from the last public update, in every open status.

    None once resolved, for a priority without a promised interval, and where the priority is None (imported).
    """
    terms = policy.priority(priority)
    if terms is None or terms.update_every is None or status in _SILENT:
        return None
    return due_at(policy, last_public_update_at, terms.update_every)


def escalation_at(policy: Policy, priority: str | None, opened_at: datetime) -> datetime | None:
    """When the operations centre is called (CM25): at once, when business hours open, or never (planned)."""
    terms = policy.priority(priority)
    if terms is None or terms.escalate in (None, "planned"):
        return None
    if terms.escalate == "business_hours":
        return work_calendar(policy).next_opening(opened_at)
    return opened_at.astimezone(UTC)


def rings(last_public_update_at: datetime, due_at: datetime, until: datetime) -> tuple[Ring, ...]:
    """The rings about one promised update up to an instant, in order: a reminder, then alarms at growing intervals
    for as long as nobody posts."""
    promise = due_at - last_public_update_at
    ahead = min(SOON if promise <= SHORT_CADENCE else EARLY, promise / 2)
    found = [Ring(RingKind.REMINDER, due_at, 0, due_at - ahead)]
    late_by = timedelta()
    while due_at + late_by <= until:
        found.append(Ring(RingKind.OVERDUE, due_at, len(found) - 1, due_at + late_by))
        late_by = late_by * GROWTH or FIRST_AGAIN
    return tuple(ring for ring in found if ring.at <= until)


def gaps(
    policy: Policy, posts: Iterable[tuple[datetime, str | None]], until: datetime | None = None
) -> tuple[Gap, ...]:
    """The silences of one incident, from its public posts (instant, priority from then on).

    With `until`, the silence that still lasts is one too: give it for an open incident. The priority that a
    post sets rules the silence after it.
    """
    told = sorted(posts, key=lambda post: post[0])
    if told and until is not None and until > told[-1][0]:
        told.append((until, None))
    return tuple(
        Gap(after, end, next_update_due(policy, priority, IncidentStatus.INVESTIGATING, after))
        for (after, priority), (end, _) in pairwise(told)
    )


def late(silences: Iterable[Gap]) -> int:
    """How many updates came after they were due."""
    return sum(bool(gap.late_by) for gap in silences)


def is_public(policy: Policy, priority: str | None, *, interrupts: bool = False) -> bool:
    """Whether an incident of this priority goes on the page; one without priority does (imported history).

    One that `interrupts`, so that a component is down, goes there whatever its priority where the policy says so
    (IS28).
    """
    terms = policy.priority(priority)
    by_priority = terms.public if terms else priority is None
    return by_priority or (interrupts and policy.incidents.interruptions_public)


def public_since(
    policy: Policy, since: datetime | None, at: datetime, priority: str | None, *, interrupts: bool = False
) -> datetime | None:
    """Since when an incident is public that is, or becomes, of this priority at `at`: what was public stays so
    (CM22)."""
    return since or (at if is_public(policy, priority, interrupts=interrupts) else None)
