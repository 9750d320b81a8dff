"""Customers' reports: record, list, read, and every step until they are closed, each one appended to the log."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field
from sqlalchemy.orm import Session

from statuspage import customer_reports
from statuspage.customer_drafts import (
    ClosingDraft,
    DelayDraft,
    DiagnosisDraft,
    ExclusionDraft,
    LinkDraft,
    QualificationDraft,
    ReclassificationDraft,
    RemarkDraft,
    ReportDraft,
    UrgencyDraft,
    WordsDraft,
    WorkLinkDraft,
)
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import Scope
from statuspage.drafts import Draft
from statuspage.models import CustomerReport
from statuspage.offered_steps import STEPS
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.customer_report_shapes import ReportAnswer, report_answers
from statuspage.web.api_v1.endpoints import View, endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, make_place, read_place


class ReportQuery(PageQuery):
    """Which reports."""

    customer: str | None = Field(None, max_length=40, description="a customer's id")
    incident: str | None = Field(None, max_length=40, description="an incident's id")
    maintenance: str | None = Field(None, max_length=40, description="a maintenance's id")
    report_class: str | None = Field(None, max_length=80, description="one of the policy's classes")
    open: bool = Field(False, description="only those that are not closed")


@endpoint("GET", "/reports", scope=Scope.READ, query=ReportQuery, gives=Items[ReportAnswer])
def list_customer_reports(call: Call, query: ReportQuery) -> Answer:
    """Customers' reports, newest number first."""
    place = read_place(query.cursor)
    with call.read() as session:
        policy = call.installation.policy(call.now, session)
        rows = customer_reports.load_reports(
            session,
            customer_id=query.customer,
            incident_id=query.incident,
            maintenance_id=query.maintenance,
            report_class=query.report_class,
            open_only=query.open,
            before=place[0] if place else None,
            limit=query.limit + 1,
        )
        items = report_answers(session, rows[: query.limit], policy, call.now)
    following = make_place(items[-1].number, "number") if len(rows) > query.limit else None
    return call.answered(Items[ReportAnswer](items=items, next=following))


@endpoint("GET", "/reports/<report_id>", scope=Scope.READ, gives=ReportAnswer)
def show_customer_report(call: Call, report_id: str) -> Answer:
    """One report with its log."""
    with call.read() as session:
        row = customer_reports.load_report(session, report_id)
        policy = call.installation.policy(call.now, session)
        return call.answered(report_answers(session, [row], policy, call.now)[0])


@endpoint("POST", "/reports", scope=Scope.WRITE, body=ReportDraft, gives=ReportAnswer, status=201)
def open_customer_report(call: Call, draft: ReportDraft) -> Answer:
    """Record what a customer reported, under the next number; the customer gets a confirmation."""
    with call.write() as session:
        policy = call.installation.policy(call.now, session)
        row = customer_reports.open_report(session, draft, policy=policy, author=call.author, now=call.now)
        return _created(call, session, row, policy)


def _step(call: Call, report_id: str, name: str, draft: Draft) -> Answer:
    with call.write() as session:
        policy = call.installation.policy(call.now, session)
        row = customer_reports.load_report(session, report_id)
        STEPS[name].take(session, row, draft, policy=policy, author=call.author, now=call.now)
        return _created(call, session, row, policy)


def _created(call: Call, session: Session, row: CustomerReport, policy: Policy) -> Answer:
    answer = report_answers(session, [row], policy, call.now)[0]
    return call.created(answer, f"/api/v1/reports/{row.id}")


def _declared(name: str) -> Callable[[View], View]:
    """A step as a call: POST /reports/ID/NAME."""
    rule, body = f"/reports/<report_id>/{name}", STEPS[name].draft
    return endpoint("POST", rule, scope=Scope.WRITE, body=body, gives=ReportAnswer, status=201)


@_declared("acknowledge")
def acknowledge_report(call: Call, report_id: str, draft: RemarkDraft) -> Answer:
    """Somebody answers it: ends the response time."""
    return _step(call, report_id, "acknowledge", draft)


@_declared("action")
def begin_report_action(call: Call, report_id: str, draft: RemarkDraft) -> Answer:
    """Somebody works on it: ends the time to action."""
    return _step(call, report_id, "action", draft)


@_declared("diagnosis")
def diagnose_report(call: Call, report_id: str, draft: DiagnosisDraft) -> Answer:
    """Send the diagnosis to the customer: ends the time to diagnosis."""
    return _step(call, report_id, "diagnosis", draft)


@_declared("qualification")
def qualify_report(call: Call, report_id: str, draft: QualificationDraft) -> Answer:
    """Say whether it is a fault and of which class; where the policy makes the class final, this locks it."""
    return _step(call, report_id, "qualification", draft)


@_declared("urgency")
def agree_report_urgency(call: Call, report_id: str, draft: UrgencyDraft) -> Answer:
    """Set the class that customer and provider agreed on."""
    return _step(call, report_id, "urgency", draft)


@_declared("reclassification")
def reclassify_report(call: Call, report_id: str, draft: ReclassificationDraft) -> Answer:
    """Set another class than the customer did, with the reason, where the policy lets the provider."""
    return _step(call, report_id, "reclassification", draft)


@_declared("workaround")
def work_around_report(call: Call, report_id: str, draft: WordsDraft) -> Answer:
    """A work-around is in place; where the policy says so it lowers the class."""
    return _step(call, report_id, "workaround", draft)


@_declared("delays")
def add_report_delay(call: Call, report_id: str, draft: DelayDraft) -> Answer:
    """Record time that the customer caused; its breakdown does not count it."""
    return _step(call, report_id, "delays", draft)


@_declared("exclusion")
def leave_out_report(call: Call, report_id: str, draft: ExclusionDraft) -> Answer:
    """Say why it stays out of the share answered in time."""
    return _step(call, report_id, "exclusion", draft)


@_declared("incident")
def link_report(call: Call, report_id: str, draft: LinkDraft) -> Answer:
    """Say which incident it belongs to. Resolving that incident restores the report."""
    return _step(call, report_id, "incident", draft)


@_declared("maintenance")
def link_report_to_maintenance(call: Call, report_id: str, draft: WorkLinkDraft) -> Answer:
    """Say which maintenance it is of: work announced late that a customer reports counts for that customer."""
    return _step(call, report_id, "maintenance", draft)


@_declared("restoration")
def restore_report(call: Call, report_id: str, draft: RemarkDraft) -> Answer:
    """Tell the customer that the service is restored: ends the breakdown."""
    return _step(call, report_id, "restoration", draft)


@_declared("resolution")
def resolve_report(call: Call, report_id: str, draft: WordsDraft) -> Answer:
    """Send the mail that ends the intervention."""
    return _step(call, report_id, "resolution", draft)


@_declared("closing")
def close_report(call: Call, report_id: str, draft: ClosingDraft) -> Answer:
    """Close it for one of the policy's reasons."""
    return _step(call, report_id, "closing", draft)


@_declared("objection")
def object_to_report(call: Call, report_id: str, draft: WordsDraft) -> Answer:
    """The customer objects to the resolution before the record is final."""
    return _step(call, report_id, "objection", draft)
