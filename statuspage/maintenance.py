"""Verbs on maintenances: announce, update, move, cancel; the clock's own steps are windows.advance_due.

The class is computed by the policy from the notice given (domain.sla.notice); what its author chose is a wish that
is refused when the notice is too short for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, selectinload

from statuspage.components import find_components
from statuspage.domain.lifecycle import maintenance_steps
from statuspage.domain.sla import notice
from statuspage.domain.sla.notice import NoticeAssessment
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import MaintenanceKind, MaintenanceStatus, Risk
from statuspage.domain.wallclock import wire
from statuspage.drafts import CancelDraft, MaintenanceDraft, MaintenanceUpdateDraft, MoveDraft
from statuspage.errors import NotFound, NoticeTooShort, Problem, Refused, TransitionRefused
from statuspage.identifiers import new_id
from statuspage.models import AffectedComponent, Maintenance, Update
from statuspage.tongues import Texts, bodies_in, check_translations, ended, reasons_in, titles_in
from statuspage.unread import check_read
from statuspage.update_facts import with_facts, work_words
from statuspage.windows import add_update, advance, enter, withdraw_extension

_WEEK_AND_MORE = timedelta(days=9)
"""How far apart two windows of one local week may be, at most."""


def assess(
    session: Session, draft: MaintenanceDraft | MoveDraft, *, risk: Risk, policy: Policy, now: datetime, but: str = ""
) -> NoticeAssessment:
    """What the policy makes of this window if it were announced now; `but` is the maintenance being moved."""
    others = session.scalars(
        select(Maintenance.starts_at).where(
            Maintenance.kind == MaintenanceKind.REGULAR,
            Maintenance.status != MaintenanceStatus.CANCELLED,
            Maintenance.id != but,
            Maintenance.starts_at.between(draft.starts_at - _WEEK_AND_MORE, draft.starts_at + _WEEK_AND_MORE),
        )
    )
    return notice.assess(
        policy,
        notice.MaintenanceDraft(
            announced_at=now,
            starts_at=draft.starts_at,
            ends_at=draft.ends_at,
            wish=draft.kind,
            risk=risk,
            reason=_reason_of(draft, policy),
            other_regular_starts=tuple(others),
        ),
    )


def schedule(session: Session, draft: MaintenanceDraft, *, policy: Policy, author: str, now: datetime) -> Maintenance:
    """Announce a maintenance. It is public at once, and under way at once if its window has begun.

    Raises NoticeTooShort (facts: earliest_start, accepted_kinds) and Refused.
    """
    assessment = check_schedule(session, draft, policy=policy, now=now)
    components = find_components(session, draft.components)
    maintenance = Maintenance(
        id=new_id(),
        title=draft.title,
        texts=titles_in(draft.translations),
        asked_kind=draft.kind,
        risk=draft.risk,
        works_on=draft.works_on,
        effect=draft.effect,
        status=MaintenanceStatus.SCHEDULED,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        created_at=now,
        updated_at=now,
        author=author,
        components=list(components.values()),
    )
    keep_assessment(maintenance, assessment, draft, policy)
    session.add(maintenance)
    session.flush()
    said = work_words(session, draft, now=now)
    body, texts = ended(draft.body, said), bodies_in(draft.translations, said)
    details = with_facts(None, said)
    add_update(
        session, maintenance, "announced", body, texts, at=now, author=author, notify=draft.notify, details=details
    )
    advance(session, maintenance, now)
    return maintenance


def check_schedule(session: Session, draft: MaintenanceDraft, *, policy: Policy, now: datetime) -> NoticeAssessment:
    """What the policy makes of a window announced at `now`; writes nothing. Raises as schedule does."""
    find_components(session, draft.components)
    check_translations(session, draft.translations)
    _check_window(draft, now)
    check_reason(draft, policy)
    assessment = assess(session, draft, risk=draft.risk, policy=policy, now=now)
    check_notice(assessment, draft.confirm)
    return assessment


def post_update(
    session: Session,
    maintenance: Maintenance,
    draft: MaintenanceUpdateDraft,
    *,
    author: str,
    now: datetime,
) -> Update:
    """Post a word on a maintenance; with a status, begin early, verify or finish it now. Raises Refused, or Overtaken
    where somebody posted after what its author has read."""
    check_update(session, maintenance, draft)
    status = draft.status or maintenance.status
    texts = _texts_of(session, maintenance, draft)
    event, stays = _event_of(maintenance.status, status), status is maintenance.status
    affected = {} if stays else enter(session, maintenance, status, at=now, author=author)
    if status is MaintenanceStatus.COMPLETED:
        withdraw_extension(session, maintenance, at=now, author=author)
    return add_update(
        session, maintenance, event, draft.body, texts, at=now, author=author, notify=draft.notify, affected=affected
    )


def check_update(session: Session, maintenance: Maintenance, draft: MaintenanceUpdateDraft) -> None:
    """Whether a word can be posted, and its step taken; writes nothing. Raises as post_update does."""
    check_read(maintenance.updates, draft.after)
    check_translations(session, draft.translations)
    status, allowed = draft.status or maintenance.status, maintenance_steps(maintenance.status)
    if status not in allowed:
        possible = f"possible: {', '.join(allowed)}" if allowed else "nothing more can happen to it"
        message = f"a maintenance that is {maintenance.status.value} cannot be {status.value}; {possible}"
        raise TransitionRefused(Problem("status", message))


def move(
    session: Session, maintenance: Maintenance, draft: MoveDraft, *, policy: Policy, author: str, now: datetime
) -> Update:
    """Give a maintenance that has not begun another window; its notice starts anew and is classed anew.

    The wish stays what it was unless the draft brings another. Raises NoticeTooShort, Refused and Overtaken.
    """
    check_read(maintenance.updates, draft.after)
    _check_not_begun(maintenance, "moved")
    _check_window(draft, now)
    if draft.kind is None and maintenance.asked_kind is not None:
        draft = draft.model_copy(update={"kind": maintenance.asked_kind})
    check_reason(draft, policy)
    assessment = assess(session, draft, risk=maintenance.risk, policy=policy, now=now, but=maintenance.id)
    check_notice(assessment, draft.confirm)
    texts = _texts_of(session, maintenance, draft)
    old = {
        "old_starts_at": wire(maintenance.starts_at),
        "old_ends_at": wire(maintenance.ends_at),
        "starts_at": wire(draft.starts_at),
        "ends_at": wire(draft.ends_at),
    }
    maintenance.starts_at, maintenance.ends_at = draft.starts_at, draft.ends_at
    maintenance.asked_kind = draft.kind
    maintenance.sequence += 1
    keep_assessment(maintenance, assessment, draft, policy)
    update = add_update(
        session, maintenance, "moved", draft.body, texts, at=now, author=author, notify=draft.notify, details=old
    )
    advance(session, maintenance, now)
    return update


def cancel(session: Session, maintenance: Maintenance, draft: CancelDraft, *, author: str, now: datetime) -> Update:
    """Cancel a maintenance that has not begun. Raises TransitionRefused afterwards, and Overtaken."""
    check_read(maintenance.updates, draft.after)
    _check_not_begun(maintenance, "cancelled")
    texts = _texts_of(session, maintenance, draft)
    maintenance.status = MaintenanceStatus.CANCELLED
    maintenance.cancelled_at = now
    maintenance.sequence += 1
    return add_update(
        session, maintenance, "cancelled", draft.body, texts, at=now, author=author, notify=draft.notify
    )


def load_maintenance(session: Session, maintenance_id: str) -> Maintenance:
    """One maintenance with updates and components. Raises NotFound."""
    maintenance = session.scalar(select(Maintenance).where(Maintenance.id == maintenance_id).options(*_WHOLE))
    if maintenance is None or maintenance.withdrawn_at is not None:
        raise NotFound("maintenance", maintenance_id)
    return maintenance


def load_maintenances(
    session: Session,
    *,
    statuses: Sequence[MaintenanceStatus] = (),
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> Sequence[Maintenance]:
    """Maintenances, latest start first; `after` = (starts_at, id) of the last one already seen."""
    query = select(Maintenance).where(Maintenance.withdrawn_at.is_(None)).limit(limit)
    query = query.order_by(Maintenance.starts_at.desc(), Maintenance.id.desc())
    if statuses:
        query = query.where(Maintenance.status.in_(statuses))
    if after is not None:
        at, last_id = after
        query = query.where(
            or_(Maintenance.starts_at < at, and_(Maintenance.starts_at == at, Maintenance.id < last_id))
        )
    return session.scalars(query.options(*_WHOLE)).all()


def load_upcoming(session: Session, limit: int) -> Sequence[Maintenance]:
    """The maintenances that come next, soonest first, without their updates."""
    soonest = select(Maintenance).order_by(Maintenance.starts_at, Maintenance.id).limit(limit)
    return session.scalars(soonest.where(Maintenance.status == MaintenanceStatus.SCHEDULED)).all()


_WHOLE = (
    selectinload(Maintenance.updates).selectinload(Update.affected).joinedload(AffectedComponent.component),
    selectinload(Maintenance.components),
)


def _texts_of(
    session: Session, maintenance: Maintenance, draft: MaintenanceUpdateDraft | MoveDraft | CancelDraft
) -> Texts | None:
    """The text in further languages; a title is that of the maintenance from now on. Raises Refused."""
    check_translations(session, draft.translations)
    maintenance.texts = titles_in(draft.translations, maintenance.texts)
    return bodies_in(draft.translations)


def _reason_of(draft: MaintenanceDraft | MoveDraft, policy: Policy) -> str | None:
    """The reason given; where the policy knows just one, words alone stand for it."""
    known = policy.maintenance.late_needs_reason
    if draft.reason is None and draft.reason_text and len(known) == 1:
        return known[0]
    return draft.reason


def _check_window(draft: MaintenanceDraft | MoveDraft, now: datetime) -> None:
    problems = []
    if draft.starts_at < now and draft.kind in (MaintenanceKind.SCHEDULED, MaintenanceKind.REGULAR):
        problems.append(Problem("starts_at", f"{draft.kind.value} work cannot start in the past"))
    if draft.ends_at <= now:
        if not problems and draft.starts_at <= draft.ends_at:
            problems.append(Problem("starts_at", "lies in the past, and so does the end"))
        problems.append(Problem("ends_at", "the window is over already"))
    if problems:
        raise Refused(problems)


def check_reason(draft: MaintenanceDraft | MoveDraft, policy: Policy) -> None:
    """A reason that is given is one of the policy's, also where none is asked: it is kept and shown."""
    known = policy.maintenance.late_needs_reason
    if draft.reason and known and draft.reason not in known:
        raise Refused(
            Problem("reason", f"must be one of the policy's: {', '.join(known)}; other words go into reason_text"),
            {"reasons": list(known)},
        )


