"""After a measured outage: what recovery says on an incident, and which incidents end by themselves.

A measurement began them, all that they hold was measured, and it stayed well for long enough
(domain.detection.is_over). Called by detections.follow, which begins them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage import detection_words
from statuspage.claims import claim
from statuspage.components import load_page
from statuspage.domain.detection import is_over
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import ComponentStatus, IncidentStatus
from statuspage.drafts import UpdateDraft
from statuspage.incidents import add_note, components_held, post_update
from statuspage.models import Component, Detection, Incident, StatusChange

AUTHOR = "measurement"
"""Who writes what nobody wrote."""


def note(session: Session, incident: Incident, ended: Sequence[Detection], now: datetime) -> None:
    """A draft keeps its span; on what operators published a note says so; what is ours is settled by itself."""
    over = [row for row in ended if row.incident is incident]
    names = _names(session, over)
    words = detection_words.recovered(load_page(session), names, max(row.ended_at or now for row in over))
    if incident.draft:
        if all(row.ended_at for row in detections_of(session, incident)):
            incident.resolved_at = max(row.ended_at or now for row in detections_of(session, incident))
            incident.updated_at = now
        add_note(session, incident, words, author=AUTHOR, now=now)
    elif not is_ours(session, incident) and incident.status.is_open:
        add_note(session, incident, words, author=AUTHOR, now=now)


def unsettled(session: Session, now: datetime) -> list[Incident]:
    """Open incidents of ours whose components all came right, and stayed so for long enough."""
    found = session.scalars(
        select(Incident).where(
            Incident.draft.is_(False),
            Incident.author == AUTHOR,
            Incident.status.in_([status for status in IncidentStatus if status.is_open]),
        )
    )
    return [incident for incident in found if is_ours(session, incident) and _has_settled(session, incident, now)]


def _has_settled(session: Session, incident: Incident, now: datetime) -> bool:
    rows = detections_of(session, incident)
    if any(row.ended_at is None for row in rows):
        return False
    last = max(row.ended_at or now for row in rows)
    times = max(sum(other.subject == row.subject for other in rows) for row in rows)
    return is_over(times, last, now)


def resolve(session: Session, incident: Incident, *, policy: Policy, now: datetime) -> None:
    """Post that it is over, at the instant of the last recovery."""
    rows = detections_of(session, incident)
    ended_at = max(row.ended_at or now for row in rows)
    words = detection_words.recovered(load_page(session), _names(session, rows), ended_at)
    said_at = session.scalar(select(func.max(StatusChange.at)).where(StatusChange.incident_id == incident.id))
    draft = UpdateDraft(
        status=IncidentStatus.RESOLVED,
        body=words,
        components=dict.fromkeys(_measured(session, rows), ComponentStatus.OPERATIONAL),
        resolved_at=max(ended_at, said_at or ended_at, incident.started_at),
    )
    post_update(session, incident, draft, policy=policy, author=AUTHOR, now=now)


def let_go(session: Session, ended: Sequence[Detection], now: datetime) -> None:
    """What goes on without a component, because others are down or because it flaps, holds it no longer: from its
    recovery on it shows what measures it, and no outage is counted that nobody measured."""
    for row in ended:
        incident = row.incident
        if incident is None or incident.draft or not incident.status.is_open or not is_ours(session, incident):
            continue
        held = components_held(session, incident)
        for slug, component in _measured(session, [row]).items():
            if held.get(slug, ComponentStatus.OPERATIONAL) is not ComponentStatus.OPERATIONAL:
                said = {component: ComponentStatus.OPERATIONAL}
                claim(session, said, incident, at=row.ended_at or now, author=AUTHOR, now=now)


def hold_again(
    session: Session, incident: Incident, said: Mapping[Component, ComponentStatus], *, at: datetime, now: datetime
) -> None:
    """A component that was let go of failed again, `at` first: the incident that goes on says so too."""
    if is_ours(session, incident):
        claim(session, said, incident, at=at, author=AUTHOR, now=now)


def is_ours(session: Session, incident: Incident) -> bool:
    """Whether an incident may be resolved without an operator: a measurement began it, all that it holds was
    measured, and each of those components publishes itself."""
    if incident.author != AUTHOR:
        return False
    rows = detections_of(session, incident)
    measured = _measured(session, rows)
    held = {s for s, said in components_held(session, incident).items() if said is not ComponentStatus.OPERATIONAL}
    return held <= set(measured) and bool(measured) and all(c.publishes_itself for c in measured.values())


def detections_of(session: Session, incident: Incident) -> Sequence[Detection]:
    """The measured outages that an incident is about, open and ended."""
    return session.scalars(select(Detection).where(Detection.incident_id == incident.id)).all()


def _measured(session: Session, rows: Iterable[Detection]) -> dict[str, Component]:
    return {each.slug: each for each in session.scalars(select(Component).where(Component.id.in_(_ids(rows))))}


def _ids(rows: Iterable[Detection]) -> list[str]:
    return [row.component_id for row in rows if row.component_id is not None]


def _names(session: Session, rows: Iterable[Detection]) -> list[str]:
    found = select(Component.name).where(Component.id.in_(_ids(rows))).order_by(Component.position, Component.name)
    return list(session.scalars(found))
