"""Incidents: open, update, list, read."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from statuspage import amendments, incidents, proposals
from statuspage.amendment_drafts import IncidentAmendment, Withdrawal
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import Cause, ComponentStatus, Impact, IncidentStatus, Priority, Scope
from statuspage.drafts import IncidentChange, IncidentDraft, Instant, UpdateDraft, read_draft
from statuspage.incident_amendments import amend_incident as amend
from statuspage.models import Incident, Update
from statuspage.tongues import translations_of
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import (
    Items,
    PageQuery,
    Query,
    Shape,
    TranslationAnswer,
    UtcInstant,
    page_of,
    read_cursor,
)


class UpdateAnswer(Shape):
    """One post. `body` is Markdown as typed; of imported history it may be HTML (`markup`). `details` are the facts
    that its words rest on, such as `workaround_at`, `snapshot_at` and `lost_until`, or a move's old window."""

    id: str
    status: str
    body: str
    details: dict[str, Any] | None
    markup: str
    posted_at: UtcInstant
    edited_at: UtcInstant | None
    public: bool
    author: str | None
    translations: dict[str, TranslationAnswer] = {}


class IncidentAnswer(Shape):
    """An incident; `updates` newest first, `components` with its last word on each. `url` is null while internal. A
    `draft` is seen by operators alone; its `resolved_at` is when what was measured came right."""

    id: str
    url: str | None
    title: str
    priority: Priority | None
    impact: Impact
    status: IncidentStatus
    cause: Cause
    provider: str | None
    public: bool
    draft: bool = False
    publish_at: UtcInstant | None = Field(None, description="When a draft publishes itself")
    started_at: UtcInstant
    created_at: UtcInstant
    updated_at: UtcInstant
    resolved_at: UtcInstant | None
    edited_at: UtcInstant | None = Field(None, description="When its title or components were last set right")
    next_update_due: UtcInstant | None
    updates: list[UpdateAnswer]
    components: dict[str, ComponentStatus]
    translations: dict[str, TranslationAnswer] = {}


class DiscardQuery(Query):
    """Why a draft is thrown away, or an incident taken back."""

    reason: str = Field(min_length=1, max_length=1000, description="the audit log keeps it")


class NewIncident(IncidentDraft):
    """A new incident; with `draft` it is kept for later, and nobody outside sees it before it is published."""

    draft: bool = False
    publish_at: Instant | None = Field(None, description="Keep it as a draft that publishes itself then")


class IncidentQuery(PageQuery):
    """Which incidents."""

    status: Literal["open", "all", "investigating", "identified", "monitoring", "resolved", "postmortem"] = Field(
        "all", description="`open`: only those that still go on"
    )


@endpoint("GET", "/incidents", scope=Scope.READ, query=IncidentQuery, gives=Items[IncidentAnswer])
def list_incidents(call: Call, query: IncidentQuery) -> Answer:
    """Incidents, internal ones and drafts too, latest start first."""
    with call.read() as session:
        policy = call.installation.policy(call.now, session)
        base = call.base_url(session)
        rows = incidents.load_incidents(
            session,
            open_only=query.status == "open",
            status=None if query.status in ("open", "all") else IncidentStatus(query.status),
            after=read_cursor(query.cursor),
            limit=query.limit + 1,
        )
        held = incidents.components_held_by(session, rows)
        items, following = page_of(
            rows,
            query.limit,
            lambda row: _answer(row, held[row.id], policy, base),
            lambda row: (row.started_at, row.id),
        )
        return call.answered(Items[IncidentAnswer](items=items, next=following))


@endpoint("GET", "/incidents/<incident_id>", scope=Scope.READ, gives=IncidentAnswer)
def show_incident(call: Call, incident_id: str) -> Answer:
    """One incident."""
    with call.read() as session:
        policy = call.installation.policy(call.now, session)
        incident = incidents.load_incident(session, incident_id)
        return call.answered(incident_answer(session, incident, policy, call.base_url(session)))


@endpoint("POST", "/incidents", scope=Scope.WRITE, body=NewIncident, gives=IncidentAnswer, status=201)
def open_incident(call: Call, draft: NewIncident) -> Answer:
    """Open an incident with its first update; public at once if the policy makes its priority public. With `draft`
    it is kept, and published by a call of its own."""
    with call.change() as change:
        kept = draft.draft or draft.publish_at is not None
        begin = proposals.keep if kept else incidents.open_incident
        incident = begin(change.session, draft, policy=change.policy, author=call.author, now=call.now)
        if draft.publish_at is not None:
            proposals.publish_later(change.session, incident, draft.publish_at, author=call.author, now=call.now)
        return call.created(
            incident_answer(change.session, incident, change.policy, call.base_url(change.session)),
            f"/api/v1/incidents/{incident.id}",
        )


