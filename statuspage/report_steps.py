"""Verbs on a report under way: from its acknowledgement to its closing, each a step that is logged."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from statuspage import letter_words
from statuspage.customer_drafts import (
    ClosingDraft,
    DelayDraft,
    DiagnosisDraft,
    ExclusionDraft,
    QualificationDraft,
    ReclassificationDraft,
    RemarkDraft,
    UrgencyDraft,
    WordsDraft,
)
from statuspage.customer_reports import log, mail
from statuspage.domain.sla.policy import Policy
from statuspage.domain.sla.response import Downgrade, downgrade
from statuspage.errors import Problem, Refused, TransitionRefused
from statuspage.letter_words import load_log_words, load_words, reads
from statuspage.models import CustomerReport, ReportDelay
from statuspage.publishing.wording import Words
from statuspage.standing import Timer, closing_reasons, report_classes, report_standing


def acknowledge(
    session: Session, report: CustomerReport, draft: RemarkDraft, *, author: str, now: datetime
) -> CustomerReport:
    """Somebody answers the report: ends its response time (OP19, IS34)."""
    _check_open(report)
    _check_first(session, report.acknowledged_at, "acknowledged")
    report.acknowledged_at = now
    log(session, report, "acknowledge", _with("Acknowledged.", draft.text), author=author, now=now)
    return report


def begin_action(
    session: Session, report: CustomerReport, draft: RemarkDraft, *, author: str, now: datetime
) -> CustomerReport:
    """Somebody works on it: ends the time to action (EC15)."""
    _check_open(report)
    _check_first(session, report.acted_at, "acted on")
    report.acted_at = now
    log(session, report, "act", _with("Action taken.", draft.text), author=author, now=now)
    return report


def diagnose(
    session: Session, report: CustomerReport, draft: DiagnosisDraft, *, author: str, now: datetime
) -> CustomerReport:
    """Send the diagnosis to the customer: ends the time to diagnosis (TP33). A cause that is not ours tells them so
    and takes the report out of breakdown time (TP38)."""
    _check_open(report)
    _check_first(session, report.diagnosed_at, "diagnosed")
    report.diagnosed_at, report.diagnosis, report.cause = now, draft.text, draft.cause
    if draft.qualified is not None:
        report.qualified, report.qualified_at = draft.qualified, report.qualified_at or now
    log(session, report, "diagnose", f"Diagnosis, cause: {draft.cause.label}. {draft.text}", author=author, now=now)
    mail(session, report, letter_words.diagnosed(load_words(session), report, draft.text), author=author, now=now)
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
    _check_class(session, report, wanted, policy)
    report.qualified, report.qualified_at = draft.qualified, report.qualified_at or now
    report.report_class = wanted
    if draft.not_available is not None:
        report.not_available = draft.not_available
    report.cause = draft.cause or report.cause
    said = f"Qualified as {wanted}." if draft.qualified else "Qualified as no fault."
    down = "The service was unavailable to the customer." if report.not_available else ""
    log(session, report, "qualify", _with(said, down), author=author, now=now)
    told = letter_words.qualified(load_words(session), report, is_fault=draft.qualified)
    mail(session, report, told, author=author, now=now)
    return report


def agree_urgency(
    session: Session, report: CustomerReport, draft: UrgencyDraft, *, policy: Policy, author: str, now: datetime
) -> CustomerReport:
    """Customer and provider agree on the class, by which the clocks then run (EC14). Raises Refused."""
    _check_open(report)
    _check_class(session, report, draft.report_class, policy)
    report.report_class, report.urgency_agreed_at = draft.report_class, now
    log(session, report, "agree", f"Agreed with the customer: {draft.report_class}.", author=author, now=now)
    return report


def reclassify(
    session: Session,
    report: CustomerReport,
    draft: ReclassificationDraft,
    *,
    policy: Policy,
    author: str,
    now: datetime,
) -> CustomerReport:
    """The provider sets another class than the customer did, with a reason that is logged and mailed; the limits of
    the new class count from the opening (CM20). Raises Refused, and TransitionRefused where the policy has it not."""
    _check_open(report)
    if policy.tickets.reclassify_by is None:
        raise TransitionRefused(Problem("report_class", "the policy lets nobody set another class than agreed"))
    if draft.report_class == report.report_class:
        raise Refused(Problem("report_class", f"it is {report.report_class} already"))
    _check_known(draft.report_class, policy)
    before, old = report_standing(report, policy, now=now).timers, report.report_class
    report.report_class, report.class_before = draft.report_class, None
    after = report_standing(report, policy, now=now).timers
    words = load_log_words(session)
    said = f"{old} became {report.report_class}: {draft.reason} {_due(before, words)} became {_due(after, words)}."
    log(session, report, "reclassify", said, author=author, now=now)
    told = letter_words.reclassified(load_words(session), report, before=old, reason=draft.reason)
    mail(session, report, told, author=author, now=now)
    return report


def work_around(
    session: Session, report: CustomerReport, draft: WordsDraft, *, policy: Policy, author: str, now: datetime
) -> CustomerReport:
    """A work-around is in place (TP40); where the policy says so it lowers the report one class, and both due times
    are logged (IS21)."""
    _check_open(report)
    lowered = downgrade(policy, report.report_class, report.received_at, now, report.tier)
    report.workaround_at, before = now, ""
    log(session, report, "workaround", f"Work-around: {draft.text}", author=author, now=now)
    if lowered.new_class != report.report_class:
        before = report.class_before = report.report_class
        report.report_class = lowered.new_class
        said = f"{before} became {report.report_class}: {_moved(lowered, load_log_words(session))}"
        log(session, report, "downgrade", said, author=author, now=now)
    told = letter_words.work_around(load_words(session), report, draft.text, before=before)
    mail(session, report, told, author=author, now=now)
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
    window = load_log_words(session).window(draft.starts_at, draft.ends_at)
    said = f"Delay by the customer, {window}: {draft.reason}"
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
    said = f"Not counted: {reads(draft.reason)}." if draft.reason else "Counted again."
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
    mail(session, report, letter_words.resolved(load_words(session), report, draft.text), author=author, now=now)
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
    log(session, report, "close", _with(f"Closed: {reads(draft.reason)}.", draft.text), author=author, now=now)
    told = letter_words.closed(load_words(session), report, draft.reason, draft.text)
    mail(session, report, told, author=author, now=now)
    return report


def object_to(
    session: Session, report: CustomerReport, draft: WordsDraft, *, policy: Policy, author: str, now: datetime
) -> CustomerReport:
    """The customer objects to the resolution, which keeps the record open (TP43). Raises TransitionRefused."""
    if report.resolved_at is None:
        raise TransitionRefused(Problem("", "there is no resolution to object to"))
    standing = report_standing(report, policy, now=now)
    if standing.validated:
        raise TransitionRefused(
            Problem("", f"the record was validated on {_moment(session, standing.validated_at or now)}")
        )
    report.objection_at, report.closed_at, report.closed_reason = now, None, None
    log(session, report, "object", f"Objection: {draft.text}", author=author, now=now)
    return report


def _check_open(report: CustomerReport) -> None:
    if report.closed_at is not None:
        raise TransitionRefused(Problem("", "the report is closed"))


def _check_first(session: Session, done_at: datetime | None, done: str) -> None:
    if done_at is not None:
        raise TransitionRefused(Problem("", f"the report was {done} already, on {_moment(session, done_at)}"))


def _check_known(wanted: str, policy: Policy) -> None:
    if wanted not in report_classes(policy):
        raise Refused(Problem("report_class", f"expected one of {', '.join(report_classes(policy))}"))


def _check_class(session: Session, report: CustomerReport, wanted: str, policy: Policy) -> None:
    _check_known(wanted, policy)
    if policy.tickets.reclassify_by is not None and wanted != report.report_class:
        raise TransitionRefused(Problem("report_class", "the customer set the class: set another with a reason"))
    locked = policy.tickets.final_class_by is not None and report.qualified_at is not None
    if locked and wanted != report.report_class:
        said = f"the class is final since {_moment(session, report.qualified_at or report.received_at)}"
        raise TransitionRefused(Problem("report_class", f"{said}; only a work-around lowers it"))


def _moved(lowered: Downgrade, words: Words) -> str:
    times = [words.moment(due_at) if due_at else "no limit" for due_at in (lowered.due_before, lowered.due_after)]
    return f"due {times[0]} became {times[1]}."


def _due(timers: tuple[Timer, ...], words: Words) -> str:
    known = [f"{timer.measure} due {words.moment(timer.due_at)}" for timer in timers if timer.due_at is not None]
    return "; ".join(known) or "nothing due"


def _with(said: str, more: str) -> str:
    return f"{said} {more}".strip()


def _moment(session: Session, at: datetime) -> str:
    return load_log_words(session).moment(at)
