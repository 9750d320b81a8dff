"""Verbs on posts that publish themselves at their time: updates, and announcements of maintenance.

A post is judged twice, both times as of the instant of its publishing: when it is planned, and again when its time
has come. What cannot be published then waits for an operator and says why; the clock never posts past a colleague.
Drafts of incidents have their own time (`proposals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from statuspage import audit, incidents, maintenance
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import IncidentStatus
from statuspage.domain.wallclock import wire
from statuspage.drafts import Draft, MaintenanceDraft, MaintenanceUpdateDraft, UpdateDraft, read_draft
from statuspage.errors import NotFound, Problem, Refused
from statuspage.identifiers import new_id
from statuspage.models import Incident, Maintenance, TimedPost
from statuspage.proposals import check_may_wait
from statuspage.unread import newest_id, posted_since
from statuspage.windows import BY_ITSELF

INCIDENT_UPDATE, MAINTENANCE, MAINTENANCE_UPDATE = "incident_update", "maintenance", "maintenance_update"
RESTORED = "restored from a backup: it may have been published before"


@dataclass(frozen=True)
class Planner:
    """Who plans a post, when it is to be published, by which policy, and now."""

    author: str
    publish_at: datetime
    policy: Policy
    now: datetime


def plan_update(session: Session, incident: Incident, draft: UpdateDraft, planner: Planner) -> TimedPost:
    """Have an update posted at its time. Raises Refused for what could not be posted then, as far as that is known,
    and for what the policy wants public at once."""
    _check_ahead(planner.publish_at, planner.now)
    incidents.check_update(session, incident, draft, policy=planner.policy, now=planner.publish_at)
    check_may_wait(session, draft.components or {}, planner.policy, field="publish_at")
    return _keep(session, INCIDENT_UPDATE, draft, planner, incident_id=incident.id, seen_status=incident.status.value)


def plan_maintenance(session: Session, draft: MaintenanceDraft, planner: Planner) -> TimedPost:
    """Have a maintenance announced at its time; notice and class are judged by that. Raises as schedule."""
    _check_ahead(planner.publish_at, planner.now)
    maintenance.check_schedule(session, draft, policy=planner.policy, now=planner.publish_at)
    return _keep(session, MAINTENANCE, draft, planner)


def plan_maintenance_update(
    session: Session, row: Maintenance, draft: MaintenanceUpdateDraft, planner: Planner
) -> TimedPost:
    """Have a word on a maintenance posted at its time, with its step. Raises Refused."""
    _check_ahead(planner.publish_at, planner.now)
    if draft.status is None or draft.status is row.status:
        maintenance.check_update(session, row, draft)
    else:  # the step may be one that the clock makes possible before
        maintenance.check_update(session, row, draft.model_copy(update={"status": None}))
    return _keep(session, MAINTENANCE_UPDATE, draft, planner, maintenance_id=row.id, seen_status=row.status.value)


def put_off(
    session: Session, row: TimedPost, publish_at: datetime, *, policy: Policy, author: str, now: datetime
) -> None:
    """Give it another time, judged as if it were planned now; its author stays. Raises Refused."""
    _check_ahead(publish_at, now)
    draft = draft_of(row)
    match draft:
        case UpdateDraft():
            incident = incidents.load_incident(session, str(row.incident_id))
            incidents.check_update(session, incident, draft, policy=policy, now=publish_at)
        case MaintenanceDraft():
            maintenance.check_schedule(session, draft, policy=policy, now=publish_at)
    details = {"publish_at": wire(publish_at), "before": wire(row.publish_at)}
    row.publish_at, row.held_at, row.held_because = publish_at, None, None
    audit.record(session, "timed.move", actor=author, target=row.id, details=details, now=now)
    session.flush()


def cancel(session: Session, row: TimedPost, *, author: str, now: datetime) -> None:
    """It is not published by itself any more; the audit log keeps its words."""
    details = {"publish_at": wire(row.publish_at), "kind": row.kind, "of": _of(row), "body": draft_of(row).body}
    audit.record(session, "timed.cancel", actor=author, target=row.id, details=details, now=now)
    session.delete(row)
    session.flush()


def cancel_of(session: Session, parent: Incident | Maintenance, *, author: str, now: datetime) -> None:
    """What was planned on an incident or a maintenance goes with it."""
    for row in load_timed(session, parent):
        cancel(session, row, author=author, now=now)


def is_anything_due(session: Session, now: datetime) -> bool:
    """Whether post_due would do something: a cheap question for every second."""
    return session.scalar(select(TimedPost.id).where(*_due(now)).limit(1)) is not None


def post_due(session: Session, *, policy: Policy, now: datetime) -> None:
    """Publish what is due, in the name of whoever wrote it. What is refused by now is held, with the reason."""
    due = select(TimedPost).where(*_due(now)).order_by(TimedPost.publish_at, TimedPost.created_at)
    for row in session.scalars(due.with_for_update()).all():
        try:
            posted = _post(session, row, policy=policy, now=now)
        except Refused as refused:
            hold(session, row, str(refused), now=now)
            continue
        details = {"posted": posted, "of": _of(row)}
        audit.record(session, "timed.post", actor=row.author, target=row.id, details=details, now=now)
        session.delete(row)
        session.flush()


def hold(session: Session, row: TimedPost, why: str, *, now: datetime) -> None:
    """Keep it from being published: it waits for an operator, who reads why on the board and on its incident."""
    row.held_at, row.held_because = now, why
    audit.record(session, "timed.hold", actor=row.author, target=row.id, details={"reason": why}, now=now)
    session.flush()


def hold_due(session: Session, why: str, *, now: datetime) -> None:
    """Hold all that would be published now."""
    for row in session.scalars(select(TimedPost).where(*_due(now))).all():
        hold(session, row, why, now=now)


def load_timed_post(session: Session, timed_id: str) -> TimedPost:
    """One post that waits. Raises NotFound."""
    row = session.get(TimedPost, timed_id)
    if row is None:
        raise NotFound("timed post", timed_id)
    return row


def load_timed(
    session: Session,
    parent: Incident | Maintenance | None = None,
    *,
    after: tuple[datetime, str] | None = None,
    limit: int = 500,
) -> Sequence[TimedPost]:
    """What waits for its time or was held, the next one first: all, or that of one incident or maintenance. `after` =
    (publish_at, id) of the last one already seen."""
    query = select(TimedPost).order_by(TimedPost.publish_at, TimedPost.id).limit(limit)
    if isinstance(parent, Incident):
        query = query.where(TimedPost.incident_id == parent.id)
    elif parent is not None:
        query = query.where(TimedPost.maintenance_id == parent.id)
    if after is not None:
        at, last_id = after
        query = query.where((TimedPost.publish_at > at) | ((TimedPost.publish_at == at) & (TimedPost.id > last_id)))
    return session.scalars(query).all()


def draft_of(row: TimedPost) -> UpdateDraft | MaintenanceDraft | MaintenanceUpdateDraft:
    """What it would say, as form, API and command line hand it in."""
    return read_draft(_DRAFTS[row.kind], row.fields)


def title_of(row: TimedPost) -> str:
    """What it is about: the title of its incident or maintenance, or of the one it announces."""
    parent = row.incident or row.maintenance
    return parent.title if parent is not None else str(row.fields["title"])


_DRAFTS: dict[str, type[UpdateDraft | MaintenanceDraft | MaintenanceUpdateDraft]] = {
    INCIDENT_UPDATE: UpdateDraft,
    MAINTENANCE: MaintenanceDraft,
    MAINTENANCE_UPDATE: MaintenanceUpdateDraft,
}


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return TimedPost.publish_at <= now, TimedPost.held_at.is_(None)


def _post(session: Session, row: TimedPost, *, policy: Policy, now: datetime) -> str:
    """Publish it; returns the id of what was posted. Raises Refused."""
    draft = draft_of(row)
    match draft:
        case UpdateDraft():
            incident = incidents.load_incident(session, str(row.incident_id))
            _check_not_ended(row, incident)
            return incidents.post_update(session, incident, draft, policy=policy, author=row.author, now=now).id
        case MaintenanceDraft():
            return maintenance.schedule(session, draft, policy=policy, author=row.author, now=now).id
    work = maintenance.load_maintenance(session, str(row.maintenance_id))
    # its own clock may have taken the steps that were announced: nobody's news to have missed
    missed = posted_since(work.updates, draft.after) if draft.after else ()
    if missed and all(update.author == BY_ITSELF for update in missed):
        draft = draft.model_copy(update={"after": newest_id(work.updates)})
    return maintenance.post_update(session, work, draft, author=row.author, now=now).id


def _check_not_ended(row: TimedPost, incident: Incident) -> None:
    seen = IncidentStatus(row.seen_status or incident.status)
    if seen.is_open and not incident.status.is_open:
        at = f" ({wire(incident.resolved_at)})" if incident.resolved_at else ""
        raise Refused(Problem("", f"the incident was resolved meanwhile{at}: read it, then post what is still true"))


def _check_ahead(publish_at: datetime, now: datetime) -> None:
    if publish_at <= now:
        raise Refused(Problem("publish_at", "must lie ahead; leave it out to publish now"))


def _keep(session: Session, kind: str, draft: Draft, planner: Planner, **of: Any) -> TimedPost:
    row = TimedPost(
        id=new_id(),
        kind=kind,
        fields=draft.model_dump(mode="json", exclude_unset=True, exclude={"publish_at"}),
        publish_at=planner.publish_at,
        created_at=planner.now,
        author=planner.author,
        **of,
    )
    session.add(row)
    session.flush()
    details = {"publish_at": wire(row.publish_at), "kind": kind, "of": _of(row)}
    audit.record(session, "timed.plan", actor=planner.author, target=row.id, details=details, now=planner.now)
    return row


def _of(row: TimedPost) -> str | None:
    return row.incident_id or row.maintenance_id
