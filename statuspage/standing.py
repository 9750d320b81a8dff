"""Where a customer, a report or a claim stands: computed from stored instants and the policy, never stored itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.domain.intervals import Span
from statuspage.domain.periods import midnight, parse_period
from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.credits import claims_close_at, credit_amount, meeting_closes_at
from statuspage.domain.sla.response import (
    Deadline,
    deadline,
    downgrade,
    measures,
    not_counted_reason,
    record_validated_at,
    reports_close_at,
)
from statuspage.domain.vocabulary import MaintenanceKind, MaintenanceStatus
from statuspage.models import Claim, Customer, CustomerReport, Maintenance

CLOSED_WITHOUT_LIST = ("resolved",)
"""How a report may be closed where the policy lists no reasons."""


@dataclass(frozen=True)
class Timer:
    """One promise on a report. Without `due_at` nothing is promised: `best_effort`, or no limit is published.
    `downgraded` marks a due time that a work-around moved."""

    measure: str
    due_at: datetime | None
    best_effort: bool
    done_at: datetime | None
    late: bool
    downgraded: bool = False


@dataclass(frozen=True)
class ReportStanding:
    """A report at an instant. `validated_at` is when its record becomes or became final, None where an objection
    stands or the policy knows no such thing."""

    timers: tuple[Timer, ...]
    not_counted: str | None
    reported_late: bool
    validated_at: datetime | None
    validated: bool

    @property
    def late(self) -> bool:
        """Whether any promise is broken."""
        return any(timer.late for timer in self.timers)


@dataclass(frozen=True)
class ClaimStanding:
    """A claim at an instant. `amount` is what the agreed percentage makes of the monthly fee, cut to the cap."""

    closes_at: datetime | None
    late: bool
    meeting_by: datetime | None
    meeting_overdue: bool
    amount: Decimal | None
    capped: bool


def report_classes(policy: Policy) -> tuple[str, ...]:
    """The classes of reports, gravest first: those with limits, else the names of the priorities."""
    timed = tuple(dict.fromkeys(terms.report_class for terms in policy.responses))
    return timed or tuple(terms.name for terms in policy.priorities)


def closing_reasons(policy: Policy) -> tuple[str, ...]:
    """The words a report may be closed with."""
    return policy.tickets.close_reasons or CLOSED_WITHOUT_LIST


def tier_on(customer: Customer, day: date) -> str | None:
    """The tier in force on a date; before the first one, the first."""
    if not customer.tiers:
        return None
    begun = [each for each in customer.tiers if each.from_date <= day]
    return (begun[-1] if begun else customer.tiers[0]).tier


def is_covered(customer: Customer, policy: Policy) -> bool:
    """Whether the SLA holds for a customer: as somebody said, else as its plan has it (IS3)."""
    return policy.covers(customer.plan) if customer.has_sla is None else customer.has_sla


def facts_missing(report: CustomerReport, policy: Policy) -> tuple[str, ...]:
    """The policy's questions that a report leaves open (OP38)."""
    return tuple(question for question in policy.tickets.asks if not (report.facts or {}).get(question))


def contacts_missing(customer: Customer) -> tuple[str, ...]:
    """Which of the two contact slots are empty (OP13)."""
    held = {contact.role for contact in customer.contacts}
    return tuple(role for role in ("main", "backup") if role not in held)


def report_standing(
    report: CustomerReport, policy: Policy, *, now: datetime, planned: Sequence[Span] = ()
) -> ReportStanding:
    """Due times, lateness and validation of a report; `planned` are the windows of announced maintenance."""
    done = {"response": report.acknowledged_at, "action": report.acted_at, "diagnosis": report.diagnosed_at}
    validated_at = (
        record_validated_at(policy, report.resolved_at, report.objection_at) if report.resolved_at else None
    )
    return ReportStanding(
        timers=tuple(_timer(report, policy, name, done[name], now) for name in measures(policy, report.report_class)),
        not_counted=report.not_counted or _left_out(report, policy, planned),
        reported_late=is_reported_late(report, policy),
        validated_at=validated_at,
        validated=validated_at is not None and validated_at <= now,
    )


def is_reported_late(report: CustomerReport, policy: Policy) -> bool:
    """Whether the incident was over for longer than the policy gives to report it (OP35)."""
    ended_at = report.incident.resolved_at if report.incident else None
    if report.maintenance is not None and report.incident is None:
        ended_at = report.maintenance.completed_at
    closes_at = reports_close_at(policy, ended_at) if ended_at else None
    return closes_at is not None and report.received_at >= closes_at


def claim_standing(claim: Claim, policy: Policy, *, now: datetime) -> ClaimStanding:
    """Windows of a claim and, once agreed, its amount."""
    closes_at = claims_close_at(policy, parse_period(claim.period))
    meeting_by = meeting_closes_at(policy, claim.disputed_at) if claim.disputed_at else None
    amount, capped = _amount(claim, policy)
    return ClaimStanding(
        closes_at=closes_at,
        late=closes_at is not None and claim.received_at >= closes_at,
        meeting_by=meeting_by,
        meeting_overdue=claim.state == "disputed" and meeting_by is not None and now >= meeting_by,
        amount=amount,
        capped=capped,
    )


def load_planned(session: Session, instants: Sequence[datetime]) -> tuple[Span, ...]:
    """Windows of announced maintenance that hold one of the instants, as they were really used."""
    if not instants:
        return ()
    rows = session.scalars(
        select(Maintenance).where(
            Maintenance.kind.in_((MaintenanceKind.SCHEDULED, MaintenanceKind.REGULAR)),
            Maintenance.status != MaintenanceStatus.CANCELLED,
            Maintenance.starts_at <= max(instants),
            Maintenance.ends_at >= min(instants),
        )
    )
    return tuple(Span(row.starts_at, max(row.starts_at, row.completed_at or row.ends_at)) for row in rows)


def _timer(report: CustomerReport, policy: Policy, measure: str, done_at: datetime | None, now: datetime) -> Timer:
    due = _due(report, policy, measure)
    late = not due.kept(done_at or now)
    moved = report.workaround_at is not None and report.class_before is not None
    return Timer(measure, due.due_at, due.best_effort, done_at, late, moved)


def _due(report: CustomerReport, policy: Policy, measure: str) -> Deadline:
    if report.workaround_at is None or report.class_before is None:
        return deadline(policy, report.report_class, report.received_at, tier=report.tier, measure=measure)
    lowered = downgrade(policy, report.class_before, report.received_at, report.workaround_at, report.tier)
    return Deadline(lowered.due_after)


def _left_out(report: CustomerReport, policy: Policy, planned: Sequence[Span]) -> str | None:
    began = report.customer.first_order_on
    first_order_at = midnight(began, policy.zone) if began else None
    return not_counted_reason(policy, report.received_at, first_order_at=first_order_at, planned=planned)


def _amount(claim: Claim, policy: Policy) -> tuple[Decimal | None, bool]:
    fee = claim.customer.monthly_fee
    if claim.agreed_pct is None or fee is None:
        return None, False
    return credit_amount(policy, Decimal(claim.agreed_pct), Decimal(fee))
