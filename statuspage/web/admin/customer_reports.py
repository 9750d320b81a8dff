"""Customers' reports in the admin: the list and its CSV, recording one, and each step until it is closed."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import customer_reports, customers
from statuspage.customer_drafts import ReportDraft
from statuspage.domain.periods import local_date, period_of
from statuspage.domain.vocabulary import Cause
from statuspage.drafts import read_draft
from statuspage.errors import NotFound, Refused
from statuspage.incidents import load_incidents
from statuspage.maintenance import load_maintenances
from statuspage.offered_steps import STEPS
from statuspage.reports.customer_record import record_csv, shares_in_time
from statuspage.standing import closing_reasons, facts_missing, load_planned, report_classes, report_standing
from statuspage.web import current
from statuspage.web.admin.door import admin, go, show, tell, user, words, zone
from statuspage.web.forms import Form

LIST_LENGTH = 50
UNFILLED = ("delays", "diagnosis", "reclassification")
"""Steps whose forms begin empty."""
LINKABLE = 50
"""How many incidents and maintenances a form offers; older ones go by their id in the API."""
CHANNELS = ("email", "ticket", "phone", "chat", "other")


@admin.get("/customer-reports")
def list_customer_reports() -> Response:
    """Reports, newest first, a page at a time; `?customer=`, `?class=` only those, `?all=1` closed ones too."""
    installation, now = current.installation(), current.now()
    customer_id, everything = request.args.get("customer") or None, "all" in request.args
    wanted = request.args.get("class") or None
    with installation.database.read() as session:
        policy = installation.policy(now, session)
        found = customer_reports.load_reports(
            session,
            customer_id=customer_id,
            report_class=wanted,
            open_only=not everything,
            before=_read_number(request.args.get("before", "")),
            limit=LIST_LENGTH + 1,
        )
        found, more = found[:LIST_LENGTH], len(found) > LIST_LENGTH
        planned = load_planned(session, [report.received_at for report in found])
        month = period_of(local_date(now, policy.zone), "month")
        return show(
            "customer_reports/list.html",
            rows=[(each, report_standing(each, policy, now=now, planned=planned)) for each in found],
            customer=customers.load_customer(session, customer_id) if customer_id else None,
            everything=everything,
            following=found[-1].number if more else None,
            wanted=wanted or "",
            classes=report_classes(policy),
            customers=customers.load_customers(session),
            shares=shares_in_time(session, policy, month, now),
            month=month,
            policy=policy,
        )


@admin.get("/customer-reports.csv")
def download_record() -> Response:
    """The maintenance record of all reports, or of one customer's."""
    installation, now = current.installation(), current.now()
    customer_id = request.args.get("customer") or None
    with installation.database.read() as session:
        found = customer_reports.load_reports(session, customer_id=customer_id, limit=None)
        text = record_csv(session, found, installation.policy(now, session), now)
    disposition = 'attachment; filename="maintenance-record.csv"'
    return Response(text, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})


@admin.get("/customer-reports/new")
def new_customer_report() -> Response:
    """The form that records a report."""
    chosen = {name: request.args.get(name, "") for name in ("customer", "incident", "maintenance")}
    return _show_new(Form({**chosen, "channel": "email"}))


@admin.post("/customer-reports")
def create_customer_report() -> Response:
    """Record it under the next number."""
    form, now = Form(request.form), current.now()
    installation = current.installation()
    try:
        draft = read_draft(ReportDraft, _report_values(form))
        form.check()
        with installation.database.write() as session:
            policy = installation.policy(now, session)
            report = customer_reports.open_report(session, draft, policy=policy, author=user().email, now=now)
    except Refused as refused:
        form.refuse_all(refused)
        return _show_new(form, 422)
    installation.nudge()
    tell(_("Recorded as report %(number)s.", number=report.number))
    return go("show_customer_report", report_id=report.id)


@admin.get("/customer-reports/<report_id>")
def show_customer_report(report_id: str) -> Response:
    """One report: what is due, its log, and the steps that can be taken."""
    with current.installation().database.read() as session:
        return _show_one(session, report_id)


@admin.post("/customer-reports/<report_id>/<step>")
def take_report_step(report_id: str, step: str) -> Response:
    """Take one step with it."""
    form, now = Form(request.form), current.now()
    installation = current.installation()
    if step not in STEPS:
        raise NotFound("step", step)
    try:
        with installation.database.write() as session:
            report = customer_reports.load_report(session, report_id)
            policy = installation.policy(now, session)
            draft = read_draft(STEPS[step].draft, _step_values(step, form))
            form.check()
            STEPS[step].take(session, report, draft, policy=policy, author=user().email, now=now)
    except Refused as refused:
        form.refuse_all(refused)
        with installation.database.read() as session:
            return _show_one(session, report_id, step, form, 422)
    installation.nudge()
    tell(_("Report %(number)s is saved.", number=report.number))
    return go("show_customer_report", report_id=report_id)


