"""Verbs on incidents: open and update. How they are read is in incident_records, by the same names here.

Each write happens inside a site_change; a refusal raises before anything is added. Component statuses are claims
of the incident (models.StatusChange): resolving lets go of them, and what another incident still holds stays held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage import customer_reports
from statuspage.claims import claim, current_statuses, repeat_claims
from statuspage.components import find_components
from statuspage.domain.lifecycle import incident_steps
from statuspage.domain.sla.cadence import public_since
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import Cause, ComponentStatus, IncidentStatus, Priority
from statuspage.domain.wallclock import wire
from statuspage.drafts import IncidentDraft, UpdateDraft
from statuspage.errors import Problem, Refused, TransitionRefused
from statuspage.identifiers import new_id
from statuspage.incident_records import components_held as components_held
from statuspage.incident_records import components_held_by as components_held_by
from statuspage.incident_records import load_incident as load_incident
from statuspage.incident_records import load_incidents as load_incidents
from statuspage.incident_records import next_due as next_due
from statuspage.models import AffectedComponent, Component, Incident, StatusChange, Update
from statuspage.notify.kinds import updates as news
from statuspage.tongues import bodies_in, check_translations, ended, titles_in
from statuspage.unread import NOTE as NOTE
from statuspage.unread import check_read
from statuspage.update_facts import facts_of

CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far in the future a start may lie before it is refused: a browser's or caller's clock runs ahead."""


def open_incident(session: Session, draft: IncidentDraft, *, policy: Policy, author: str, now: datetime) -> Incident:
    """Open an incident with its first update; public at once when the policy makes its priority public.

    Raises Refused: a priority the policy does not define, an unknown component, a start in the future, a status
    that cannot open an incident.
    """
    check_opening(session, draft, policy=policy, now=now)
    incident = add_row(session, draft, author=author, now=now)
    begin(session, incident, draft, policy=policy, author=author, now=now, ended_at=draft.resolved_at)
    return incident


def check_opening(session: Session, draft: IncidentDraft, *, policy: Policy, now: datetime) -> None:
    """Whether an incident can begin like this. Raises Refused as open_incident does."""
    _check_priority(draft.priority, policy)
    check_provider(draft.cause, draft.provider)
    _check_step(None, draft.status)
    _check_end(draft.status, draft.resolved_at, _check_start(draft.started_at, now), now)
    find_components(session, draft.components)
    check_translations(session, draft.translations)


def add_row(session: Session, draft: IncidentDraft, *, author: str, now: datetime) -> Incident:
    """The incident's row, which says nothing to anybody yet."""
    incident = Incident(
        id=new_id(),
        title=draft.title,
        texts=titles_in(draft.translations),
        priority=draft.priority,
        impact=draft.priority.impact,
        status=draft.status,
        cause=draft.cause,
        provider=draft.provider,
        started_at=_check_start(draft.started_at, now),
        created_at=now,
        updated_at=now,
        author=author,
    )
    session.add(incident)
    session.flush()
    return incident


def begin(
    session: Session,
    incident: Incident,
    draft: IncidentDraft,
    *,
    policy: Policy,
    author: str,
    now: datetime,
    ended_at: datetime | None = None,
) -> Update:
    """Post the first update of a row: what it says of components counts from its start, up to `ended_at` where it
    was over before anybody wrote of it; draft.status then is resolved."""
    down = interrupts(draft.components.values())
    incident.public_at = public_since(policy, None, now, draft.priority, interrupts=down)
    components = find_components(session, draft.components)
    public = incident.public_at is not None
    before = current_statuses(session, [c.id for c in components.values()], now, public=public)
    said = {components[slug]: status for slug, status in draft.components.items()}
    claim(session, said, incident, at=incident.started_at, author=author, now=now)
    incident.resolved_at = ended_at
    if ended_at is not None:
        over = dict.fromkeys(said, ComponentStatus.OPERATIONAL)
        claim(session, over, incident, at=max(ended_at, incident.started_at), author=author, now=now)
    update = _add_update(session, incident, "opened", draft.body, author=author, now=now, notify=draft.notify)
    update.texts = bodies_in(draft.translations)
    _record_affected(session, update, said, before)
    _apply_status(session, incident, draft.status, author=author, now=now)
    _enqueue(session, update, now)
    return update


