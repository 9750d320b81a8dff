"""Verbs on maintenances: announce, update, move, cancel, and the worker's step that starts and ends windows.

The class is computed by the policy from the notice given (domain.sla.notice); what its author chose is a wish that
is refused when the notice is too short for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, selectinload

from statuspage.components import current_statuses, find_components
from statuspage.domain.lifecycle import maintenance_steps
from statuspage.domain.sla import notice
from statuspage.domain.sla.notice import NoticeAssessment
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import (
    Cause,
    ComponentStatus,
    MaintenanceKind,
    MaintenanceStatus,
    Risk,
)
from statuspage.drafts import CancelDraft, MaintenanceDraft, MaintenanceUpdateDraft, MoveDraft
from statuspage.errors import NotFound, NoticeTooShort, Problem, Refused, TransitionRefused
from statuspage.identifiers import new_id
from statuspage.models import AffectedComponent, Maintenance, StatusChange, Update
from statuspage.notify import outbox

BY_ITSELF = "statuspage"
"""Author of the steps that the clock takes."""


def assess(
    session: Session, draft: MaintenanceDraft | MoveDraft, *, risk: Risk, policy: Policy, now: datetime, but: str = ""
) -> NoticeAssessment:
    """What the policy makes of this window if it were announced now; `but` is the maintenance being moved."""
    others = session.scalars(
        select(Maintenance.starts_at).where(
            Maintenance.kind == MaintenanceKind.REGULAR,
            Maintenance.status != MaintenanceStatus.CANCELLED,
            Maintenance.id != but,
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
    components = find_components(session, draft.components)
    _check_window(draft, now)
    assessment = assess(session, draft, risk=draft.risk, policy=policy, now=now)
    _check_notice(assessment, draft.confirm)
    maintenance = Maintenance(
        id=new_id(),
        title=draft.title,
        asked_kind=draft.kind,
        risk=draft.risk,
        status=MaintenanceStatus.SCHEDULED,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        created_at=now,
        updated_at=now,
        author=author,
        components=list(components.values()),
    )
    _keep_assessment(maintenance, assessment, draft, policy)
    session.add(maintenance)
    session.flush()
    _add_update(session, maintenance, "announced", draft.body, at=now, author=author, notify=draft.notify)
    _advance(session, maintenance, now)
    return maintenance


def post_update(
    session: Session,
    maintenance: Maintenance,
    draft: MaintenanceUpdateDraft,
    *,
    policy: Policy,
    author: str,
    now: datetime,
) -> Update:
    """Post a word on a maintenance; with a status, begin early, verify or finish it now."""
    status = draft.status or maintenance.status
    allowed = maintenance_steps(maintenance.status)
    if status not in allowed:
        possible = f"possible: {', '.join(allowed)}" if allowed else "nothing more can happen to it"
        message = f"a maintenance that is {maintenance.status.value} cannot be {status.value}; {possible}"
        raise TransitionRefused(Problem("status", message))
    event, stays = _event_of(maintenance.status, status), status is maintenance.status
    affected = {} if stays else _enter(session, maintenance, status, at=now, author=author)
    return _add_update(
        session, maintenance, event, draft.body, at=now, author=author, notify=draft.notify, affected=affected
    )


def move(
    session: Session, maintenance: Maintenance, draft: MoveDraft, *, policy: Policy, author: str, now: datetime
) -> Update:
    """Give a maintenance that has not begun another window; its notice starts anew and is classed anew.

    The wish stays what it was unless the draft brings another. Raises NoticeTooShort and Refused.
    """
    _check_not_begun(maintenance, "moved")
    _check_window(draft, now)
    if draft.kind is None and maintenance.asked_kind is not None:
        draft = draft.model_copy(update={"kind": maintenance.asked_kind})
    assessment = assess(session, draft, risk=maintenance.risk, policy=policy, now=now, but=maintenance.id)
    _check_notice(assessment, draft.confirm)
    old = {
        "old_starts_at": _iso(maintenance.starts_at),
        "old_ends_at": _iso(maintenance.ends_at),
        "starts_at": _iso(draft.starts_at),
        "ends_at": _iso(draft.ends_at),
    }
    maintenance.starts_at, maintenance.ends_at = draft.starts_at, draft.ends_at
    maintenance.asked_kind = draft.kind
    maintenance.sequence += 1
    _keep_assessment(maintenance, assessment, draft, policy)
    update = _add_update(
        session, maintenance, "moved", draft.body, at=now, author=author, notify=draft.notify, details=old
    )
    _advance(session, maintenance, now)
    return update


def cancel(
    session: Session, maintenance: Maintenance, draft: CancelDraft, *, policy: Policy, author: str, now: datetime
) -> Update:
    """Cancel a maintenance that has not begun. Raises TransitionRefused afterwards."""
    _check_not_begun(maintenance, "cancelled")
    maintenance.status = MaintenanceStatus.CANCELLED
    maintenance.cancelled_at = now
    maintenance.sequence += 1
    return _add_update(session, maintenance, "cancelled", draft.body, at=now, author=author, notify=draft.notify)


def advance_due(session: Session, *, now: datetime) -> list[Update]:
    """Start and end what is due, stamped with the time it was due; nothing twice, however late or often it runs."""
    due = session.scalars(
        select(Maintenance)
        .where(
            or_(
                and_(Maintenance.status == MaintenanceStatus.SCHEDULED, Maintenance.starts_at <= now),
                and_(Maintenance.status.in_(_RUNNING), Maintenance.ends_at <= now),
            )
        )
        .order_by(Maintenance.starts_at)
        .with_for_update()
    ).all()
    return [update for maintenance in due for update in _advance(session, maintenance, now)]


def is_anything_due(session: Session, now: datetime) -> bool:
    """Whether advance_due would do something: a cheap question for every second."""
    return bool(
        session.scalar(
            select(Maintenance.id)
            .where(
                or_(
                    and_(Maintenance.status == MaintenanceStatus.SCHEDULED, Maintenance.starts_at <= now),
                    and_(Maintenance.status.in_(_RUNNING), Maintenance.ends_at <= now),
                )
            )
            .limit(1)
        )
    )


def load_maintenance(session: Session, maintenance_id: str) -> Maintenance:
    """One maintenance with updates and components. Raises NotFound."""
    maintenance = session.scalar(select(Maintenance).where(Maintenance.id == maintenance_id).options(*_WHOLE))
    if maintenance is None:
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
    query = select(Maintenance).order_by(Maintenance.starts_at.desc(), Maintenance.id.desc()).limit(limit)
    if statuses:
        query = query.where(Maintenance.status.in_(statuses))
    if after is not None:
        at, last_id = after
        query = query.where(
            or_(Maintenance.starts_at < at, and_(Maintenance.starts_at == at, Maintenance.id < last_id))
        )
    return session.scalars(query.options(*_WHOLE)).all()


_RUNNING = [status for status in MaintenanceStatus if status.is_running]
_WHOLE = (
    selectinload(Maintenance.updates).selectinload(Update.affected).joinedload(AffectedComponent.component),
    selectinload(Maintenance.components),
)


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
        problems.append(Problem("ends_at", "the window is over already"))
    if problems:
        raise Refused(problems)


def _check_not_begun(maintenance: Maintenance, done: str) -> None:
    if maintenance.status is MaintenanceStatus.SCHEDULED:
        return
    hint = "; finish it, or announce a further maintenance" if maintenance.status.is_running else ""
    raise TransitionRefused(
        Problem("status", f"a maintenance that is {maintenance.status.value} cannot be {done}{hint}")
    )


def _check_notice(assessment: NoticeAssessment, confirmed: bool) -> None:
    refusals = list(assessment.refusals)
    if assessment.confirm_required and not confirmed:
        refusals += assessment.warnings
    if not refusals:
        return
    facts: dict[str, Any] = {}
    problems = [Problem(issue.field, issue.message) for issue in refusals]
    codes = {issue.code for issue in refusals}
    if assessment.confirm_required and not confirmed:
        facts["confirm_required"] = [issue.message for issue in assessment.warnings]
    if "notice_too_short" in codes:
        facts |= {
            "earliest_start": _iso(assessment.earliest_start),
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


def _keep_assessment(
    maintenance: Maintenance, assessment: NoticeAssessment, draft: MaintenanceDraft | MoveDraft, policy: Policy
) -> None:
    maintenance.announced_at = assessment.announced_at
    maintenance.kind = assessment.kind
    maintenance.urgent = assessment.urgent
    maintenance.notice_required = str(assessment.required)
    maintenance.latest_notice_at = assessment.latest_notice_at
    maintenance.notice_met = assessment.met
    maintenance.excluded = assessment.excluded_from_availability
    maintenance.reason = _reason_of(draft, policy)
    maintenance.reason_text = draft.reason_text or None


def _event_of(current: MaintenanceStatus, new: MaintenanceStatus) -> str:
    if new is current:
        return "updated"
    if new is MaintenanceStatus.COMPLETED:
        return "finished"
    return "started" if current is MaintenanceStatus.SCHEDULED else "updated"


def _advance(session: Session, maintenance: Maintenance, now: datetime) -> list[Update]:
    steps = []
    if maintenance.status is MaintenanceStatus.SCHEDULED and maintenance.starts_at <= now:
        steps.append((MaintenanceStatus.IN_PROGRESS, max(maintenance.starts_at, maintenance.announced_at), "started"))
    if maintenance.ends_at <= now:
        steps.append((MaintenanceStatus.COMPLETED, maintenance.ends_at, "finished"))
    updates = []
    for status, at, event in steps:
        affected = _enter(session, maintenance, status, at=at, author=BY_ITSELF)
        updates.append(
            _add_update(
                session,
                maintenance,
                event,
                _WORDS[event],
                at=at,
                author=BY_ITSELF,
                notify=True,
                affected=affected,
            )
        )
    return updates


_WORDS = {
    "started": "The maintenance has begun as announced.",
    "finished": "The maintenance window is over.",
}


def _enter(
    session: Session, maintenance: Maintenance, status: MaintenanceStatus, *, at: datetime, author: str
) -> dict[str, tuple[ComponentStatus, ComponentStatus]]:
    """Take the step; the components turn to under_maintenance or are let go. Returns old and new by component id."""
    ids = [component.id for component in maintenance.components]
    before = current_statuses(session, ids, at)
    if status is MaintenanceStatus.COMPLETED:
        maintenance.completed_at = at
        _claim(session, maintenance, ComponentStatus.OPERATIONAL, at=at, author=author)
    elif maintenance.began_at is None:
        maintenance.began_at = at
        _claim(session, maintenance, ComponentStatus.UNDER_MAINTENANCE, at=at, author=author)
    maintenance.status = status
    session.flush()
    after = current_statuses(session, ids, at)
    return {component_id: (before[component_id], after[component_id]) for component_id in ids}


def _claim(session: Session, maintenance: Maintenance, status: ComponentStatus, *, at: datetime, author: str) -> None:
    for component in maintenance.components:
        component.updated_at = at
        session.add(
            StatusChange(
                component_id=component.id,
                maintenance_id=maintenance.id,
                at=at,
                status=status,
                cause=Cause.OWN,
                author=author,
                recorded_at=at,
            )
        )
    session.flush()


def _add_update(
    session: Session,
    maintenance: Maintenance,
    event: str,
    body: str,
    *,
    at: datetime,
    author: str,
    notify: bool,
    affected: dict[str, tuple[ComponentStatus, ComponentStatus]] | None = None,
    details: dict[str, Any] | None = None,
) -> Update:
    maintenance.updated_at = at
    update = Update(
        id=new_id(),
        maintenance_id=maintenance.id,
        event=event,
        status=maintenance.status.value,
        body=body,
        details=details,
        posted_at=at,
        updated_at=at,
        public_at=at,
        sequence=len(maintenance.updates),
        notify=notify,
        author=author,
        affected=[
            AffectedComponent(component_id=component_id, old_status=old, new_status=new)
            for component_id, (old, new) in (affected or {}).items()
        ],
    )
    maintenance.updates.append(update)
    session.flush()
    if notify:
        outbox.enqueue_update(session, update, now=at)
    return update


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
