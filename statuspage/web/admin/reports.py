"""Reports in the admin: what was promised and what was kept, to read, print and take away."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _

from statuspage.domain.periods import Period, local_date, period_of
from statuspage.errors import NotFound, Refused
from statuspage.publishing.wording import Words
from statuspage.reports.communication import CommunicationReport, communication_report
from statuspage.reports.customer_credit import customer_credit
from statuspage.reports.customers import load_customer
from statuspage.reports.lengths import shown_seconds
from statuspage.reports.periods import offered_periods, place, read_period
from statuspage.reports.sla import SlaReport, sla_report
from statuspage.reports.tables import communication_csv, sla_csv
from statuspage.web import current
from statuspage.web.admin.door import admin, go, show, words
from statuspage.web.api_v1.reports import communication_answer, sla_answer


@admin.get("/reports")
def list_reports() -> Response:
    """The periods there are reports of; `?period=` goes to one."""
    installation, now = current.installation(), current.now()
    if request.args.get("period"):
        period = _period(request.args["period"].strip())
        kind = request.args.get("kind", "sla")
        return go("show_communication_report" if kind == "communication" else "show_sla_report", period=str(period))
    with installation.database.read() as session:
        policy = place(session, installation.policies).at(now)
        periods = offered_periods(session, installation.policies, now)
    months = _months(periods, policy.availability.period)
    running = period_of(local_date(now, policy.zone), policy.availability.period)
    return show("reports/list.html", policy=policy, periods=periods, months=months, running=running)


@admin.get("/reports/sla/<period>")
def show_sla_report(period: str) -> Response:
    """The SLA report of one period, ready to be printed."""
    report = _load_sla(period, request.args.get("customer"))
    owed = customer_credit(report)
    return show("reports/sla.html", report=report, rw=_words_of(report), owed=owed, shown_seconds=shown_seconds)


@admin.get("/reports/sla/<period>.<any(csv, json):shape>")
def download_sla_report(period: str, shape: str) -> Response:
    """The SLA report as a file."""
    report = _load_sla(period, request.args.get("customer"))
    text = sla_csv(report) if shape == "csv" else sla_answer(report).model_dump_json(indent=2)
    name = f"sla-{report.period}-{report.customer.id}" if report.customer else f"sla-{report.period}"
    return _file(text, name, shape)


@admin.get("/reports/communication/<period>")
def show_communication_report(period: str) -> Response:
    """The communication report of one period."""
    report = _load_communication(period)
    return show("reports/communication.html", report=report, rw=_words_of(report))


@admin.get("/reports/communication/<period>.<any(csv, json):shape>")
def download_communication_report(period: str, shape: str) -> Response:
    """The communication report as a file."""
    report = _load_communication(period)
    text = communication_csv(report) if shape == "csv" else communication_answer(report).model_dump_json(indent=2)
    return _file(text, f"communication-{report.period}", shape)


def _load_sla(typed: str, customer_id: str | None) -> SlaReport:
    installation, period = current.installation(), _period(typed)
    policies = installation.policies
    with installation.database.read() as session:
        try:
            customer = load_customer(session, customer_id, period, policies) if customer_id else None
            return sla_report(session, policies, period, now=current.now(), customer=customer)
        except Refused:
            raise NotFound(_("report"), typed) from None


def _load_communication(typed: str) -> CommunicationReport:
    installation, period = current.installation(), _period(typed)
    with installation.database.read() as session:
        try:
            return communication_report(session, installation.policies, period, now=current.now())
        except Refused:
            raise NotFound(_("report"), typed) from None


def _period(typed: str) -> Period:
    try:
        return read_period(typed)
    except Refused:
        raise NotFound(_("report"), typed[:40]) from None


def _months(periods: tuple[Period, ...], unit: str) -> dict[Period, tuple[Period, ...]]:
    """The months of each offered period, for the communication report; newest first."""
    return {period: period.months[::-1] if unit == "quarter" else (period,) for period in periods}


def _words_of(report: SlaReport | CommunicationReport) -> Words:
    """How a report's times read: on the policy's clock, which is not always the page's."""
    ours = words()
    return Words(ours.lang, report.policy.zone, ours.catalogue)


def _file(text: str, name: str, shape: str) -> Response:
    kinds = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
    disposition = f'attachment; filename="{name}.{shape}"'
    return Response(text, content_type=kinds[shape], headers={"Content-Disposition": disposition})
