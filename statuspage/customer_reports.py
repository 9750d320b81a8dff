"""Verbs on customers' reports: record one, link it to an incident, tell of restoration; and how to find them.

What is done with a report afterwards is in report_steps. Each verb appends to the report's log.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from statuspage import audit, letter_words
from statuspage.customer_drafts import LinkDraft, RemarkDraft, ReportDraft, WorkLinkDraft
from statuspage.customers import check_reporter, load_customer
from statuspage.domain.periods import local_date
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import Cause
from statuspage.errors import NotFound, Problem, Refused, TransitionRefused
from statuspage.identifiers import new_id
from statuspage.letter_words import Letter, load_words
from statuspage.models import Customer, CustomerReport, Incident, Maintenance, Page, ReportLog
from statuspage.notify.kinds import letters
from statuspage.standing import report_classes, tier_on

_CHANNELS = {"email": "e-mail", "ticket": "ticket", "phone": "phone", "chat": "chat", "other": "another way"}


def open_report(
    session: Session, draft: ReportDraft, *, policy: Policy, author: str, now: datetime
) -> CustomerReport:
    """Record a report under the next number and confirm it to the customer (IS18).

    Raises Refused: an unknown customer, class, service or incident, a time to come, somebody the policy does not
    let report.
    """
    customer = _find_customer(session, draft.customer)
    _check(draft, policy, now)
    incident = find_incident(session, draft.incident) if draft.incident else None
    work = find_maintenance(session, draft.maintenance) if draft.maintenance else None
    received_at = draft.received_at or now
    report = CustomerReport(
        id=new_id(),
        number=_next_number(session),
        customer=customer,
        service=draft.service,
        report_class=draft.report_class,
        asked_class=draft.report_class,
        tier=tier_on(customer, local_date(received_at, policy.zone)),
        channel=draft.channel,
        reporter=check_reporter(customer, draft.reporter, policy),
        text=draft.text,
        checklist=draft.checklist or None,
        facts={question: said for question, said in draft.facts.items() if said} or None,
        not_available=draft.not_available,
        cause=Cause.OWN,
        received_at=received_at,
        recorded_at=now,
    )
    session.add(report)
    session.flush()
    said = f"Received by {_CHANNELS[draft.channel]} as {draft.report_class}."
    log(session, report, "open", said, author=author, now=now)
    if incident is not None:
        _attach(session, report, incident, author=author, now=now)
    if work is not None:
        _attach_work(session, report, work, author=author, now=now)
    mail(session, report, letter_words.received(load_words(session), report), author=author, now=now)
    return report


def link_incident(
    session: Session, report: CustomerReport, draft: LinkDraft, *, author: str, now: datetime
) -> CustomerReport:
    """Say which incident a report belongs to, or that it belongs to none. One that is resolved already gives the
    report its time of restoration. Raises Refused."""
    if draft.incident is None:
        report.incident = None
        log(session, report, "unlink", "Belongs to no incident.", author=author, now=now)
        return report
    _attach(session, report, find_incident(session, draft.incident), author=author, now=now)
    return report


def link_maintenance(
    session: Session, report: CustomerReport, draft: WorkLinkDraft, *, author: str, now: datetime
) -> CustomerReport:
    """Say which maintenance a report is of, or that it is of none: late announced work that a customer reports counts
    for it where the policy does not spare its class (EC21). Raises Refused."""
    if draft.maintenance is None:
        report.maintenance = None
        log(session, report, "unlink", "Belongs to no maintenance.", author=author, now=now)
        return report
    _attach_work(session, report, find_maintenance(session, draft.maintenance), author=author, now=now)
    return report


def restore(
    session: Session, report: CustomerReport, draft: RemarkDraft, *, author: str, now: datetime
) -> CustomerReport:
    """Tell the customer that the service is restored: this instant ends the breakdown (TP20)."""
    if report.restored_notice_at is not None:
        raise TransitionRefused(Problem("", "the customer was told of the restoration already"))
    report.restored_notice_at = now
    log(session, report, "restore", "Notice of restoration.", author=author, now=now)
    said = letter_words.restored(load_words(session), report, text=draft.text)
    mail(session, report, said, author=author, now=now)
    return report


def note_restored(session: Session, incident: Incident, *, author: str, now: datetime) -> None:
    """A public incident is resolved: the notice, mailed to its customer, restores every report linked to it that was
    still waiting."""
    for report in _linked(session, incident):
        if report.restored_notice_at is None:
            report.restored_notice_at = now
            log(session, report, "restore", f"The incident was resolved: {incident.title}", author=author, now=now)
            said = letter_words.restored(load_words(session), report, title=incident.title)
            mail(session, report, said, author=author, now=now)


def note_reopened(session: Session, incident: Incident, *, author: str, now: datetime) -> None:
    """A resolved incident goes on: the reports it had restored wait again. Call it before `resolved_at` is lost."""
    for report in _linked(session, incident):
        if report.restored_notice_at is not None and report.restored_notice_at == incident.resolved_at:
            report.restored_notice_at = None
            log(session, report, "reopen", f"The incident goes on: {incident.title}", author=author, now=now)


def note_work_done(session: Session, work: Maintenance, *, author: str, now: datetime) -> None:
    """A maintenance is over: the reports of it that were still waiting are restored, and their customers told."""
    rows = select(CustomerReport).where(CustomerReport.maintenance_id == work.id)
    for report in session.scalars(rows.where(CustomerReport.restored_notice_at.is_(None))).all():
        report.restored_notice_at = max(now, report.received_at)
        log(session, report, "restore", f"The maintenance is over: {work.title}", author=author, now=now)
        said = letter_words.restored(load_words(session), report, title=work.title)
        mail(session, report, said, author=author, now=now)


def log(session: Session, report: CustomerReport, action: str, entry: str, *, author: str, now: datetime) -> None:
    """Append to a report's log, and to the audit log."""
    report.entries.append(ReportLog(at=now, actor=author[:255], entry=entry))
    audit.record(session, f"report.{action}", actor=author, target=str(report.number), now=now)
    session.flush()