def post_update(
    session: Session, incident: Incident, draft: UpdateDraft, *, policy: Policy, author: str, now: datetime
) -> Update:
    """Post a further update: status, components, priority and cause move with it.

    Raising an internal incident to a public priority makes it public for good; its earlier updates stay internal
    but for those ticked in `draft.publish_updates`. Raises Refused, TransitionRefused, or Overtaken where somebody
    posted after what its author has read; nothing is written then.
    """
    check_update(session, incident, draft, policy=policy, now=now)
    status, at = draft.status or incident.status, draft.resolved_at or now
    components = find_components(session, draft.components or {})
    earlier = _find_internal_updates(incident, draft.publish_updates)
    facts = facts_of(session, incident, draft, policy=policy, now=now)
    public_at = _public_since(incident, draft, policy, now)
    raised, public = public_at != incident.public_at, public_at is not None
    before = current_statuses(session, _component_ids(session, incident, components.values()), now, public=public)
    event = _event_of(incident, status, draft.priority)
    if draft.cause is not None and draft.cause is not incident.cause:
        incident.cause = draft.cause
        repeat_claims(session, incident, author=author, now=now)
    _name_provider(incident, draft.provider)
    _change_priority(incident, draft.priority)
    incident.public_at = public_at
    said = {components[slug]: new for slug, new in (draft.components or {}).items()}
    known = _held(session, incident) if raised else {}
    claim(session, said, incident, at=at, author=author, now=now)
    incident.updated_at = now
    incident.status = status
    body = ended(draft.body, facts.said)
    update = _add_update(session, incident, event, body, author=author, now=now, notify=draft.notify)
    update.details = facts.details
    update.texts = bodies_in(draft.translations, facts.said)
    incident.texts = titles_in(draft.translations, incident.texts)
    if incident.public_at is not None:
        for internal in earlier:
            internal.public_at = now
    released = _apply_status(session, incident, status, author=author, now=now, at=at)
    after = current_statuses(session, [c.id for c in released], now, public=public)
    _record_affected(session, update, {**known, **{c: after[c.id] for c in released}, **said}, before)
    _enqueue(session, update, now)
    return update


def check_update(session: Session, incident: Incident, draft: UpdateDraft, *, policy: Policy, now: datetime) -> None:
    """Whether an update can be posted at `now`; writes nothing. Raises as post_update does."""
    if incident.draft:
        raise Refused(Problem("", "the incident is a draft: publish it first"))
    check_read(incident.updates, draft.after)
    status = draft.status or incident.status
    _check_step(incident.status, status)
    if draft.priority is not None and draft.priority is not incident.priority:
        _check_priority(draft.priority, policy)
    check_provider(draft.cause or incident.cause, draft.provider)
    _check_restored(status, draft.components or {})
    _check_ended(session, incident, status, draft.resolved_at, now)
    find_components(session, draft.components or {})
    check_translations(session, draft.translations)
    _find_internal_updates(incident, draft.publish_updates)
    facts_of(session, incident, draft, policy=policy, now=now)


def add_note(session: Session, incident: Incident, body: str, *, author: str, now: datetime) -> Update:
    """Write something down that operators read in the timeline, and nobody else ever."""
    update = _add_update(session, incident, NOTE, body, author=author, now=now, notify=False)
    update.public_at = None
    session.flush()
    return update


def interrupts(statuses: Iterable[ComponentStatus]) -> bool:
    """Whether something is down: what the figures count as an interruption."""
    return ComponentStatus.MAJOR_OUTAGE in statuses


def check_provider(cause: Cause, provider: str | None) -> None:
    """A provider is named where it is the cause (IS26). Raises Refused."""
    if provider is not None and cause is not Cause.THIRD_PARTY:
        raise Refused(Problem("provider", f"only with the cause {Cause.THIRD_PARTY.value}"))


def _check_priority(priority: Priority, policy: Policy) -> None:
    defined = [p.id for p in policy.priorities]
    if priority not in defined:
        raise Refused(Problem("priority", f"the policy in force defines {', '.join(defined)} only"))


def _check_step(current: IncidentStatus | None, new: IncidentStatus) -> None:
    allowed = incident_steps(current)
    if new in allowed:
        return
    now = f"while it is {current.value}" if current else "when it is opened"
    raise TransitionRefused(
        Problem("status", f"an incident cannot be {new.value} {now}; possible: {', '.join(allowed)}")
    )


def _check_start(started_at: datetime | None, now: datetime) -> datetime:
    if started_at is None:
        return now
    if started_at > now + CLOCK_TOLERANCE:
        raise Refused(Problem("started_at", "an incident cannot start in the future"))
    return min(started_at, now)


def _check_end(status: IncidentStatus, ended_at: datetime | None, since: datetime, now: datetime) -> None:
    """Whether an incident can have been over then: it is resolved, and the end lies between `since` and now."""
    if ended_at is None:
        return
    if status is not IncidentStatus.RESOLVED:
        raise Refused(Problem("resolved_at", "only with the status resolved"))
    if ended_at > now:
        raise Refused(Problem("resolved_at", "must not lie ahead"))
    if ended_at < since:
        raise Refused(Problem("resolved_at", f"must not be before {wire(since)}"))


def _check_ended(
    session: Session, incident: Incident, status: IncidentStatus, ended_at: datetime | None, now: datetime
) -> None:
    """Whether an update can end its incident then; not before the last that the incident said of components."""
    if ended_at is None:
        return
    if not incident.status.is_open:
        raise Refused(Problem("resolved_at", "the incident is over already"))
    last = session.scalar(select(func.max(StatusChange.at)).where(StatusChange.incident_id == incident.id))
    _check_end(status, ended_at, max(incident.started_at, last or incident.started_at), now)


