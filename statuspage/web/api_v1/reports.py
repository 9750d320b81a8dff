"""The SLA report and the communication report: every figure with the seconds it was made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from statuspage.domain.intervals import Span
from statuspage.domain.periods import Period
from statuspage.domain.sla.availability import Availability
from statuspage.domain.sla.policy import PolicyBook
from statuspage.domain.vocabulary import Scope
from statuspage.errors import NotFound, Problem, Refused
from statuspage.reports.communication import CommunicationReport, IncidentKept, communication_report
from statuspage.reports.customer_credit import customer_credit
from statuspage.reports.customers import Customer, load_customer
from statuspage.reports.lengths import seconds
from statuspage.reports.notices import NoticeGiven
from statuspage.reports.periods import read_period
from statuspage.reports.sla import Entry, ServiceRow, SlaReport, sla_report
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.report_shapes import (
    CommunicationAnswer,
    CreditAnswer,
    CustomerNamed,
    EntryAnswer,
    FormulaAnswer,
    IncidentKeptAnswer,
    LateAnswer,
    NoticeAnswer,
    OutageAnswer,
    PolicyNamed,
    ServiceAnswer,
    SlaAnswer,
    UnknownAnswer,
)
from statuspage.web.api_v1.shapes import Query
from statuspage.web.api_v1.uptime import FigureAnswer


class PeriodQuery(Query):
    """Which period."""

    period: Annotated[str, Field(max_length=40)] = Field(description="a month, 2026-10, or a quarter, 2026-Q3")


class SlaQuery(PeriodQuery):
    """Which period, and whose."""

    customer: Annotated[str, Field(max_length=40)] | None = Field(None, description="a customer's id: its figures")


@endpoint("GET", "/sla/report", scope=Scope.READ, query=SlaQuery, gives=SlaAnswer)
def show_sla_report(call: Call, query: SlaQuery) -> Answer:
    """The SLA report of a month or quarter, to date while it runs; of one customer where that is asked."""
    period, policies = read_period(query.period), call.installation.policies
    with call.read() as session:
        customer = _customer(session, query.customer, period, policies) if query.customer is not None else None
        return call.answered(sla_answer(sla_report(session, policies, period, now=call.now, customer=customer)))


@endpoint("GET", "/communications", scope=Scope.READ, query=PeriodQuery, gives=CommunicationAnswer)
def show_communications(call: Call, query: PeriodQuery) -> Answer:
    """The communication report of a month or quarter, to date while it runs."""
    period = read_period(query.period)
    with call.read() as session:
        report = communication_report(session, call.installation.policies, period, now=call.now)
        return call.answered(communication_answer(report))


def _customer(session: Session, customer_id: str, period: Period, policies: PolicyBook) -> Customer:
    try:
        return load_customer(session, customer_id, period, policies)
    except NotFound as missing:
        raise Refused(Problem("customer", str(missing))) from None


def sla_answer(report: SlaReport) -> SlaAnswer:
    """The SLA report as it is answered, here and by the command line."""
    return SlaAnswer(
        period=str(report.period),
        timezone=report.policy.zone.key,
        starts_at=report.span.start,
        ends_at=report.span.end,
        measured_until=report.window.end,
        final=report.final,
        contractual=report.contractual,
        platform_history=report.platform_only,
        policy=_policy(report),
        customer=_named(report),
        formula=FormulaAnswer(
            symbols=report.formula.symbols,
            words=report.formula.words,
            terms=dict(report.formula.terms),
            rules=list(report.formula.rules),
        ),
        services=[_service(row, report.window) for row in report.rows],
        maintenances=[_notice(notice) for notice in report.notices],
    )


def communication_answer(report: CommunicationReport) -> CommunicationAnswer:
    """The communication report as it is answered."""
    return CommunicationAnswer(
        period=str(report.period),
        timezone=report.policy.zone.key,
        starts_at=report.span.start,
        ends_at=report.span.end,
        measured_until=report.window.end,
        final=report.final,
        policy=_policy(report),
        updates_due=report.updates_due,
        updates_posted=report.updates_posted,
        updates_late=report.updates_late,
        notices_due=report.notices_due,
        notices_met=report.notices_met,
        incidents=[_kept(incident) for incident in report.incidents],
        maintenances=[_notice(notice) for notice in report.notices],
    )


def _named(report: SlaReport) -> CustomerNamed | None:
    customer, owed = report.customer, customer_credit(report)
    if customer is None:
        return None
    credit = owed and CreditAnswer(
        pct=_plain(owed.percent) or 0,
        fee=None if owed.fee is None else str(owed.fee),
        amount=None if owed.amount is None else str(owed.amount),
        currency=owed.currency,
        capped=owed.capped,
        form=owed.form,
        to_be_claimed=owed.to_be_claimed,
        claims_close_at=owed.closes_at,
    )
    return CustomerNamed(id=customer.id, name=customer.name, tier=customer.tier, credit=credit)


def _policy(report: SlaReport | CommunicationReport) -> PolicyNamed:
    return PolicyNamed(id=report.policy.id, name=report.policy.name, version=report.policy.version)


def _service(row: ServiceRow, window: Span) -> ServiceAnswer:
    figure = row.figure or Availability(window, timedelta())
    return ServiceAnswer(
        service=row.line.key,
        name=row.line.name,
        tier=row.tier.id if row.tier else None,
        rule=row.line.rule,
        components=[component.slug for component in row.line.components],
        beta=[component.slug for component in row.line.beta],
        note=row.absent or None,
        total_seconds=seconds(figure.total),
        removed_seconds=seconds(figure.removed),
        unknown_seconds=seconds(figure.unknown),
        downtime_seconds=seconds(figure.downtime),
        counted_seconds=seconds(figure.counted),
        availability=_figure(row.figure),
        target=None if row.target is None else f"{row.target:f}",
        met=row.met,
        credit_pct=_plain(row.credit_percent),
        removed=_entries(row.removed),
        exempt=_entries(row.exempt),
        outages=[OutageAnswer(cause=entry.reason, **_facts(entry)) for entry in row.outages],
        unknown=[
            UnknownAnswer(component=slug, start=span.start, end=span.end, seconds=seconds(span.length))
            for slug, span in row.unknown
        ],
    )


def _plain(percent: object) -> int | float | None:
    if percent is None or isinstance(percent, int):
        return percent
    return float(str(percent))


def _figure(figure: Availability | None) -> FigureAnswer | None:
    if figure is None:
        return None
    return FigureAnswer(num=seconds(figure.num), den=seconds(figure.den), pct=figure.percent())


def _entries(entries: Iterable[Entry]) -> list[EntryAnswer]:
    return [EntryAnswer(**_facts(entry)) for entry in entries]


def _facts(entry: Entry) -> dict[str, Any]:
    return {
        "component": entry.component,
        "start": entry.span.start,
        "end": entry.span.end,
        "seconds": seconds(entry.span.length),
        "reason": entry.reason,
        "kind": entry.kind,
        "id": entry.id,
        "title": entry.title,
    }


def _notice(notice: NoticeGiven) -> NoticeAnswer:
    return NoticeAnswer(
        id=notice.id,
        title=notice.title,
        kind=notice.kind,
        urgent=notice.urgent,
        components=list(notice.components),
        starts_at=notice.span.start,
        ends_at=notice.span.end,
        completed_at=notice.completed_at,
        announced_at=notice.announced_at,
        required=notice.required,
        latest_notice_at=notice.latest_notice_at,
        met=notice.met,
        excluded_from_availability=notice.excluded,
    )


def _kept(kept: IncidentKept) -> IncidentKeptAnswer:
    return IncidentKeptAnswer(
        id=kept.id,
        title=kept.title,
        priority=kept.priority,
        started_at=kept.started_at,
        resolved_at=kept.resolved_at,
        updates_due=kept.due,
        updates_posted=kept.posted,
        updates_late=len(kept.late),
        late_seconds=seconds(kept.late_for),
        late=[
            LateAnswer(due_at=each.due_at, posted_at=each.posted_at, late_seconds=seconds(each.by))
            for each in kept.late
        ],
    )