def _read_number(text: str) -> int | None:
    """The number of the last report on the page before; None for the first page. Raises NotFound."""
    if text and not (text.isdecimal() and len(text) < 10):
        raise NotFound("page of the list", text)
    return int(text) if text else None


def _show_one(
    session: Session, report_id: str, step: str = "", form: Form | None = None, status: int = 200
) -> Response:
    installation, now = current.installation(), current.now()
    report = customer_reports.load_report(session, report_id)
    policy = installation.policy(now, session)
    typed = {
        "report_class": report.report_class,
        "cause": report.cause.value,
        "qualified": "no" if report.qualified is False else "yes",
        "not_available": "yes" if report.not_available else "",
        "incident": report.incident_id or "",
        "maintenance": report.maintenance_id or "",
        "reason": report.not_counted or "",
    }
    forms = {name: Form({} if name in UNFILLED else typed) for name in STEPS}
    if form is not None:
        forms[step] = form
    return show(
        "customer_reports/show.html",
        status,
        report=report,
        policy=policy,
        standing=report_standing(report, policy, now=now, planned=load_planned(session, [report.received_at])),
        missing=facts_missing(report, policy),
        classes=report_classes(policy),
        reasons=closing_reasons(policy),
        causes=[(cause.value, cause.label) for cause in Cause],
        forms=forms,
        refused=step,
        **linkable(session),
        zone_words=zone().key,
    )


def linkable(session: Session) -> dict[str, Any]:
    """What a report can be said to belong to: (id, words) of the newest incidents and maintenances."""
    say, now = words(), current.now()
    incidents = load_incidents(session, drafts=False, limit=LINKABLE)
    works = load_maintenances(session, limit=LINKABLE)
    return {
        "incidents": [(each.id, f"{say.near(each.started_at, now)} {each.title}") for each in incidents],
        "works": [(each.id, f"{say.near(each.starts_at, now)} {each.title}") for each in works],
    }


def _show_new(form: Form, status: int = 200) -> Response:
    installation, now = current.installation(), current.now()
    with installation.database.read() as session:
        policy = installation.policy(now, session)
        return show(
            "customer_reports/new.html",
            status,
            form=form,
            policy=policy,
            customers=customers.load_customers(session),
            classes=report_classes(policy),
            channels=CHANNELS,
            **linkable(session),
            zone_words=zone().key,
        )


def _report_values(form: Form) -> dict[str, Any]:
    received_at = form.instant("received_at", zone()) if form.filled("received_at") else None
    return {
        "customer": form.value("customer"),
        "report_class": form.value("report_class"),
        "text": form.value("text"),
        "reporter": form.value("reporter"),
        "channel": form.value("channel"),
        "service": form.filled("service"),
        "received_at": received_at,
        "not_available": form.is_ticked("not_available"),
        "checklist": form.values("checklist"),
        "facts": dict(zip(form.values("asked"), form.values("answer"), strict=False)),
        "incident": form.filled("incident"),
        "maintenance": form.filled("maintenance"),
    }


def _step_values(step: str, form: Form) -> dict[str, Any]:
    """The fields of one step's form, as its draft wants them."""
    yes_or_no = {"yes": True, "no": False}.get(form.value("qualified"))
    match step:
        case "diagnosis":
            return {"text": form.value("text"), "cause": form.value("cause"), "qualified": yes_or_no}
        case "qualification":
            return {
                "qualified": yes_or_no,
                "report_class": form.value("report_class"),
                "not_available": form.is_ticked("not_available"),
                "cause": form.value("cause"),
            }
        case "urgency":
            return {"report_class": form.value("report_class")}
        case "delays":
            starts_at, ends_at = form.instant("starts_at", zone()), form.instant("ends_at", zone())
            form.check()
            return {"starts_at": starts_at, "ends_at": ends_at, "reason": form.value("reason")}
        case "exclusion":
            return {"reason": form.filled("reason")}
        case "incident" | "maintenance":
            return {step: form.filled(step)}
        case "reclassification":
            return {"report_class": form.value("report_class"), "reason": form.value("reason")}
        case "closing":
            return {"reason": form.value("reason"), "text": form.value("text")}
    return {"text": form.value("text")}
