"""The communication report: of each incident the updates due, posted and late; of each maintenance its notice.

A promise belongs to the period in which it was kept or became overdue, so that no period counts it twice and what a
period counts never changes after its end. Only what the public could read is a post.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from statuspage.domain.intervals import Span
from statuspage.domain.periods import Period
from statuspage.domain.sla.cadence import Gap, gaps
from statuspage.domain.sla.policy import Policy, PolicyBook
from statuspage.domain.vocabulary import IncidentStatus, Priority
from statuspage.models import Incident, Update
from statuspage.reports.notices import NoticeGiven, load_notices, starting_in
from statuspage.reports.periods import place, ruling


@dataclass(frozen=True)
class Lateness:
    """One update that came after it was due, or has not come yet (`posted_at` None); `by` counts to `now` then."""

    due_at: datetime
    posted_at: datetime | None
    by: timedelta


@dataclass(frozen=True)
class IncidentKept:
    """What was promised and posted on one incident within the period."""

    id: str
    title: str
    priority: Priority | None
    started_at: datetime
    resolved_at: datetime | None
    due: int
    posted: int
    late: tuple[Lateness, ...]

    @property
    def late_for(self) -> timedelta:
        """All its lateness together."""
        return sum((each.by for each in self.late), timedelta())


@dataclass(frozen=True)
class CommunicationReport:
    """A period's promises of updates and of notice; `final` once the period is over."""

    period: Period
    policy: Policy
    span: Span
    window: Span
    now: datetime
    final: bool
    incidents: tuple[IncidentKept, ...]
    notices: tuple[NoticeGiven, ...]

    @property
    def updates_due(self) -> int:
        return sum(incident.due for incident in self.incidents)

    @property
    def updates_posted(self) -> int:
        return sum(incident.posted for incident in self.incidents)

    @property
    def updates_late(self) -> int:
        return sum(len(incident.late) for incident in self.incidents)

    @property
    def notices_due(self) -> int:
        """Maintenances whose notice was judged."""
        return sum(notice.met is not None for notice in self.notices)

    @property
    def notices_met(self) -> int:
        return sum(notice.met is True for notice in self.notices)


def communication_report(
    session: Session, policies: PolicyBook, period: Period, *, now: datetime
) -> CommunicationReport:
    """The report of a month or quarter under the policy in force on its first day; to date while it runs.

    Raises Refused for a period that has not begun. The cost grows with the period's updates.
    """
    policy = ruling(place(session, policies), period, now)
    span = period.span(policy.zone)
    window = Span(span.start, max(span.start, min(span.end, now)))
    incidents = (_kept(policy, incident, posts, window, now) for incident, posts in _load_posts(session, window))
    return CommunicationReport(
        period=period,
        policy=policy,
        span=span,
        window=window,
        now=now,
        final=now >= span.end,
        incidents=tuple(kept for kept in incidents if kept.due or kept.posted),
        notices=load_notices(session, policy, starting_in(span)),
    )


def _load_posts(session: Session, window: Span) -> Iterable[tuple[Incident, list[Update]]]:
    """Public incidents not over before the window, with all their public updates; by start."""
    rows = session.execute(
        select(Incident, Update)
        .join(Update, Update.incident_id == Incident.id)
        .where(
            Incident.public_at < window.end,
            Update.public_at.is_not(None),
            or_(Incident.resolved_at.is_(None), Incident.resolved_at >= window.start),
        )
        .order_by(Incident.started_at, Incident.id, Update.public_at, Update.posted_at, Update.sequence)
    )
    for incident, pairs in groupby(rows, key=lambda row: row[0]):
        yield incident, [update for _, update in pairs]


def _kept(policy: Policy, incident: Incident, updates: list[Update], window: Span, now: datetime) -> IncidentKept:
    told = [(at, list(together)[-1]) for at, together in groupby(updates, key=lambda update: update.public_at or now)]
    posts = [(at, None if _is_silent(update) else update.priority) for at, update in told]
    last = told[-1][0]
    silences = gaps(policy, posts, now if incident.status.is_open and now > last else None)
    promised = [gap for gap in silences if gap.due_at is not None and _settled_in(gap, window, last)]
    return IncidentKept(
        id=incident.id,
        title=incident.title,
        priority=incident.priority,
        started_at=incident.started_at,
        resolved_at=incident.resolved_at,
        due=len(promised),
        posted=sum(at in window for at, _ in told),
        late=tuple(
            Lateness(gap.due_at, None if gap.after == last else gap.until, gap.late_by)
            for gap in promised
            if gap.due_at is not None and gap.late_by
        ),
    )


def _is_silent(update: Update) -> bool:
    """Whether nothing is promised after this update."""
    return update.status in (IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM)


def _settled_in(gap: Gap, window: Span, last: datetime) -> bool:
    """Whether the promise was kept or became overdue within the window; one that still has time is not due yet."""
    if gap.due_at is None or (gap.after == last and gap.until <= gap.due_at):
        return False
    return min(gap.due_at, gap.until) in window
