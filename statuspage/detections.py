"""From measurement to words: what goes down by measurement opens a draft incident, tells the operators, and where
the component publishes itself is posted, and resolved after recovery, in plain words.

`follow` compares what measurements say now with the outages that are written down (models.Detection) and does what is
missing, so it may be called as often as one likes, by whoever measured something and by the worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import detection_words, proposals, recoveries
from statuspage.claims import muted_components
from statuspage.clocks import load_addresses
from statuspage.components import load_page
from statuspage.detection_words import Told
from statuspage.domain.detection import (
    TOGETHER,
    Reading,
    goes_on,
    priority_of_severity,
    proposed_priority,
    scope_of,
)
from statuspage.domain.sla.cadence import RingKind, is_public
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import ComponentStatus, IncidentStatus, Priority
from statuspage.drafts import IncidentChange, IncidentDraft, UpdateDraft
from statuspage.incidents import add_note, components_held, interrupts, open_incident, post_update
from statuspage.models import Alert, ClockRing, Component, Detection, Incident
from statuspage.notify.kinds import alarms
from statuspage.readings import load_firing, load_readings, recovered_at
from statuspage.recoveries import AUTHOR


@dataclass(frozen=True)
class _Down:
    """One subject that went down: its component where it is one, and the alerts that say so."""

    reading: Reading
    component: Component | None
    alerts: Sequence[Alert]

    @property
    def since(self) -> datetime:
        assert self.reading.since is not None
        return self.reading.since


def is_anything_new(session: Session, now: datetime) -> bool:
    """Whether follow would do something: a cheap question for every second."""
    readings = load_readings(session)
    open_ = _open(session)
    if any(reading.is_down and subject not in open_ for subject, reading in readings.items()):
        return bool(_fresh(session, readings, open_, now))
    return any(_has_recovered(readings, subject) for subject in open_) or bool(recoveries.unsettled(session, now))


def follow(session: Session, *, policy: Policy, now: datetime) -> None:
    """Begin, go on with and end the incidents of measured outages, as measurements say now."""
    readings = load_readings(session)
    open_ = _open(session)
    ended = [row for subject, row in open_.items() if _has_recovered(readings, subject)]
    for row in ended:
        row.ended_at = max(recovered_at(session, row.subject, row.began_at, now), row.began_at)
    session.flush()
    fresh = _fresh(session, readings, open_, now)
    for down in _by_service(fresh):
        _begin(session, down, readings, policy, now)
    for incident in {row.incident.id: row.incident for row in ended if row.incident is not None}.values():
        recoveries.note(session, incident, ended, now)
    for incident in recoveries.unsettled(session, now):
        recoveries.resolve(session, incident, policy=policy, now=now)
    recoveries.let_go(session, ended, now)


def _open(session: Session) -> dict[str, Detection]:
    return {row.subject: row for row in session.scalars(select(Detection).where(Detection.ended_at.is_(None)))}


def _has_recovered(readings: Mapping[str, Reading], subject: str) -> bool:
    reading = readings.get(subject)
    return reading is None or not (reading.is_down or reading.held)


def _fresh(
    session: Session, readings: Mapping[str, Reading], open_: Mapping[str, Detection], now: datetime
) -> list[_Down]:
    """What is down and not written down yet. Announced work mutes."""
    fresh = {subject for subject, reading in readings.items() if reading.is_down and subject not in open_}
    if not fresh:
        return []
    components = {c.id: c for c in session.scalars(select(Component).where(Component.id.in_(fresh)))}
    muted = muted_components(session, components, now) if components else set()
    firing = load_firing(session, fresh)
    return [
        _Down(readings[subject], components.get(subject), firing.get(subject, ()))
        for subject in sorted(fresh - muted)
    ]


def _by_service(fresh: Iterable[_Down]) -> list[list[_Down]]:
    """What shares an incident: the visible components of a service; all else stands alone."""
    groups: dict[str, list[_Down]] = {}
    for down in fresh:
        groups.setdefault(_key(down), []).append(down)
    return list(groups.values())


def _key(down: _Down) -> str:
    component = down.component
    shared = component is not None and component.service and not component.hidden
    return f"{component.service} {component.publishes_itself}" if component and shared else down.reading.subject


def _begin(
    session: Session, group: list[_Down], readings: Mapping[str, Reading], policy: Policy, now: datetime
) -> None:
    new = [down for down in group if not _goes_on(session, down, policy, now) and not _is_named(session, down, now)]
    if not new:
        return
    shared = _shared_incident(session, new[0], now)
    if shared is not None and _join(session, shared, new, readings, policy, now):
        return
    must_show = _may_not_wait(new, policy)
    told = _told(session, new, public=must_show)
    priority = _priority(session, new, readings, policy)
    draft = IncidentDraft(
        title=told.title,
        priority=priority,
        body=told.body,
        components=_said(new),
        started_at=min(down.since for down in new),
    )
    if must_show or (_publishes_itself(new) and is_public(policy, priority)):
        incident = open_incident(session, draft, policy=policy, author=AUTHOR, now=now)
    else:
        incident = proposals.keep(session, draft, policy=policy, author=AUTHOR, now=now)
    for down in new:
        _write_down(session, down, incident)
    _note_alerts(session, incident, new, now)
    _tell(session, incident, now)


def _goes_on(session: Session, down: _Down, policy: Policy, now: datetime) -> bool:
    """Whether it failed a moment ago as well: then it is the same trouble, and the same incident."""
    last = session.scalar(
        select(Detection)
        .where(Detection.subject == down.reading.subject)
        .order_by(Detection.ended_at.desc(), Detection.id.desc())
        .limit(1)
    )
    if last is None or not goes_on(last.ended_at, now):
        return False
    incident = last.incident
    if incident is not None and incident.withdrawn_at is not None:
        return False
    if incident is not None and not (
        incident.draft or incident.status.is_open or recoveries.is_ours(session, incident)
    ):
        return False  # an operator ended it: this is news
    _write_down(session, down, incident)
    if incident is None:
        return True
    told = _told(session, [down])
    if incident.draft:
        incident.resolved_at = None
    if incident.draft or incident.status.is_open:
        if len(recoveries.detections_of(session, incident)) <= _NOTED:
            add_note(session, incident, told.again, author=AUTHOR, now=now)
        if not incident.draft and down.component is not None:
            said = {down.component: down.reading.status}
            recoveries.hold_again(session, incident, said, at=down.since, now=now)
        return True
    again = UpdateDraft(status=IncidentStatus.INVESTIGATING, body=told.again, components=_said([down]))
    post_update(session, incident, again, policy=policy, author=AUTHOR, now=now)
    return True


def _was_ended_by_an_operator(session: Session, incident: Incident) -> bool:
    return not (incident.draft or incident.status.is_open or recoveries.is_ours(session, incident))


_NOTED = 20
"""A component that flaps all day fills no timeline."""


def _is_named(session: Session, down: _Down, now: datetime) -> bool:
    """Whether an open incident, or a draft, names the component already: operators read a note there, no more."""
    component = down.component
    if component is None:
        return False
    incident = _naming(session, component)
    if incident is None:
        return False
    _write_down(session, down, incident)
    add_note(session, incident, _told(session, [down]).noted, author=AUTHOR, now=now)
    return True


def _naming(session: Session, component: Component) -> Incident | None:
    open_ = select(Incident).where(
        Incident.status.in_([s for s in IncidentStatus if s.is_open]), Incident.resolved_at.is_(None)
    )
    for incident in session.scalars(open_.order_by(Incident.started_at.desc())):
        said = proposals.components_of(incident) if incident.draft else components_held(session, incident)
        if said.get(component.slug, ComponentStatus.OPERATIONAL) is not ComponentStatus.OPERATIONAL:
            return incident
    return None


def _shared_incident(session: Session, down: _Down, now: datetime) -> Incident | None:
    """The incident that another component of the same service began a moment ago and that goes on."""
    component = down.component
    if component is None or not component.service or component.hidden:
        return None
    rows = session.scalars(
        select(Detection)
        .join(Component, Component.id == Detection.component_id)
        .where(
            Component.service == component.service,
            Component.hidden.is_(False),
            Detection.ended_at.is_(None),
            Detection.began_at > now - TOGETHER,
        )
        .order_by(Detection.began_at)
    )
    ours = [row.incident for row in rows if row.incident is not None and row.incident.author == AUTHOR]
    return next((incident for incident in ours if incident.status.is_open), None)


def _join(
    session: Session,
    incident: Incident,
    new: list[_Down],
    readings: Mapping[str, Reading],
    policy: Policy,
    now: datetime,
) -> bool:
    """Name further components in an incident of ours. A published one takes in only what publishes itself, or what
    may not wait: then a draft is published first."""
    must_show = _may_not_wait(new, policy)
    if not (incident.draft or must_show or _publishes_itself(new)):
        return False
    priority = _priority(session, new, readings, policy)
    grown = incident.priority is None or priority < incident.priority
    told = _told(session, new, public=must_show)
    if incident.draft and must_show:
        proposals.publish(session, incident, policy=policy, author=AUTHOR, now=now)
    if incident.draft:
        held = {**proposals.components_of(incident), **_said(new)}
        change = IncidentChange(components=held, **({"priority": priority} if grown else {}))
        proposals.change(session, incident, change, policy=policy, author=AUTHOR, now=now)
        add_note(session, incident, told.also, author=AUTHOR, now=now)
    else:
        further = UpdateDraft(body=told.also, components=_said(new), priority=priority if grown else None)
        post_update(session, incident, further, policy=policy, author=AUTHOR, now=now)
    for down in new:
        _write_down(session, down, incident)
    _note_alerts(session, incident, new, now)
    if grown:
        _tell(session, incident, now, step=len(recoveries.detections_of(session, incident)))
    return True


def _write_down(session: Session, down: _Down, incident: Incident | None) -> None:
    component_id = down.component.id if down.component else None
    row = Detection(subject=down.reading.subject, component_id=component_id, began_at=down.since)
    row.incident = incident
    session.add(row)
    session.flush()


def _priority(session: Session, new: Sequence[_Down], readings: Mapping[str, Reading], policy: Policy) -> Priority:
    """The gravest that scope or the alerts' own words propose."""
    return min(_priority_of(session, down, readings, policy) for down in new)