def mail(session: Session, report: CustomerReport, letter: Letter, *, author: str, now: datetime) -> None:
    """Write to the customer about a report and log to whom."""
    subject, text = letter
    told = letters.write(session, report.customer, subject, text, now=now, reporter=report.reporter)
    said = f"Mail to {', '.join(told)}: {subject}" if told else f"Nobody to mail: {subject}"
    report.entries.append(ReportLog(at=now, actor=author[:255], entry=said))
    session.flush()


def find_incident(session: Session, incident_id: str) -> Incident:
    """The incident a report is to be linked to. Raises Refused."""
    incident = session.get(Incident, incident_id)
    if incident is None or incident.draft:
        raise Refused(Problem("incident", f"there is no incident {incident_id!r}"))
    return incident


def find_maintenance(session: Session, maintenance_id: str) -> Maintenance:
    """The maintenance a report is to be linked to. Raises Refused."""
    work = session.get(Maintenance, maintenance_id)
    if work is None:
        raise Refused(Problem("maintenance", f"there is no maintenance {maintenance_id!r}"))
    return work


def load_report(session: Session, report_id: str) -> CustomerReport:
    """One report with all that belongs to it. Raises NotFound."""
    report = session.scalar(select(CustomerReport).where(CustomerReport.id == report_id).options(*_WHOLE))
    if report is None:
        raise NotFound("report", report_id)
    return report


def load_reports(
    session: Session,
    *,
    customer_id: str | None = None,
    incident_id: str | None = None,
    maintenance_id: str | None = None,
    report_class: str | None = None,
    open_only: bool = False,
    before: int | None = None,
    limit: int | None = 100,
) -> Sequence[CustomerReport]:
    """Reports, newest number first; `before` is the last number already seen, `limit` None for all."""
    query = select(CustomerReport).order_by(CustomerReport.number.desc()).limit(limit).options(*_WHOLE)
    if customer_id is not None:
        query = query.where(CustomerReport.customer_id == customer_id)
    if incident_id is not None:
        query = query.where(CustomerReport.incident_id == incident_id)
    if maintenance_id is not None:
        query = query.where(CustomerReport.maintenance_id == maintenance_id)
    if report_class is not None:
        query = query.where(CustomerReport.report_class == report_class)
    if open_only:
        query = query.where(CustomerReport.closed_at.is_(None))
    if before is not None:
        query = query.where(CustomerReport.number < before)
    return session.scalars(query).all()


_WHOLE = (
    joinedload(CustomerReport.customer).selectinload(Customer.contacts),
    joinedload(CustomerReport.incident),
    joinedload(CustomerReport.maintenance),
    selectinload(CustomerReport.delays),
    selectinload(CustomerReport.entries),
)


def _next_number(session: Session) -> int:
    session.execute(select(Page.id).with_for_update())  # two reports at once must not take the same number
    return (session.scalar(select(func.max(CustomerReport.number))) or 0) + 1


def _find_customer(session: Session, customer_id: str) -> Customer:
    try:
        return load_customer(session, customer_id)
    except NotFound:
        raise Refused(Problem("customer", f"there is no customer {customer_id!r}")) from None


def _check(draft: ReportDraft, policy: Policy, now: datetime) -> None:
    problems = []
    if draft.report_class not in report_classes(policy):
        problems.append(Problem("report_class", f"expected one of {', '.join(report_classes(policy))}"))
    if draft.service is not None and policy.service(draft.service) is None:
        problems.append(Problem("service", f"the policy has no service {draft.service!r}"))
    if draft.received_at is not None and draft.received_at > now:
        problems.append(Problem("received_at", "must not be in the future"))
    problems += [
        Problem("facts", f"the policy does not ask for {question!r}")
        for question in draft.facts
        if question not in policy.tickets.asks
    ]
    if problems:
        raise Refused(problems)


def _attach(session: Session, report: CustomerReport, incident: Incident, *, author: str, now: datetime) -> None:
    report.incident = incident
    log(session, report, "link", f"Belongs to the incident: {incident.title}", author=author, now=now)
    if incident.resolved_at is not None and incident.public_at is not None and report.restored_notice_at is None:
        report.restored_notice_at = incident.resolved_at
        log(session, report, "restore", "The incident was resolved before.", author=author, now=now)


def _attach_work(session: Session, report: CustomerReport, work: Maintenance, *, author: str, now: datetime) -> None:
    report.maintenance = work
    log(session, report, "link", f"Belongs to the maintenance: {work.title}", author=author, now=now)
    if work.completed_at is not None and report.restored_notice_at is None:
        report.restored_notice_at = max(work.completed_at, report.received_at)
        log(session, report, "restore", "The maintenance was over before.", author=author, now=now)


def _linked(session: Session, incident: Incident) -> Sequence[CustomerReport]:
    return session.scalars(select(CustomerReport).where(CustomerReport.incident_id == incident.id)).all()
