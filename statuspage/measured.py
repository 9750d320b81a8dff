"""What services measured over a stretch of time, read from the database: the ground of reports and of the page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.domain.intervals import Span
from statuspage.domain.periods import Period
from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.events import MaintenanceWindow
from statuspage.domain.sla.policy import PolicyBook
from statuspage.domain.sla.services import (
    Attached,
    Happened,
    ServiceFigure,
    ServiceLine,
    outages_of,
    policy_over,
    service_figures,
    service_lines,
    unknown_of,
    unspared_work_of,
)
from statuspage.domain.vocabulary import MaintenanceKind, MaintenanceStatus
from statuspage.history import load_claims
from statuspage.models import Component, ComponentGroup, Maintenance, MaintenanceComponent


def load_attached(session: Session) -> tuple[Attached, ...]:
    """All components in the page's order; hidden ones too, because a service does not end where a page does."""
    rows = session.execute(
        select(Component.id, Component.slug, Component.name, Component.service, Component.beta)
        .outerjoin(ComponentGroup, ComponentGroup.id == Component.group_id)
        .order_by(ComponentGroup.position, Component.position, Component.name, Component.id)
    )
    return tuple(Attached(*row) for row in rows)


def load_service_figures(
    session: Session, policies: PolicyBook, period: Period, *, now: datetime
) -> tuple[ServiceFigure, ...]:
    """The platform's figure of each service in what of the period has passed, by the policy of its first day;
    `policies` are placed in the page's zone."""
    policy = policies.in_force(period.first_day)
    return load_line_figures(session, policy, period, service_lines(policy, load_attached(session)), until=now)


def load_line_figures(
    session: Session, policy: Policy, period: Period, lines: Sequence[ServiceLine], *, until: datetime
) -> tuple[ServiceFigure, ...]:
    """The figures of some of the policy's services, from the beginning of the period to `until`."""
    span = period.span(policy.zone)
    window = Span(span.start, max(span.start, min(span.end, until)))
    happened = load_happened(session, policy, window, [each.id for line in lines for each in line.components])
    return service_figures(policy_over(policy, period), lines, window, happened)


def load_happened(
    session: Session, policy: Policy, window: Span, component_ids: Iterable[str]
) -> dict[str, Happened]:
    """What happened to each component in the window; the cost is that of the window's events.

    Only what the public was told counts: an internal incident is nobody's downtime until it is raised.
    """
    wanted = list(component_ids)
    claims = load_claims(session, wanted, since=window.start, until=window.end)
    works = load_spared_work(session, policy, window, wanted)
    return {
        component_id: Happened(
            events=(
                *outages_of(component_id, said, window.end),
                *unspared_work_of(policy, component_id, said, window.end),
                *works.get(component_id, ()),
            ),
            unknown=unknown_of(said, window),
        )
        for component_id, said in claims.items()
    }


def load_spared_work(
    session: Session, policy: Policy, window: Span, component_ids: Collection[str]
) -> dict[str, list[MaintenanceWindow]]:
    """The announced windows that reach into `window`, by component, of the classes that the contract spares: each
    counts whole, up to its real end, whether anything was down in it or not (A4, A11)."""
    spared = [kind for kind in MaintenanceKind if policy.availability.excludes(kind)]
    rows = session.execute(
        select(
            MaintenanceComponent.component_id,
            Maintenance.id,
            Maintenance.kind,
            Maintenance.starts_at,
            Maintenance.ends_at,
            Maintenance.completed_at,
        )
        .join(Maintenance, Maintenance.id == MaintenanceComponent.maintenance_id)
        .where(
            Maintenance.kind.in_(spared),
            Maintenance.status != MaintenanceStatus.CANCELLED,
            Maintenance.starts_at < window.end,
            Maintenance.ends_at > window.start,
            MaintenanceComponent.component_id.in_(component_ids),
        )
        .order_by(Maintenance.starts_at, Maintenance.id)
    )
    works: dict[str, list[MaintenanceWindow]] = defaultdict(list)
    for component_id, key, kind, starts_at, ends_at, completed_at in rows:
        span = Span(starts_at, max(starts_at, ends_at))
        ref = f"maintenance:{key}"
        works[component_id].append(MaintenanceWindow(component_id, span, kind, ended_at=completed_at, ref=ref))
    return works
