"""The notice that maintenances were given, beside the notice they needed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from statuspage.domain.intervals import Span
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import MaintenanceKind, MaintenanceStatus
from statuspage.models import Component, Maintenance, MaintenanceComponent


@dataclass(frozen=True)
class NoticeGiven:
    """One maintenance: when it was announced, how late that could have been for its class, and whether it was in
    time. `met` is None where no notice was judged (imported history)."""

    id: str
    title: str
    kind: MaintenanceKind
    urgent: bool
    components: tuple[str, ...]
    names: tuple[str, ...]
    span: Span
    announced_at: datetime
    required: str | None
    latest_notice_at: datetime | None
    met: bool | None
    excluded: bool
    began_at: datetime | None
    completed_at: datetime | None


def overlapping(window: Span) -> ColumnElement[bool]:
    """Whether a maintenance reaches into the window."""
    return and_(Maintenance.starts_at < window.end, Maintenance.ends_at > window.start)


def starting_in(span: Span) -> ColumnElement[bool]:
    """Whether a maintenance starts in the span, so that each belongs to one period only."""
    return and_(Maintenance.starts_at >= span.start, Maintenance.starts_at < span.end)


def load_notices(session: Session, policy: Policy, which: ColumnElement[bool]) -> tuple[NoticeGiven, ...]:
    """Maintenances that were not cancelled, by start. `excluded` is what this policy makes of the class."""
    wanted = and_(which, Maintenance.status != MaintenanceStatus.CANCELLED)
    parts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, slug, name in session.execute(
        select(MaintenanceComponent.maintenance_id, Component.slug, Component.name)
        .join(Component, Component.id == MaintenanceComponent.component_id)
        .join(Maintenance, Maintenance.id == MaintenanceComponent.maintenance_id)
        .where(wanted)
        .order_by(Component.position, Component.slug)
    ):
        parts[key].append((slug, name))
    rows = session.scalars(select(Maintenance).where(wanted).order_by(Maintenance.starts_at, Maintenance.id))
    return tuple(_notice(policy, row, parts[row.id]) for row in rows)


def _notice(policy: Policy, row: Maintenance, parts: Sequence[tuple[str, str]]) -> NoticeGiven:
    return NoticeGiven(
        id=row.id,
        title=row.title,
        kind=row.kind,
        urgent=row.urgent,
        components=tuple(slug for slug, _ in parts),
        names=tuple(name for _, name in parts),
        span=Span(row.starts_at, max(row.starts_at, row.ends_at)),
        announced_at=row.announced_at,
        required=row.notice_required,
        latest_notice_at=row.latest_notice_at,
        met=row.notice_met,
        excluded=policy.availability.excludes(row.kind),
        began_at=row.began_at,
        completed_at=row.completed_at,
    )
