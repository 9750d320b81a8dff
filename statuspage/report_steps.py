"""Verbs on a report under way: from its acknowledgement to its closing, each a step that is logged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from statuspage.customer_drafts import (
    ClosingDraft,
    DelayDraft,
    DiagnosisDraft,
    ExclusionDraft,
    LinkDraft,
    QualificationDraft,
    RemarkDraft,
    UrgencyDraft,
    WordsDraft,
)
from statuspage.customer_reports import link_incident, log, mail, restore
from statuspage.domain.sla.policy import Policy
from statuspage.domain.sla.response import downgrade
from statuspage.domain.vocabulary import Cause
from statuspage.drafts import Draft
from statuspage.errors import Problem, Refused, TransitionRefused
from statuspage.models import CustomerReport, ReportDelay
from statuspage.standing import Timer, closing_reasons, report_classes, report_standing


def acknowledge(
    session: Session, report: CustomerReport, draft: RemarkDraft, *, author: str, now: datetime
) -> CustomerReport:
    """Somebody answers the report: ends its response time (OP19, IS34)."""
    _check_open(report)
    _check_first(report.acknowledged_at, "acknowledged")
    report.acknowledged_at = now
    log(session, report, "acknowledge", _with("Acknowledged.", draft.text), author=author, now=now)
    return report


def begin_action(
    session: Session, report: CustomerReport, draft: RemarkDraft, *, author: str, now: datetime
) -> CustomerReport:
    """Somebody works on it: ends the time to action (EC15)."""
    _check_open(report)
    _check_first(report.acted_at, "acted on")
    report.acted_at = now
    log(session, report, "act", _with("Action taken.", draft.text), author=author, now=now)
    return report


def diagnose(
    session: Session, report: CustomerReport, draft: DiagnosisDraft, *, author: str, now: datetime
) -> CustomerReport:
    """Send the diagnosis to the customer: ends the time to diagnosis (TP33). A cause that is not ours tells them so
    and takes the report out of breakdown time (TP38)."""
    _check_open(report)
    _check_first(report.diagnosed_at, "diagnosed")
    report.diagnosed_at, report.diagnosis, report.cause = now, draft.text, draft.cause
    if draft.qualified is not None:
        report.qualified, report.qualified_at = draft.qualified, report.qualified_at or now
    log(session, report, "diagnose", f"Diagnosis, cause {draft.cause.value}: {draft.text}", author=author, now=now)
    origin = "" if draft.cause is Cause.OWN else "The cause lies outside our service.\n\n"
    said = f"Class: {report.report_class}\n\n{origin}{draft.text}"
    mail(session, report, f"Report {report.number}: diagnosis", said, author=author, now=now)
    return report


def qualify(
    session: Session,
    report: CustomerReport,
    draft: QualificationDraft,
    *,
    policy: Policy,
    author: str,
    now: datetime,
) -> CustomerReport:
    """Say whether it is a fault and of which class; where the policy makes the class final, this locks it (IS20).

    Raises Refused for an unknown class, TransitionRefused for another class once locked.
    """
    _check_open(report)
    wanted = draft.report_class or report.report_class
    _check_class(report, wanted, policy)
    report.qualified, report.qualified_at = draft.qualified, report.qualified_at or now
    report.report_class = wanted
    if draft.not_available is not None:
        report.not_available = draft.not_available
    report.cause = draft.cause or report.cause
    said = f"Qualified as {wanted}." if draft.qualified else "Qualified as no fault."
    down = "The service was unavailable to the customer." if report.not_available else ""
    log(session, report, "qualify", _with(said, down), author=author, now=now)
    mail(session, report, f"Report {report.number}: qualified", said, author=author, now=now)
    return report


def agree_urgency(
    session: Session, report: CustomerReport, draft: UrgencyDraft, *, policy: Policy, author: str, now: datetime
) -> CustomerReport:
    """Customer and provider agree on the class, by which the clocks then run (EC14). Raises Refused."""
    _check_open(report)
    _check_class(report, draft.report_class, policy)
    report.report_class, report.urgency_agreed_at = draft.report_class, now
    log(session, report, "agree", f"Agreed with the customer: {draft.report_class}.", author=author, now=now)
    return report


def work_around(
    session: Session, report: CustomerReport, draft: WordsDraft, *, policy: Policy, author: str, now: datetime
) -> CustomerReport:
    """A work-around is in place (TP40); where the policy says so it lowers the report one class, and both due times
    are logged (IS21)."""
    _check_open(report)
    before = report_standing(report, policy, now=now).timers
    lowered = downgrade(policy, report.report_class, report.received_at, now, report.tier).new_class
    report.workaround_at = now
    log(session, report, "workaround", f"Work-around: {draft.text}", author=author, now=now)
    if lowered != report.report_class:
        report.class_before, report.report_class = report.report_class, lowered
        after = report_standing(report, policy, now=now).timers
        said = f"{report.class_before} became {lowered}: {_due(before)} became {_due(after)}."
        log(session, report, "downgrade", said, author=author, now=now)
    mail(session, report, f"Report {report.number}: work-around", draft.text, author=author, now=now)
    return report


def add_delay(
    session: Session, report: CustomerReport, draft: DelayDraft, *, author: str, now: datetime
) -> CustomerReport:
    """Record time that the customer caused, which its breakdown does not count (TP21). Raises Refused."""
    if draft.starts_at < report.received_at:
        raise Refused(Problem("starts_at", "must not be before the report was received"))
    if draft.ends_at > now:
        raise Refused(Problem("ends_at", "must not be in the future"))
    report.delays.append(ReportDelay(starts_at=draft.starts_at, ends_at=draft.ends_at, reason=draft.reason))
    said = f"Delay by the customer, {_wire(draft.starts_at)} to {_wire(draft.ends_at)}: {draft.reason}"
    log(session, report, "delay", said, author=author, now=now)
    return report


def leave_out(
    session: Session, report: CustomerReport, draft: ExclusionDraft, *, policy: Policy, author: str, now: datetime
) -> CustomerReport:
    """Say why a report stays out of the share in time, in one of the policy's words (IS38). Raises Refused."""
    known = policy.tickets.not_counted
    if draft.reason is not None and draft.reason not in known:
        raise Refused(Problem("reason", f"expected one of {', '.join(known)}" if known else "the policy knows none"))
    report.not_counted = draft.reason
    said = f"Not counted: {draft.reason}." if draft.reason else "Counted again."
    log(session, report, "leave_out", said, author=author, now=now)
    return report