def _check_restored(status: IncidentStatus, said: Mapping[str, ComponentStatus]) -> None:
    if status.is_open:
        return
    held = [slug for slug, new in said.items() if new is not ComponentStatus.OPERATIONAL]
    if held:
        raise Refused(
            Problem(f"components.{slug}", "an incident that is resolved leaves every component operational")
            for slug in held
        )


def _find_internal_updates(incident: Incident, ids: Iterable[str]) -> list[Update]:
    by_id = {update.id: update for update in incident.updates if update.event != NOTE}
    unknown = [update_id for update_id in ids if update_id not in by_id]
    if unknown:
        raise Refused(Problem("publish_updates", f"the incident has no update {unknown[0]!r}"))
    return [by_id[i] for i in ids if by_id[i].public_at is None]


def _component_ids(session: Session, incident: Incident, named: Iterable[Component]) -> list[str]:
    held = session.scalars(select(StatusChange.component_id).where(StatusChange.incident_id == incident.id))
    return list({*held, *(component.id for component in named)})


def _event_of(incident: Incident, status: IncidentStatus, priority: Priority | None) -> str:
    if status is IncidentStatus.POSTMORTEM and incident.status is not status:
        return "postmortem"
    if status is IncidentStatus.RESOLVED and incident.status is not status:
        return "resolved"
    if status.is_open and not incident.status.is_open:
        return "reopened"
    if priority is not None and incident.priority is not None and priority is not incident.priority:
        return "raised" if priority < incident.priority else "lowered"
    return "updated"


def _change_priority(incident: Incident, priority: Priority | None) -> None:
    if priority is None or priority is incident.priority:
        return
    incident.priority = priority
    incident.impact = priority.impact


def _public_since(incident: Incident, draft: UpdateDraft, policy: Policy, now: datetime) -> datetime | None:
    """Since when the incident is public once this update is posted. What was kept internal is made public by another
    priority, or by a component that goes down."""
    down = interrupts((draft.components or {}).values())
    if draft.priority is None and not down:
        return incident.public_at
    priority = draft.priority or incident.priority
    return public_since(policy, incident.public_at, now, priority, interrupts=down)


def _name_provider(incident: Incident, provider: str | None) -> None:
    """The third party's name; it goes with the cause."""
    if incident.cause is not Cause.THIRD_PARTY:
        incident.provider = None
    elif provider is not None:
        incident.provider = provider


def _apply_status(
    session: Session,
    incident: Incident,
    status: IncidentStatus,
    *,
    author: str,
    now: datetime,
    at: datetime | None = None,
) -> list[Component]:
    """Stamp the lifecycle; a closed incident lets go of its components, `at` or now. Returns those it let go of."""
    at = at or now
    incident.status = status
    if status is IncidentStatus.MONITORING and incident.monitoring_at is None:
        incident.monitoring_at = now
    if status.is_open:
        if incident.resolved_at is not None:
            customer_reports.note_reopened(session, incident, author=author, now=now)
        incident.resolved_at = None
        return []
    if incident.resolved_at is None and incident.public_at is not None:
        customer_reports.note_restored(session, incident, author=author, now=now)
    incident.resolved_at = incident.resolved_at or at
    released = list(_held(session, incident))
    claim(session, dict.fromkeys(released, ComponentStatus.OPERATIONAL), incident, at=at, author=author, now=now)
    return released


def _held(session: Session, incident: Incident) -> dict[Component, ComponentStatus]:
    """The components the incident holds below operational."""
    said = {s: h for s, h in components_held(session, incident).items() if h is not ComponentStatus.OPERATIONAL}
    return {component: said[slug] for slug, component in find_components(session, said).items()}


def _add_update(
    session: Session, incident: Incident, event: str, body: str, *, author: str, now: datetime, notify: bool
) -> Update:
    update = Update(
        id=new_id(),
        incident_id=incident.id,
        event=event,
        status=incident.status.value,
        body=body,
        priority=incident.priority,
        posted_at=now,
        updated_at=now,
        public_at=now if incident.public_at is not None else None,
        sequence=max((each.sequence for each in incident.updates), default=-1) + 1,
        notify=notify,
        author=author,
    )
    incident.updates.append(update)
    session.flush()
    return update


def _record_affected(
    session: Session,
    update: Update,
    said: Mapping[Component, ComponentStatus],
    before: Mapping[str, ComponentStatus],
) -> None:
    for component, status in said.items():
        update.affected.append(
            AffectedComponent(component=component, old_status=before[component.id], new_status=status)
        )
    session.flush()


def _enqueue(session: Session, update: Update, now: datetime) -> None:
    if update.notify and update.public_at is not None:
        news.owe(session, update, now=now)
