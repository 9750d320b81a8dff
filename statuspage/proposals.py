"""Verbs on draft incidents: kept for later or proposed by a measurement, seen by operators alone.

A draft is a row of `incident` that says nothing to anybody: it claims no status, owes no mail and has no clock. What
it would say stands in its first update. Publishing it is posting it, by the verb that posts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from statuspage import audit
from statuspage.components import find_components
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import Cause, ComponentStatus, IncidentStatus, Priority
from statuspage.domain.wallclock import wire
from statuspage.drafts import IncidentChange, IncidentDraft, read_draft
from statuspage.errors import Problem, Refused
from statuspage.identifiers import new_id
from statuspage.incidents import add_note, add_row, begin, check_opening, interrupts, load_incidents
from statuspage.models import AffectedComponent, Incident, Update
from statuspage.tongues import bodies_in, titles_in, translations_of

DRAFTED = "drafted"
"""The event of the update that holds what a draft would say."""


def keep(session: Session, draft: IncidentDraft, *, policy: Policy, author: str, now: datetime) -> Incident:
    """Keep an incident as a draft. Raises Refused for what could not be published, or may not be kept."""
    check_opening(session, draft, policy=policy, now=now)
    check_may_wait(session, draft.components, policy)
    incident = add_row(session, draft, author=author, now=now)
    incident.draft = True
    incident.resolved_at = draft.resolved_at
    _write(session, incident, draft, author=author, now=now)
    return incident


def change(
    session: Session, incident: Incident, wanted: IncidentChange, *, policy: Policy, author: str, now: datetime
) -> Incident:
    """Change what is given of a draft. Raises Refused for what is published already, or could not be."""
    _check_draft(incident)
    given = {name: getattr(wanted, name) for name in wanted.model_fields_set - {"publish_at"}}
    if "publish_at" in wanted.model_fields_set:
        publish_later(session, incident, wanted.publish_at, author=author, now=now)
        if not given:
            return incident
    empty = [name for name, value in given.items() if value is None and name not in ("provider", "resolved_at")]
    if empty:
        raise Refused(Problem(name, "must not be null") for name in empty)
    draft = draft_of(incident).model_copy(update=given)
    if draft.cause is not Cause.THIRD_PARTY and "provider" not in given:
        draft = draft.model_copy(update={"provider": None})
    check_opening(session, draft, policy=policy, now=now)
    check_may_wait(session, draft.components, policy)
    incident.title, incident.cause, incident.status = draft.title, draft.cause, draft.status
    incident.provider = draft.provider
    incident.priority, incident.impact = draft.priority, draft.priority.impact
    incident.texts = titles_in(draft.translations)
    incident.started_at = min(draft.started_at or incident.started_at, now)
    if "resolved_at" in given:
        incident.resolved_at = draft.resolved_at
    incident.updated_at = now
    _erase(session, incident)
    _write(session, incident, draft, author=author, now=now)
    return incident


def publish_later(
    session: Session, incident: Incident, publish_at: datetime | None, *, author: str, now: datetime
) -> None:
    """Have a draft published at an instant that lies ahead, or (None) by nobody but an operator. Raises Refused."""
    _check_draft(incident)
    if publish_at is not None and publish_at <= now:
        raise Refused(Problem("publish_at", "must lie ahead; to publish it now, publish it"))
    incident.publish_at = publish_at
    details = {"publish_at": publish_at and wire(publish_at)}
    audit.record(session, "incident.publish_later", actor=author, target=incident.id, details=details, now=now)
    session.flush()


def is_anything_due(session: Session, now: datetime) -> bool:
    """Whether publish_due would do something: a cheap question for every second."""
    return session.scalar(select(Incident.id).where(*_due(now)).limit(1)) is not None


def publish_due(session: Session, *, policy: Policy, now: datetime) -> list[Update]:
    """Post the drafts whose time has come, in the name of whoever wrote them. One that nobody gave an earlier start
    begins now. What is refused by now waits for an operator, with a note that says why."""
    posted = []
    for incident in session.scalars(select(Incident).where(*_due(now)).with_for_update()).all():
        author = _held(incident).author or "schedule"
        incident.publish_at = None
        if incident.started_at == incident.created_at:
            incident.started_at = now
        try:
            posted.append(publish(session, incident, policy=policy, author=author, now=now))
        except Refused as refused:
            add_note(session, incident, f"Not published at its time: {refused}.", author=author, now=now)
    return posted


def hold_due(session: Session, why: str, *, author: str, now: datetime) -> None:
    """Take the time away from the drafts that would be published now, with a note that says why."""
    for incident in session.scalars(select(Incident).where(*_due(now))).all():
        incident.publish_at = None
        add_note(session, incident, f"Not published at its time: {why}.", author=author, now=now)


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Incident.draft.is_(True), Incident.publish_at <= now


def publish(session: Session, incident: Incident, *, policy: Policy, author: str, now: datetime) -> Update:
    """Post a draft as it stands: an incident like any other from now on, which began when it is said to have begun.

    One that was over before anybody published it is posted as resolved, with both its instants. Raises Refused.
    """
    _check_draft(incident)
    draft = draft_of(incident)
    over = max(incident.resolved_at, incident.started_at) if incident.resolved_at else None
    if over is not None:
        draft = draft.model_copy(update={"status": IncidentStatus.RESOLVED})
    check_opening(session, draft, policy=policy, now=now)
    _erase(session, incident)
    incident.draft = False
    incident.publish_at = None
    incident.updated_at = now
    return begin(session, incident, draft, policy=policy, author=author, now=now, ended_at=over)


def discard(session: Session, incident: Incident, reason: str, *, author: str, now: datetime) -> None:
    """Throw a draft away; the audit log keeps its title, its start and the reason. Raises Refused."""
    _check_draft(incident)
    if not reason.strip():
        raise Refused(Problem("reason", "say why: the activity log keeps it"))
    began = incident.started_at.isoformat()
    details = {"title": incident.title, "started_at": began, "reason": reason.strip()[:1000]}
    audit.record(session, "incident.discard", actor=author, target=incident.id, details=details, now=now)
    _erase(session, incident, everything=True)
    session.delete(incident)
    session.flush()


def draft_of(incident: Incident) -> IncidentDraft:
    """What a draft would say, as the form, the API and the command line hand it in."""
    held = _held(incident)
    return read_draft(
        IncidentDraft,
        {
            "title": incident.title,
            "priority": incident.priority or Priority.P1,
            "status": incident.status,
            "body": held.body,
            "components": components_of(incident),
            "cause": incident.cause,
            "provider": incident.provider,
            "started_at": incident.started_at,
            "notify": held.notify,
            "translations": translations_of(incident.texts, held.texts),
        },
    )


def components_of(incident: Incident) -> dict[str, ComponentStatus]:
    """What a draft would say of components, by slug."""
    return {each.component.slug: each.new_status for each in _held(incident).affected}


def load_proposals(session: Session, limit: int = 100) -> Sequence[Incident]:
    """The drafts, latest start first."""
    return load_incidents(session, drafts=True, limit=limit)


def check_may_wait(
    session: Session, said: Mapping[str, ComponentStatus], policy: Policy, *, field: str = "draft"
) -> None:
    """Whether the policy lets this be kept from the public for now (IS28); a hidden component is on no page. Raises
    Refused, naming the `field` that asks for it."""
    if not policy.incidents.interruptions_public:
        return
    shown = [each for slug, each in find_components(session, said).items() if not each.hidden]
    if interrupts(said[each.slug] for each in shown):
        message = "the policy wants every interruption on the page at once: publish it, or say that nothing is down"
        raise Refused(Problem(field, message))


def _check_draft(incident: Incident) -> None:
    if not incident.draft:
        raise Refused(Problem("", "the incident is published already"))


def _held(incident: Incident) -> Update:
    return next(update for update in incident.updates if update.event == DRAFTED)


def _write(session: Session, incident: Incident, draft: IncidentDraft, *, author: str, now: datetime) -> None:
    """The update that holds the words. Its components are no claims: nothing shows or counts them."""
    update = Update(
        id=new_id(),
        event=DRAFTED,
        status=draft.status.value,
        body=draft.body,
        texts=bodies_in(draft.translations),
        priority=draft.priority,
        posted_at=now,
        updated_at=now,
        notify=draft.notify,
        author=author,
    )
    incident.updates.append(update)
    for slug, component in find_components(session, draft.components).items():
        before, after = ComponentStatus.OPERATIONAL, draft.components[slug]
        update.affected.append(AffectedComponent(component=component, old_status=before, new_status=after))
    session.flush()


def _erase(session: Session, incident: Incident, *, everything: bool = False) -> None:
    """Forget the held words, or (`everything`) all that was ever noted on the draft."""
    gone = [update.id for update in incident.updates if everything or update.event == DRAFTED]
    session.execute(delete(AffectedComponent).where(AffectedComponent.update_id.in_(gone)))
    session.execute(delete(Update).where(Update.id.in_(gone)))
    session.expire(incident, ["updates"])