def resolve(
    session: Session, report: CustomerReport, draft: WordsDraft, *, author: str, now: datetime
) -> CustomerReport:
    """Send the mail whose date ends the intervention (TP42); it tells of the restoration too, unless that was told.

    After an objection a report is resolved anew.
    """
    _check_open(report)
    if report.resolved_at is not None and report.objection_at is None:
        raise TransitionRefused(Problem("", "the report is resolved already"))
    report.resolved_at, report.objection_at = now, None
    report.restored_notice_at = report.restored_notice_at or now
    log(session, report, "resolve", f"Resolved: {draft.text}", author=author, now=now)
    mail(session, report, f"Report {report.number}: resolved", draft.text, author=author, now=now)
    return report


def close(
    session: Session, report: CustomerReport, draft: ClosingDraft, *, policy: Policy, author: str, now: datetime
) -> CustomerReport:
    """Close it for one of the policy's reasons (IS22); the customer is told. Raises Refused, TransitionRefused."""
    _check_open(report)
    reasons = closing_reasons(policy)
    if draft.reason not in reasons:
        raise Refused(Problem("reason", f"expected one of {', '.join(reasons)}"))
    if draft.reason == "resolved" and report.resolved_at is None:
        raise TransitionRefused(Problem("reason", "it is not resolved yet"))
    report.closed_at, report.closed_reason = now, draft.reason
    log(session, report, "close", _with(f"Closed: {draft.reason}.", draft.text), author=author, now=now)
    said = _with(f"We closed your report: {draft.reason.replace('_', ' ')}.", draft.text)
    mail(session, report, f"Report {report.number}: closed", said, author=author, now=now)
    return report


def object_to(
    session: Session, report: CustomerReport, draft: WordsDraft, *, policy: Policy, author: str, now: datetime
) -> CustomerReport:
    """The customer objects to the resolution, which keeps the record open (TP43). Raises TransitionRefused."""
    if report.resolved_at is None:
        raise TransitionRefused(Problem("", "there is no resolution to object to"))
    standing = report_standing(report, policy, now=now)
    if standing.validated:
        raise TransitionRefused(Problem("", f"the record was validated at {_wire(standing.validated_at or now)}"))
    report.objection_at, report.closed_at, report.closed_reason = now, None, None
    log(session, report, "object", f"Objection: {draft.text}", author=author, now=now)
    return report


@dataclass(frozen=True)
class Step:
    """One verb as doors offer it: what it takes, and whether the policy has a say in it."""

    draft: type[Draft]
    verb: Callable[..., CustomerReport]
    by_policy: bool = False

    def take(
        self, session: Session, report: CustomerReport, draft: Draft, *, policy: Policy, author: str, now: datetime
    ) -> CustomerReport:
        """Do it. Raises Refused or TransitionRefused."""
        extra: dict[str, Any] = {"policy": policy} if self.by_policy else {}
        return self.verb(session, report, draft, author=author, now=now, **extra)


STEPS = {
    "acknowledge": Step(RemarkDraft, acknowledge),
    "action": Step(RemarkDraft, begin_action),
    "diagnosis": Step(DiagnosisDraft, diagnose),
    "qualification": Step(QualificationDraft, qualify, by_policy=True),
    "urgency": Step(UrgencyDraft, agree_urgency, by_policy=True),
    "workaround": Step(WordsDraft, work_around, by_policy=True),
    "delays": Step(DelayDraft, add_delay),
    "exclusion": Step(ExclusionDraft, leave_out, by_policy=True),
    "incident": Step(LinkDraft, link_incident),
    "restoration": Step(RemarkDraft, restore),
    "resolution": Step(WordsDraft, resolve),
    "closing": Step(ClosingDraft, close, by_policy=True),
    "objection": Step(WordsDraft, object_to, by_policy=True),
}
"""The steps by the noun that stands in addresses."""


def _check_open(report: CustomerReport) -> None:
    if report.closed_at is not None:
        raise TransitionRefused(Problem("", "the report is closed"))


def _check_first(done_at: datetime | None, done: str) -> None:
    if done_at is not None:
        raise TransitionRefused(Problem("", f"the report was {done} already, at {_wire(done_at)}"))


def _check_class(report: CustomerReport, wanted: str, policy: Policy) -> None:
    if wanted not in report_classes(policy):
        raise Refused(Problem("report_class", f"expected one of {', '.join(report_classes(policy))}"))
    locked = policy.tickets.final_class_by is not None and report.qualified_at is not None
    if locked and wanted != report.report_class:
        said = f"the class is final since {_wire(report.qualified_at or report.received_at)}"
        raise TransitionRefused(Problem("report_class", f"{said}; only a work-around lowers it"))


def _due(timers: tuple[Timer, ...]) -> str:
    known = [f"{timer.measure} due {_wire(timer.due_at)}" for timer in timers if timer.due_at is not None]
    return ", ".join(known) or "nothing due"


def _with(said: str, more: str) -> str:
    return f"{said} {more}".strip()


def _wire(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
