"""Verbs on what an incident is called and said to affect: set right, with what it was kept.

An update says what is so from now on; this says what was so from the start, where it was written down wrongly.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from statuspage import audit
from statuspage.amendment_drafts import IncidentAmendment
from statuspage.claims import claim
from statuspage.components import find_components
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.errors import Overtaken, Problem, Refused
from statuspage.incidents import NOTE
from statuspage.models import AffectedComponent, Component, Incident, IncidentVersion, StatusChange, Update
from statuspage.proposals import check_may_wait
from statuspage.tongues import check_translations, titles_in


def amend_incident(
    session: Session,
    incident: Incident,
    change: IncidentAmendment,
    *,
    policy: Policy,
    author: str,
    now: datetime,
    client: str | None = None,
) -> None:
    """Set the title right, and what the incident did to components from its start to its end; None: it never affected
    that one. Nobody is told; the page says that it was edited. Raises Refused, or Overtaken where somebody amended it
    after its author read it."""
    _check(session, incident, change, policy)
    before = _state(session, incident)
    version = IncidentVersion(
        title=incident.title,
        texts=incident.texts,
        components=before["components"],
        replaced_at=now,
        replaced_by=author,
    )
    if change.title is not None:
        incident.title = change.title
    if change.translations is not None:
        incident.texts = titles_in(change.translations, incident.texts)
    wrong = {slug: said for slug, said in (change.components or {}).items() if before["components"].get(slug) != said}
    for slug, component in find_components(session, wrong).items():
        _say_anew(session, incident, component, wrong[slug], author=author, now=now)
    after = _state(session, incident)
    if after == before:
        raise Refused(Problem("title", "nothing is changed"))
    incident.versions.append(version)
    incident.edited_at = incident.updated_at = now
    changed = {name: {"before": before[name], "after": after[name]} for name in before if before[name] != after[name]}
    audit.record(session, "incident.amend", actor=author, target=incident.id, details=changed, client=client, now=now)
    session.flush()
    session.expire(incident, ["updates"])


def said_at_worst(session: Session, incident: Incident) -> dict[str, ComponentStatus]:
    """The worst that the incident ever said of each component, by slug; those it never held are left out."""
    rows = session.execute(
        select(Component.slug, StatusChange.status)
        .join(Component, Component.id == StatusChange.component_id)
        .where(StatusChange.incident_id == incident.id)
        .order_by(Component.position, Component.slug)
    )
    worst: dict[str, ComponentStatus] = {}
    for slug, status in rows:
        worst[slug] = max(worst.get(slug, status), status, key=lambda each: each.severity)
    return {slug: status for slug, status in worst.items() if status is not ComponentStatus.OPERATIONAL}


def _check(session: Session, incident: Incident, change: IncidentAmendment, policy: Policy) -> None:
    if incident.draft:
        raise Refused(Problem("", "the incident is a draft: change the draft"))
    if change.edits is not None and change.edits != len(incident.versions):
        who = incident.versions[-1].replaced_by if incident.versions else "somebody"
        raise Overtaken(Problem("edits", f"amended meanwhile by {who}: read it as it is now, then amend it"))
    check_translations(session, change.translations or {})
    said = {slug: status for slug, status in (change.components or {}).items() if status is not None}
    find_components(session, change.components or {})
    normal = [slug for slug, status in said.items() if status is ComponentStatus.OPERATIONAL]
    if normal:
        message = "say null for a component that it never affected"
        raise Refused(Problem(f"components.{slug}", message) for slug in normal)
    if incident.public_at is None:
        check_may_wait(session, said, policy, field="components")


def _say_anew(
    session: Session,
    incident: Incident,
    component: Component,
    status: ComponentStatus | None,
    *,
    author: str,
    now: datetime,
) -> None:
    """Strike out all that the incident said of the component; say this of it instead, from start to end."""
    same = StatusChange.incident_id == incident.id, StatusChange.component_id == component.id
    for row in session.scalars(select(StatusChange).where(*same)).all():
        session.delete(row)
    posts = [update for update in incident.updates if update.event != NOTE]
    gone = AffectedComponent.update_id.in_([update.id for update in incident.updates])
    session.execute(delete(AffectedComponent).where(gone, AffectedComponent.component_id == component.id))
    session.flush()
    for update in posts:
        session.expire(update, ["affected"])
    component.updated_at = now
    if status is None:
        return
    claim(session, {component: status}, incident, at=incident.started_at, author=author, now=now)
    _note(posts[0], component, ComponentStatus.OPERATIONAL, status)
    if incident.resolved_at is None:
        return
    over = ComponentStatus.OPERATIONAL
    claim(session, {component: over}, incident, at=incident.resolved_at, author=author, now=now)
    ending = next((update for update in posts[1:] if update.status == "resolved"), None)
    if ending is not None:
        _note(ending, component, status, over)


def _note(update: Update, component: Component, old: ComponentStatus, new: ComponentStatus) -> None:
    update.affected.append(AffectedComponent(component_id=component.id, old_status=old, new_status=new))


def _state(session: Session, incident: Incident) -> dict[str, Any]:
    session.flush()
    said = {slug: status.value for slug, status in said_at_worst(session, incident).items()}
    return {"title": incident.title, "texts": incident.texts, "components": said}
