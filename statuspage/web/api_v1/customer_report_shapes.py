"""How a customer's report is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import Cause
from statuspage.models import CustomerReport
from statuspage.standing import ReportStanding, Timer, facts_missing, load_planned, report_standing
from statuspage.web.api_v1.shapes import Shape, UtcInstant


class TimerAnswer(Shape):
    """One promise. `due_at` is null where only best effort is promised, or no limit is published."""

    measure: Literal["response", "action", "diagnosis"]
    due_at: UtcInstant | None
    best_effort: bool
    done_at: UtcInstant | None
    late: bool


class DelayAnswer(Shape):
    """Time the customer caused."""

    starts_at: UtcInstant
    ends_at: UtcInstant
    reason: str


class LogAnswer(Shape):
    """One entry of the log."""

    at: UtcInstant
    actor: str
    entry: str


class ReportAnswer(Shape):
    """A customer's report. Timers, `late`, `not_counted`, `reported_late` and `validated_at` are computed by the
    policy in force."""

    id: str
    number: int
    customer: str
    incident: str | None
    maintenance: str | None
    service: str | None
    report_class: str
    asked_class: str
    class_before: str | None
    tier: str | None
    channel: str
    reporter: str
    text: str
    checklist: list[str]
    facts: dict[str, str]
    facts_missing: list[str]
    not_available: bool
    qualified: bool | None
    cause: Cause
    diagnosis: str | None
    received_at: UtcInstant
    recorded_at: UtcInstant
    acknowledged_at: UtcInstant | None
    acted_at: UtcInstant | None
    diagnosed_at: UtcInstant | None
    qualified_at: UtcInstant | None
    urgency_agreed_at: UtcInstant | None
    workaround_at: UtcInstant | None
    restored_notice_at: UtcInstant | None
    resolved_at: UtcInstant | None
    closed_at: UtcInstant | None
    closed_reason: str | None
    objection_at: UtcInstant | None
    timers: list[TimerAnswer]
    late: bool
    not_counted: str | None
    reported_late: bool
    validated_at: UtcInstant | None
    validated: bool
    delays: list[DelayAnswer]
    log: list[LogAnswer]


_COPIED = (
    *("id", "number", "service", "report_class", "asked_class", "class_before", "tier", "channel", "reporter"),
    *("text", "not_available", "qualified", "cause", "diagnosis", "received_at", "recorded_at"),
    *("acknowledged_at", "acted_at", "diagnosed_at", "qualified_at", "urgency_agreed_at", "workaround_at"),
    *("restored_notice_at", "resolved_at", "closed_at", "closed_reason", "objection_at"),
)


def report_answers(
    session: Session, rows: Sequence[CustomerReport], policy: Policy, now: datetime
) -> list[ReportAnswer]:
    """Reports as they stand now."""
    planned = load_planned(session, [row.received_at for row in rows])
    return [_answer(row, policy, report_standing(row, policy, now=now, planned=planned)) for row in rows]


def _answer(row: CustomerReport, policy: Policy, standing: ReportStanding) -> ReportAnswer:
    return ReportAnswer(
        **{name: getattr(row, name) for name in _COPIED},
        customer=row.customer_id,
        incident=row.incident_id,
        maintenance=row.maintenance_id,
        checklist=list(row.checklist or ()),
        facts=dict(row.facts or {}),
        facts_missing=list(facts_missing(row, policy)),
        timers=[_timer(timer) for timer in standing.timers],
        late=standing.late,
        not_counted=standing.not_counted,
        reported_late=standing.reported_late,
        validated_at=standing.validated_at,
        validated=standing.validated,
        delays=[
            DelayAnswer(starts_at=each.starts_at, ends_at=each.ends_at, reason=each.reason) for each in row.delays
        ],
        log=[LogAnswer(at=each.at, actor=each.actor, entry=each.entry) for each in row.entries],
    )


def _timer(timer: Timer) -> TimerAnswer:
    return TimerAnswer.model_validate(
        {
            "measure": timer.measure,
            "due_at": timer.due_at,
            "best_effort": timer.best_effort,
            "done_at": timer.done_at,
            "late": timer.late,
        }
    )