def _priority_of(session: Session, down: _Down, readings: Mapping[str, Reading], policy: Policy) -> Priority:
    worded = priority_of_severity(policy, down.reading.severity)
    if worded is not None:
        return worded
    component = down.component
    if component is None:
        return proposed_priority(policy, scope_of((), ("",), "all"))
    members = {component.id}
    if component.service:
        members |= set(
            session.scalars(
                select(Component.id).where(Component.service == component.service, Component.beta.is_(False))
            )
        )
    out = {each for each in members if each in readings and readings[each].is_down}
    service = policy.service(component.service)
    scope = scope_of(out, members, service.rule if service else "all")
    return proposed_priority(policy, scope, beta=component.beta)


def _publishes_itself(new: Sequence[_Down]) -> bool:
    return all(d.component is not None and d.component.publishes_itself and not d.component.hidden for d in new)


def _may_not_wait(new: Sequence[_Down], policy: Policy) -> bool:
    """Whether the policy wants it on the page without an operator: a component that is shown is down (IS28)."""
    shown = [down.reading.status for down in new if down.component is not None and not down.component.hidden]
    return policy.incidents.interruptions_public and interrupts(shown)


def _said(new: Sequence[_Down]) -> dict[str, ComponentStatus]:
    return {down.component.slug: down.reading.status for down in new if down.component is not None}


