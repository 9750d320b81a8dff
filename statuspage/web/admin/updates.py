"""Further updates of an incident: the form on its page, and what it would do."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from statuspage import incidents, timed_posts
from statuspage.changes import Change, site_change
from statuspage.domain.vocabulary import IncidentStatus
from statuspage.drafts import UpdateDraft, read_draft
from statuspage.errors import Refused
from statuspage.models import Incident
from statuspage.unread import newest_id
from statuspage.web import current
from statuspage.web.admin import consequences, timed, unsent
from statuspage.web.admin.door import admin, go, note, show, tell, user, zone
from statuspage.web.admin.incidents import posted, provider_of, refuse_unfilled, said_of_components, show_one
from statuspage.web.forms import Form

TIMES = ("workaround_at", "snapshot_at", "lost_until", "resolved_at")


@admin.post("/incidents/<incident_id>/updates")
def create_update(incident_id: str) -> Response:
    """Post an update, or show the form again with what is wrong and what others posted meanwhile."""
    form, now = Form(request.form), current.now()
    key = f"{'postmortem' if form.value('status') == IncidentStatus.POSTMORTEM else 'incident'}-{incident_id}"
    try:
        with site_change(current.installation(), now, author=user().email) as change:
            incident = incidents.load_incident(change.session, incident_id)
            held = incidents.components_held(change.session, incident)
            publish_at, draft = timed.time_of(form), read_update(form, held)
            timed.take_out(change, form)
            if publish_at is None:
                _post(change, incident, draft)
            else:
                planner = timed.planner(change, publish_at)
                timed_posts.plan_update(change.session, incident, draft, planner)
            unsent.end(change.session, key, form)
    except Refused as refused:
        form.refuse_all(refused)
        unsent.keep_refused(key, form)
        with current.installation().database.read() as session:
            incident = incidents.load_incident(session, incident_id)
            return show_one(session, incident, form, 422)
    due = incidents.next_due(incident, change.policy)
    said = timed.planned_for(publish_at) if publish_at else posted(change.queued, incident.public_at, due)
    tell(said, change, sent=key)
    return go("show_incident", incident_id=incident_id)


def _post(change: Change, incident: Incident, draft: UpdateDraft) -> None:
    update = incidents.post_update(
        change.session, incident, draft, policy=change.policy, author=change.author, now=change.now
    )
    facts = {"update": update.id, "status": update.status, "notify": update.notify}
    note(change.session, "incident.update", incident.id, now=change.now, **facts)


@admin.get("/incidents/<incident_id>/postmortem")
def write_postmortem(incident_id: str) -> Response:
    """The form of a postmortem, with its preview beside it; it is posted as an update."""
    now = current.now()
    policy = current.installation().policy(now)
    with current.installation().database.read() as session:
        incident = incidents.load_incident(session, incident_id)
        if incident.status.is_open:
            return go("show_incident", incident_id=incident_id)
        key = f"postmortem-{incident_id}"
        empty = {"status": IncidentStatus.POSTMORTEM, "notify": "yes", "after": newest_id(incident.updates)}
        form = unsent.brought_back(session, key) or Form(empty)
        kept = unsent.offered(session, key, form)
        outcome = consequences.of_update(session, incident, form, policy=policy, now=now)
        return show("incidents/postmortem.html", incident=incident, form=form, outcome=outcome, unsent=kept)


@admin.post("/incidents/<incident_id>/preview")
def preview_update(incident_id: str) -> Response:
    """What posting the update as it stands would do: a fragment for the script."""
    form, now = Form(request.form), current.now()
    policy = current.installation().policy(now)
    with current.installation().database.read() as session:
        incident = incidents.load_incident(session, incident_id)
        outcome = consequences.of_update(session, incident, form, policy=policy, now=now)
        return show("incidents/_preview.html", outcome=outcome)


def read_update(form: Form, held: dict[str, Any]) -> UpdateDraft:
    """The draft that the form describes: only what differs from what is so. Raises Refused."""
    said = said_of_components(form)
    changed = {slug: status for slug, status in said.items() if status != held.get(slug)}
    instants = {name: form.instant(name, zone()) if form.filled(name) else None for name in TIMES}
    refuse_unfilled(form)
    form.check()
    return read_draft(
        UpdateDraft,
        {
            **instants,
            "status": form.filled("status"),
            "body": form.value("body"),
            "components": changed,
            "priority": form.filled("priority"),
            "cause": form.filled("cause"),
            "provider": provider_of(form),
            "notify": form.is_ticked("notify"),
            "after": form.filled("after"),
            "publish_updates": form.values("publish_updates"),
            "translations": form.translations(),
        },
    )