@endpoint(
    "POST", "/incidents/<incident_id>/updates", scope=Scope.WRITE, body=UpdateDraft, gives=IncidentAnswer, status=201
)
def post_incident_update(call: Call, incident_id: str, draft: UpdateDraft) -> Answer:
    """Post a further update; what is not given stays as it is."""
    with call.change() as change:
        incident = incidents.load_incident(change.session, incident_id)
        incidents.post_update(change.session, incident, draft, policy=change.policy, author=call.author, now=call.now)
        return call.created(
            incident_answer(change.session, incident, change.policy, call.base_url(change.session)),
            f"/api/v1/incidents/{incident.id}",
        )


@endpoint("PATCH", "/incidents/<incident_id>", scope=Scope.WRITE, body=IncidentChange, gives=IncidentAnswer)
def change_draft(call: Call, incident_id: str, draft: IncidentChange) -> Answer:
    """Change what is given of a draft; what is published is changed by updates."""
    with call.change() as change:
        incident = incidents.load_incident(change.session, incident_id)
        proposals.change(change.session, incident, draft, policy=change.policy, author=call.author, now=call.now)
        return call.answered(incident_answer(change.session, incident, change.policy, call.base_url(change.session)))


@endpoint("POST", "/incidents/<incident_id>/publish", scope=Scope.WRITE, gives=IncidentAnswer, status=201)
def publish_draft(call: Call, incident_id: str) -> Answer:
    """Post a draft as it stands. What was over before anybody published it is posted as resolved."""
    with call.change() as change:
        incident = incidents.load_incident(change.session, incident_id)
        proposals.publish(change.session, incident, policy=change.policy, author=call.author, now=call.now)
        return call.created(
            incident_answer(change.session, incident, change.policy, call.base_url(change.session)),
            f"/api/v1/incidents/{incident.id}",
        )


@endpoint(
    "POST",
    "/incidents/<incident_id>/amend",
    scope=Scope.WRITE,
    body=IncidentAmendment,
    gives=IncidentAnswer,
    status=201,
)
def amend_incident(call: Call, incident_id: str, draft: IncidentAmendment) -> Answer:
    """Set right what a published incident is called, or did to components from its start (null: it never affected
    that one). What it was is kept, the page says that it was edited, and nobody is told."""
    with call.change() as change:
        incident = incidents.load_incident(change.session, incident_id)
        amend(
            change.session,
            incident,
            draft,
            policy=change.policy,
            author=call.author,
            now=call.now,
            client=call.client,
        )
        return call.created(
            incident_answer(change.session, incident, change.policy, call.base_url(change.session)),
            f"/api/v1/incidents/{incident.id}",
        )


@endpoint("DELETE", "/incidents/<incident_id>", scope=Scope.WRITE, query=DiscardQuery, status=204)
def withdraw_incident(call: Call, incident_id: str, query: DiscardQuery) -> Answer:
    """Throw a draft away for good, or take back what was published: gone from page, feeds and lists, with all it said
    of components; what was not sent yet is not sent. The audit log keeps what it said, and why."""
    with call.change() as change:
        incident = incidents.load_incident(change.session, incident_id)
        if incident.draft:
            proposals.discard(change.session, incident, query.reason, author=call.author, now=call.now)
        else:
            why = read_draft(Withdrawal, {"reason": query.reason})
            amendments.withdraw_incident(
                change.session, incident, why, author=call.author, now=call.now, client=call.client
            )
        return call.answered(None)


def update_answer(update: Update) -> UpdateAnswer:
    """An update of an incident or a maintenance as it is answered."""
    return UpdateAnswer(
        id=update.id,
        status=update.status,
        body=update.body,
        details=update.details,
        markup=update.markup,
        posted_at=update.posted_at,
        edited_at=update.edited_at,
        public=update.public_at is not None,
        author=update.author,
        translations=translations_of(update.texts),
    )


def incident_answer(session: Session, incident: Incident, policy: Policy, base_url: str) -> IncidentAnswer:
    """An incident as it is answered. Flushes the session."""
    session.flush()
    return _answer(incident, incidents.components_held(session, incident), policy, base_url)


def _answer(incident: Incident, held: dict[str, ComponentStatus], policy: Policy, base_url: str) -> IncidentAnswer:
    public = incident.public_at is not None
    return IncidentAnswer(
        id=incident.id,
        url=f"{base_url}/incidents/{incident.id}" if public else None,
        title=incident.title,
        priority=incident.priority,
        impact=incident.impact,
        status=incident.status,
        cause=incident.cause,
        provider=incident.provider,
        public=public,
        draft=incident.draft,
        publish_at=incident.publish_at,
        started_at=incident.started_at,
        created_at=incident.created_at,
        updated_at=incident.updated_at,
        resolved_at=incident.resolved_at,
        edited_at=incident.edited_at,
        next_update_due=incidents.next_due(incident, policy),
        updates=[update_answer(update) for update in reversed(incident.updates)],
        components=proposals.components_of(incident) if incident.draft else held,
        translations=translations_of(incident.texts),
    )