def _told(session: Session, new: Sequence[_Down], *, public: bool = False) -> Told:
    titles = [] if public or _publishes_itself(new) else [alert.title for down in new for alert in down.alerts]
    names = [down.component.name for down in new if down.component is not None]
    worst = max((down.reading.status for down in new), key=lambda status: status.severity)
    return detection_words.tell(load_page(session), names, titles, worst, min(down.since for down in new))


def _note_alerts(session: Session, incident: Incident, new: Sequence[_Down], now: datetime) -> None:
    """What outside monitors said, for operators alone: their words are not ours to publish."""
    alerts = [alert for down in new for alert in down.alerts]
    if alerts:
        add_note(session, incident, detection_words.note_of_alerts(alerts), author=AUTHOR, now=now)


def _tell(session: Session, incident: Incident, now: datetime, *, step: int = 0) -> None:
    """Mail and webhook to the people responsible, with one link to publish it."""
    row = ClockRing(incident_id=incident.id, kind=RingKind.DETECTED, due_at=incident.started_at, step=step, at=now)
    session.add(row)
    session.flush()
    alarms.owe(session, row, load_addresses(session, RingKind.DETECTED), now=now)
    if hook := load_page(session).alarm_webhook:
        alarms.owe(session, row, [hook], now=now, channel="webhook")
