"""What posting a form as it stands would do: shown before anything is posted, so it forgives what is unfinished."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.components import load_components
from statuspage.domain.sla.cadence import is_public, next_update_due
from statuspage.domain.sla.policy import Policy
from statuspage.domain.sla.recovery import Loss
from statuspage.domain.sla.terms import PriorityTerms
from statuspage.domain.vocabulary import ComponentStatus, IncidentStatus, NoticeKind, Priority
from statuspage.drafts import BODY_LENGTH
from statuspage.errors import Refused
from statuspage.incidents import components_held, interrupts
from statuspage.models import Incident
from statuspage.notify.contacts import count_obliged_by_recovery
from statuspage.notify.recipients import Told, count_told
from statuspage.publishing.markup import html_of
from statuspage.update_facts import loss_of
from statuspage.web.admin.door import zone
from statuspage.web.admin.timed import time_typed
from statuspage.web.forms import Form


@dataclass(frozen=True)
class Outcome:
    """What would happen. `terms` is None while no priority is chosen; `told` is how many would hear, by channel;
    `restored` are the names of components that resolving would give back, `loss` is what a restored backup loses;
    `html` is the allow-listed text; `at` is when the form publishes itself, None for now."""

    title: str
    html: str
    terms: PriorityTerms | None
    public: bool
    raised: bool
    notify: bool
    told: Told
    due: datetime | None
    restored: tuple[str, ...] = ()
    loss: Loss | None = None
    at: datetime | None = None


def of_new_incident(session: Session, form: Form, *, policy: Policy, now: datetime) -> Outcome:
    """What the form of a new incident would do."""
    terms, at = policy.priority(form.value("priority")), time_typed(form, now)
    shown = _is_public(form, policy, terms)
    public, notify = shown and terms is not None, form.is_ticked("notify")
    told = _count(session, form, terms) if public and notify else Told()
    due = next_update_due(policy, terms.id, _status(form), at or now) if terms and public else None
    return Outcome(form.value("title").strip(), _html(form), terms, public, False, notify, told, due, at=at)


def of_update(session: Session, incident: Incident, form: Form, *, policy: Policy, now: datetime) -> Outcome:
    """What the form of a further update would do."""
    terms, at = policy.priority(form.value("priority") or incident.priority), time_typed(form, now)
    raised = incident.public_at is None and _is_public(form, policy, terms)
    public, notify = incident.public_at is not None or raised, form.is_ticked("notify")
    told = _count(session, form, terms, incident) if public and notify else Told()
    status = _status(form)
    due = next_update_due(policy, terms.id, status, at or now) if terms and public else None
    restored = () if status.is_open else tuple(_held(session, incident))
    loss = _loss(incident, form, terms, policy, now)
    if public and loss is not None:
        told = told.with_mails(
            count_obliged_by_recovery(session, incident, subscribers=notify, policy=policy, now=now)
        )
    return Outcome(incident.title, _html(form), terms, public, raised, notify, told, due, restored, loss, at)


def _is_public(form: Form, policy: Policy, terms: PriorityTerms | None) -> bool:
    """Whether the form makes an incident public: by its priority, or because something is down (IS28)."""
    down = interrupts(
        ComponentStatus(each) for _, each in form.prefixed("components.") if each in set(ComponentStatus)
    )
    return terms is not None and is_public(policy, terms.id, interrupts=down)


def _loss(incident: Incident, form: Form, terms: PriorityTerms | None, policy: Policy, now: datetime) -> Loss | None:
    """What the backup that the form names would lose (OP16); None while that is not clear."""
    read = Form(form.typed.to_dict(flat=False))
    snapshot_at, lost_until = [
        read.instant(name, zone()) if read.filled(name) else None for name in ("snapshot_at", "lost_until")
    ]
    if snapshot_at is None or read.problems:
        return None
    priority = terms.id if terms else None
    try:
        return loss_of(incident, snapshot_at, lost_until, priority=priority, policy=policy, now=now)
    except Refused:
        return None


def told_by_priority(session: Session, form: Form, policy: Policy) -> dict[str, int]:
    """How many would be told of a new incident with each public priority."""
    return {terms.id: _count(session, form, terms).total for terms in policy.priorities if terms.public}


def _count(session: Session, form: Form, terms: PriorityTerms | None, incident: Incident | None = None) -> Told:
    if incident is not None and incident.imported_at is not None:
        return Told()
    postmortem = _status(form) is IncidentStatus.POSTMORTEM
    return count_told(
        session,
        components=_slugs(form),
        kind=NoticeKind.POSTMORTEM if postmortem else NoticeKind.INCIDENT,
        priority=Priority(terms.id) if terms else None,
        incident=incident,
    )


def _slugs(form: Form) -> Collection[str]:
    return [slug for slug, status in form.prefixed("components.") if status]


def _held(session: Session, incident: Incident) -> list[str]:
    held = components_held(session, incident)
    names = {component.slug: component.name for component in load_components(session)}
    return [names[slug] for slug, status in held.items() if status is not ComponentStatus.OPERATIONAL]


def _status(form: Form) -> IncidentStatus:
    try:
        return IncidentStatus(form.value("status"))
    except ValueError:
        return IncidentStatus.INVESTIGATING


def _html(form: Form) -> str:
    body = form.value("body").strip()
    return html_of(body[:BODY_LENGTH]) if body else ""
