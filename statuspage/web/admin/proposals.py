"""Draft incidents in the admin: read, changed, published by one button, thrown away with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import incidents, proposals
from statuspage.changes import site_change
from statuspage.components import load_components
from statuspage.drafts import IncidentChange, IncidentDraft, read_draft
from statuspage.errors import Refused
from statuspage.models import Incident
from statuspage.web import current
from statuspage.web.admin import consequences, unsent
from statuspage.web.admin.door import admin, go, note, show, tell, user, zone
from statuspage.web.admin.incidents import posted, read_form, show_form
from statuspage.web.forms import Form, written, written_translations


@admin.get("/incidents/<incident_id>/publish")
def show_proposal(incident_id: str) -> Response:
    """A draft as it would be read, and the button that publishes it; the link of the operators' mail."""
    with current.installation().database.read() as session:
        incident = incidents.load_incident(session, incident_id)
        if not incident.draft:
            return go("show_incident", incident_id=incident_id)
        return show_draft(session, incident, Form())


@admin.post("/incidents/<incident_id>/publish/later")
def publish_proposal_later(incident_id: str) -> Response:
    """Set the time at which the draft publishes itself, or take it away."""
    form, now = Form(request.form), current.now()
    cancels = form.value("do") == "cancel"
    try:
        publish_at = None if cancels else form.instant("publish_at", zone())
        form.check()
        with site_change(current.installation(), now, author=user().email) as change:
            incident = incidents.load_incident(change.session, incident_id)
            proposals.publish_later(change.session, incident, publish_at, author=change.author, now=now)
    except Refused as refused:
        return _show_again(incident_id, refused, form)
    tell(_("The draft waits for an operator.") if cancels else _("The draft publishes itself at that time."), change)
    return go("show_proposal", incident_id=incident_id)


@admin.post("/incidents/<incident_id>/publish")
def publish_proposal(incident_id: str) -> Response:
    """Post the draft as it stands."""
    now = current.now()
    try:
        with site_change(current.installation(), now, author=user().email) as change:
            incident = incidents.load_incident(change.session, incident_id)
            proposals.publish(change.session, incident, policy=change.policy, author=change.author, now=now)
            note(change.session, "incident.publish", incident.id, now=now, priority=incident.priority)
    except Refused as refused:
        return _show_again(incident_id, refused)
    due = incidents.next_due(incident, change.policy)
    tell(posted(change.queued, incident.public_at, due), change)
    return go("show_incident", incident_id=incident_id)


@admin.get("/incidents/<incident_id>/edit")
def edit_proposal(incident_id: str) -> Response:
    """The draft in the form that opens incidents."""
    with current.installation().database.read() as session:
        incident = incidents.load_incident(session, incident_id)
        if not incident.draft:
            return go("show_incident", incident_id=incident_id)
        form = unsent.brought_back(session, f"draft-{incident_id}") or _prefilled(incident)
        return show_form(session, form, draft=incident)


@admin.post("/incidents/<incident_id>/edit")
def change_proposal(incident_id: str) -> Response:
    """Keep what was changed, or show the form again with what is wrong."""
    form, now = Form(request.form), current.now()
    try:
        wanted = read_form(form)
        with site_change(current.installation(), now, author=user().email) as change:
            incident = incidents.load_incident(change.session, incident_id)
            draft = read_draft(IncidentChange, _given(form, wanted, incident, now))
            proposals.change(change.session, incident, draft, policy=change.policy, author=change.author, now=now)
            note(change.session, "incident.edit_draft", incident.id, now=now, priority=incident.priority)
            unsent.end(change.session, f"draft-{incident_id}", form)
    except Refused as refused:
        form.refuse_all(refused)
        unsent.keep_refused(f"draft-{incident_id}", form)
        with current.installation().database.read() as session:
            return show_form(session, form, 422, draft=incidents.load_incident(session, incident_id))
    tell(_("The draft is saved. Nobody outside sees it."), change, sent=f"draft-{incident_id}")
    return go("show_proposal", incident_id=incident_id)


@admin.post("/incidents/<incident_id>/discard")
def discard_proposal(incident_id: str) -> Response:
    """Throw the draft away; the activity log keeps why."""
    form, now = Form(request.form), current.now()
    try:
        with site_change(current.installation(), now, author=user().email) as change:
            incident = incidents.load_incident(change.session, incident_id)
            proposals.discard(change.session, incident, form.value("reason"), author=change.author, now=now)
    except Refused as refused:
        return _show_again(incident_id, refused, form)
    tell(_("The draft is gone. The activity log keeps why."))
    return go("list_incidents")


def _given(form: Form, wanted: IncidentDraft, incident: Incident, now: datetime) -> dict[str, Any]:
    """What the form says of the draft. A start left alone keeps its seconds, which the field does not show."""
    given = wanted.model_dump()
    if form.value("started") != "earlier":
        given["started_at"] = now
    elif form.value("started_at") == written(incident.started_at, zone()):
        del given["started_at"]
    return given


def show_draft(session: Session, incident: Incident, form: Form, status: int = 200) -> Response:
    """The page of one draft."""
    now = current.now()
    policy = current.installation().policy(now)
    if incident.publish_at is not None:
        form.typed.setdefault("publish_at", written(incident.publish_at, zone()))
    said = proposals.components_of(incident)
    outcome = consequences.of_new_incident(session, _prefilled(incident), policy=policy, now=now)
    return show(
        "incidents/draft.html",
        status,
        incident=incident,
        form=form,
        outcome=outcome,
        said=[(each, said[each.slug]) for each in load_components(session) if each.slug in said],
        notes=[update for update in incident.updates if update.event == incidents.NOTE],
    )


def _show_again(incident_id: str, refused: Refused, form: Form | None = None) -> Response:
    form = form or Form()
    form.refuse_all(refused)
    with current.installation().database.read() as session:
        incident = incidents.load_incident(session, incident_id)
        if not incident.draft:
            tell(_("Somebody else published it meanwhile."))
            return go("show_incident", incident_id=incident_id)
        return show_draft(session, incident, form, 422)


def _prefilled(incident: Incident) -> Form:
    """The form as the draft fills it."""
    draft = proposals.draft_of(incident)
    values: dict[str, Any] = {
        "title": draft.title,
        "priority": draft.priority,
        "status": draft.status,
        "body": draft.body,
        "cause": draft.cause,
        "provider": draft.provider or "",
        "started": "earlier",
        "started_at": written(incident.started_at, zone()),
        "notify": "yes" if draft.notify else "",
        **{f"components.{slug}": status for slug, status in draft.components.items()},
        **written_translations(draft.model_dump(exclude_none=True)["translations"]),
    }
    return Form(values)
