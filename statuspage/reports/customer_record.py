"""The maintenance record of customers' reports (TP41), and the share of them answered in time (IS37)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from statuspage.domain.periods import Period
from statuspage.domain.sla.policy import Policy
from statuspage.domain.sla.response import Report, Tolerance, tolerance
from statuspage.models import CustomerReport
from statuspage.reports.tables import Row, csv_text
from statuspage.standing import ReportStanding, load_planned, report_classes, report_standing

_FACTS = (
    *("number", "report_class", "asked_class", "class_before", "tier", "channel", "reporter", "service"),
    *("received_at", "acknowledged_at", "acted_at", "diagnosed_at", "diagnosis", "qualified_at", "qualified"),
    *("not_available", "cause", "urgency_agreed_at", "workaround_at", "restored_notice_at", "resolved_at"),
    *("closed_at", "closed_reason", "objection_at"),
)
_COLUMNS = (
    *("customer", *_FACTS, "incident", "maintenance", "response_due_at", "action_due_at", "diagnosis_due_at"),
    *("best_effort", "late", "not_counted", "reported_late", "validated_at", "validated", "delays", "facts"),
    "text",
)


def record_csv(session: Session, reports: Sequence[CustomerReport], policy: Policy, now: datetime) -> str:
    """One line per report, as it stands now; safe to open in a spreadsheet."""
    return csv_text(_COLUMNS, _rows(session, reports, policy, now))


def shares_in_time(session: Session, policy: Policy, month: Period, now: datetime) -> dict[str, Tolerance]:
    """By class the reports of a month and how many were answered in time; empty where the policy tolerates nothing.

    What is not answered and not late yet is left out until it is one of the two.
    """
    if policy.tickets.tolerance is None:
        return {}
    span = month.span(policy.zone)
    table = CustomerReport
    rows = session.scalars(
        select(table)
        .where(table.received_at >= span.start, table.received_at < span.end)
        .options(joinedload(table.customer), joinedload(table.incident), joinedload(table.maintenance))
    ).all()
    planned = load_planned(session, [row.received_at for row in rows])
    judged = [(row, report_standing(row, policy, now=now, planned=planned)) for row in rows]
    told = [_judged(row, standing) for row, standing in judged if row.acknowledged_at or standing.late]
    return {name: tolerance(policy, name, month, told) for name in report_classes(policy)}


def _judged(row: CustomerReport, standing: ReportStanding) -> Report:
    return Report(
        report_class=row.report_class,
        opened_at=row.received_at,
        handled_at=row.acknowledged_at,
        tier=row.tier,
        not_counted=standing.not_counted,
    )


def _rows(session: Session, reports: Sequence[CustomerReport], policy: Policy, now: datetime) -> Iterator[Row]:
    planned = load_planned(session, [row.received_at for row in reports])
    for row in reports:
        standing = report_standing(row, policy, now=now, planned=planned)
        due: dict[str, Any] = {f"{timer.measure}_due_at": timer.due_at for timer in standing.timers}
        yield {
            **{name: getattr(row, name) for name in _FACTS},
            **due,
            "customer": row.customer.name,
            "incident": row.incident_id,
            "maintenance": row.maintenance_id,
            "best_effort": any(timer.best_effort for timer in standing.timers),
            "late": standing.late,
            "not_counted": standing.not_counted,
            "reported_late": standing.reported_late,
            "validated_at": standing.validated_at,
            "validated": standing.validated,
            "delays": "; ".join(delay.reason for delay in row.delays),
            "facts": "; ".join(f"{question}: {said}" for question, said in (row.facts or {}).items()),
            "text": row.text,
        }
