"""Incidents in the admin: the list, one incident, and the form that opens one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import customer_reports, incidents, proposals, templates, timed_posts
from statuspage.changes import site_change
from statuspage.components import current_statuses, load_components
from statuspage.domain.lifecycle import incident_steps
from statuspage.domain.vocabulary import SETTABLE, Cause, IncidentStatus
from statuspage.drafts import IncidentDraft, read_draft
from statuspage.errors import NotFound, Refused
from statuspage.models import Incident
from statuspage.notify.told import load_delivery_report
from statuspage.unread import newest_id, posted_since
from statuspage.web import current
from statuspage.web.admin import consequences, timed, unsent
from statuspage.web.admin.components import by_group
from statuspage.web.admin.door import admin, go, may, note, show, tell, user, words, zone
from statuspage.web.forms import Form

LIST_LENGTH = 50


@admin.get("/incidents")
def list_incidents() -> Response:
    """Open incidents first, then the others, newest first, a page at a time."""
    after = read_cursor(request.args.get("after", ""))
    with current.installation().database.read() as session:
        found = incidents.load_incidents(session, after=after, limit=LIST_LENGTH + 1)
        return show("incidents/list.html", incidents=found[:LIST_LENGTH], more=len(found) > LIST_LENGTH)


@admin.get("/incidents/new")
def new_incident() -> Response:
    """The form that opens an incident."""
    with current.installation().database.read() as session:
        empty = Form({"status": IncidentStatus.INVESTIGATING, "cause": Cause.OWN, "notify": "yes"})
        return show_form(session, unsent.brought_back(session, "incident-new") or empty)


@admin.post("/incidents")
def create_incident() -> Response:
    """Open the incident, or show the form again with what is wrong."""
    form, now = Form(request.form), current.now()
    try:
        draft, publish_at = read_form(form), timed.time_of(form)
        with site_change(current.installation(), now, author=user().email) as change:
            begin = proposals.keep if form.is_ticked("draft") or publish_at else incidents.open_incident
            incident = begin(change.session, draft, policy=change.policy, author=change.author, now=now)
            if publish_at is not None:
                proposals.publish_later(change.session, incident, publish_at, author=change.author, now=now)
            action = "incident.draft" if incident.draft else "incident.open"
            note(change.session, action, incident.id, now=now, priority=incident.priority, notify=draft.notify)
            unsent.end(change.session, "incident-new", form)
    except Refused as refused:
        form.refuse_all(refused)
        unsent.keep_refused("incident-new", form)
        with current.installation().database.read() as session:
            return show_form(session, form, 422)
    due = incidents.next_due(incident, change.policy)
    said = _("Kept as a draft. Nobody outside sees it.")
    if publish_at is not None:
        said = timed.planned_for(publish_at)
    elif not incident.draft:
        said = posted(change.queued, incident.public_at, due)
    tell(said, change, sent="incident-new")
    return go("show_incident", incident_id=incident.id)


@admin.post("/incidents/preview")
def preview_incident() -> Response:
    """What publishing the form as it stands would do: a fragment for the script."""
    form, now = Form(request.form), current.now()
    policy = current.installation().policy(now)
    with current.installation().database.read() as session:
        outcome = consequences.of_new_incident(session, form, policy=policy, now=now)
        return show("incidents/_preview.html", outcome=outcome)


@admin.get("/incidents/<incident_id>")
def show_incident(incident_id: str) -> Response:
    """One incident with its timeline and the form for the next update."""
    with current.installation().database.read() as session:
        incident = incidents.load_incident(session, incident_id)
        if incident.draft and may("admin.show_proposal"):
            return go("show_proposal", incident_id=incident_id)
        form = unsent.brought_back(session, f"incident-{incident_id}") or _planned(session, incident)
        form = form or Form(prefilled(session, incident))
        return show_one(session, incident, form)


def show_one(
    session: Session,
    incident: Any,
    form: Form,
    status: int = 200,
    *,
    withdrawal: Form | None = None,
) -> Response:
    """The page of one incident; what is posted from it comes after all that it shows."""
    missed = posted_since(incident.updates, form.value("after"))
    form.typed["after"] = newest_id(incident.updates)
    now = current.now()
    policy = current.installation().policy(now)
    return show(
        "incidents/show.html",
        status,
        incident=incident,
        form=form,
        policy=policy,
        due=incidents.next_due(incident, policy),
        withdrawal=withdrawal or Form(),
        templates=templates.load_templates(session),
        unsent=unsent.offered(session, f"incident-{incident.id}", form),
        missed=missed,
        waiting=timed_posts.load_timed(session, incident),
        held=incidents.components_held(session, incident),
        told_report=load_delivery_report(session, incident_id=incident.id),
        groups=by_group(load_components(session)),
        statuses=SETTABLE,
        steps=incident_steps(incident.status),
        causes=[(cause.value, cause.label) for cause in Cause],
        outcome=consequences.of_update(session, incident, form, policy=policy, now=now),
        reports=customer_reports.load_reports(session, incident_id=incident.id, limit=None),
        internal=[u for u in incident.updates if u.public_at is None and u.event != incidents.NOTE],
    )


def _planned(session: Session, incident: Any) -> Form | None:
    """The form of an update that waits for its time and is to be changed; what it leaves alone is as it is now."""
    form = timed.brought_back(session, timed_posts.INCIDENT_UPDATE)
    if form is not None:
        for name, value in prefilled(session, incident).items():
            if name != "notify":
                form.typed.setdefault(name, value)
    return form


def prefilled(session: Session, incident: Any) -> dict[str, Any]:
    """What the update form holds at first: all as it is."""
    held = incidents.components_held(session, incident)
    return {
        "status": incident.status,
        "priority": incident.priority or "",
        "cause": incident.cause,
        "provider": incident.provider or "",
        "notify": "yes",
        **{f"components.{slug}": status for slug, status in held.items()},
    }


def posted(queued: int, public_at: datetime | None, due: datetime | None) -> str:
    """The answer to a post: where it went, how many are told, and until when to write again."""
    said = [_("Published.")] if public_at else [_("Saved. It is internal: the page does not show it.")]
    if public_at:
        said.append(_("%(count)s e-mails queued.", count=f"{queued:,}") if queued else _("No e-mail is sent."))
    if due:
        said.append(_("Next update due %(time)s.", time=words().near(due, current.now())))
    return " ".join(said)


def read_cursor(text: str) -> tuple[datetime, str] | None:
    """(instant, id) from "2026-11-16T10:00:00+00:00~id"; None for an empty one. Raises NotFound."""
    if not text:
        return None
    instant, _tilde, last_id = text.partition("~")
    try:
        moment = datetime.fromisoformat(instant)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not last_id:
        raise NotFound("page of the list", text)
    return moment, last_id


def show_form(session: Session, form: Form, status: int = 200, draft: Incident | None = None) -> Response:
    """The form that opens an incident, or changes a draft."""
    now = current.now()
    policy = current.installation().policy(now)
    components = load_components(session)
    return show(
        "incidents/new.html",
        status,
        draft=draft,
        form=form,
        unsent=unsent.offered(session, f"draft-{draft.id}" if draft else "incident-new", form),
        templates=templates.load_templates(session),
        policy=policy,
        groups=by_group(components),
        showing=current_statuses(session, [component.id for component in components], now),
        statuses=SETTABLE,
        steps=incident_steps(None),
        causes=[(cause.value, cause.label) for cause in Cause],
        told=consequences.told_by_priority(session, form, policy),
        outcome=consequences.of_new_incident(session, form, policy=policy, now=now),
    )


def read_form(form: Form) -> IncidentDraft:
    """The draft that the form describes. Raises Refused with every problem found."""
    earlier = form.value("started") == "earlier"
    started_at = form.instant("started_at", zone()) if earlier else None
    if not form.filled("priority"):
        form.refuse("priority", _("Choose a priority."))
    values: dict[str, Any] = {
        "title": form.value("title"),
        "priority": form.filled("priority") or "P1",
        "status": form.value("status"),
        "body": form.value("body"),
        "components": said_of_components(form),
        "cause": form.value("cause"),
        "provider": provider_of(form),
        "started_at": started_at,
        "resolved_at": form.instant("resolved_at", zone()) if form.filled("resolved_at") else None,
        "notify": form.is_ticked("notify"),
        "translations": form.translations(),
    }
    refuse_unfilled(form)
    try:
        draft = read_draft(IncidentDraft, values)
    except Refused as refused:
        form.refuse_all(refused)
    form.check()
    return draft


def refuse_unfilled(form: Form) -> None:
    """Note where a template's variable stands that nobody filled in: people would read it."""
    for name in form.typed:
        if name.rpartition(".")[2] in ("title", "body") and (left := templates.unfilled(form.value(name))):
            form.refuse(name, _("Fill in %(variables)s first.", variables=", ".join(dict.fromkeys(left))))


def provider_of(form: Form) -> str | None:
    """The third party's name; what is left in its field under another cause is nobody's."""
    return form.filled("provider") if form.value("cause") == Cause.THIRD_PARTY else None


def said_of_components(form: Form) -> dict[str, str]:
    """The status chosen for each component by slug; those left alone are not named."""
    return {slug: status for slug, status in form.prefixed("components.") if status}
