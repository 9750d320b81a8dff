"""The promise to keep talking: when the next update is due, how late one was, when to escalate, what is public."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.deadline import due_at
from statuspage.domain.sla.worktime import work_calendar
from statuspage.domain.vocabulary import IncidentStatus

_SILENT = (IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM)


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


def is_public(policy: Policy, priority: str | None) -> bool:
    """Whether an incident of this priority goes on the page; one without priority does (imported history)."""
    terms = policy.priority(priority)
    return terms.public if terms else priority is None


def public_since(policy: Policy, history: Iterable[tuple[datetime, str | None]]) -> datetime | None:
    """When an incident first was public, from (instant, priority) changes; once public, it stays so (CM22)."""
    return min((at for at, priority in history if is_public(policy, priority)), default=None)