def _check_not_begun(maintenance: Maintenance, done: str) -> None:
    if maintenance.status is MaintenanceStatus.SCHEDULED:
        return
    hint = "; finish it, or announce a further maintenance" if maintenance.status.is_running else ""
    raise TransitionRefused(
        Problem("status", f"a maintenance that is {maintenance.status.value} cannot be {done}{hint}")
    )


def check_notice(assessment: NoticeAssessment, confirmed: bool) -> None:
    """Raises NoticeTooShort or Refused for what the policy refuses, and for warnings that nobody confirmed."""
    refusals = list(assessment.refusals)
    if assessment.confirm_required and not confirmed:
        refusals += assessment.warnings
    if not refusals:
        return
    facts: dict[str, Any] = {}
    problems = [Problem(issue.field, issue.message, issue.code) for issue in refusals]
    codes = {issue.code for issue in refusals}
    if assessment.confirm_required and not confirmed:
        facts["confirm_required"] = [issue.message for issue in assessment.warnings]
    if "notice_too_short" in codes:
        facts |= {
            "earliest_start": wire(assessment.earliest_start),
            "accepted_kinds": [MaintenanceKind.EMERGENCY.value],
            "would_be": {
                "kind": assessment.kind.value,
                "urgent": assessment.urgent,
                "reason_required": assessment.reason_required,
                "excluded_from_availability": assessment.excluded_from_availability,
            },
        }
    if assessment.reason_required:
        facts["reasons"] = list(assessment.reasons)
    raise (NoticeTooShort if "notice_too_short" in codes else Refused)(problems, facts)


def keep_assessment(
    maintenance: Maintenance, assessment: NoticeAssessment, draft: MaintenanceDraft | MoveDraft, policy: Policy
) -> None:
    """Write down what the policy made of the window."""
    maintenance.announced_at = assessment.announced_at
    maintenance.kind = assessment.kind
    maintenance.urgent = assessment.urgent
    maintenance.notice_required = str(assessment.required)
    maintenance.latest_notice_at = assessment.latest_notice_at
    maintenance.notice_met = assessment.met
    maintenance.excluded = assessment.excluded_from_availability
    maintenance.reason = _reason_of(draft, policy)
    maintenance.reason_text = draft.reason_text or None
    maintenance.texts = reasons_in(draft.translations, maintenance.texts)


def _event_of(current: MaintenanceStatus, new: MaintenanceStatus) -> str:
    if new is current:
        return "updated"
    if new is MaintenanceStatus.COMPLETED:
        return "finished"
    return "started" if current is MaintenanceStatus.SCHEDULED else "updated"
