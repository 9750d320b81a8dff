"""What was posted by mistake: an update is edited, an incident amended, and either or a maintenance withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import amendments, incidents, maintenance
from statuspage.amendment_drafts import IncidentAmendment, UpdateChange, Withdrawal
from statuspage.changes import site_change
from statuspage.components import load_components
from statuspage.domain.vocabulary import SETTABLE, ComponentStatus
from statuspage.drafts import read_draft
from statuspage.errors import Refused
from statuspage.incident_amendments import amend_incident as amend
from statuspage.incident_amendments import said_at_worst
from statuspage.models import Incident, Maintenance, Update
from statuspage.tongues import translations_of
from statuspage.web import current, login_limits
from statuspage.web.admin import incidents as incident_pages
from statuspage.web.admin import maintenance as maintenance_pages
from statuspage.web.admin import unsent
from statuspage.web.admin.components import by_group
from statuspage.web.admin.door import admin, go, show, tell, user, zone
from statuspage.web.forms import Form, written, written_translations

Row = TypeVar("Row")


@admin.get("/updates/<update_id>")
def edit_update(update_id: str) -> Response:
    """One update with the form that changes its words, and what it said before."""
    with current.installation().database.read() as session:
        update = amendments.load_update(session, update_id)
        form = unsent.brought_back(session, f"update-{update_id}") or Form(_prefilled(session, update))
        return _show(session, update, form, Form())


@admin.post("/updates/<update_id>")
def change_update(update_id: str) -> Response:
    """Change its words or the time it shows."""
    form, now, key = Form(request.form), current.now(), f"update-{update_id}"
    try:
        with site_change(current.installation(), now, author=user().email) as change:
            update = amendments.load_update(change.session, update_id)
            draft = _read(change.session, form, update)
            client = login_limits.client_network()
            amendments.edit_update(change.session, update, draft, author=change.author, now=now, client=client)
            unsent.end(change.session, key, form)
            endpoint, values = _parent_of(update)
    except Refused as refused:
        form.refuse_all(refused)
        unsent.keep_refused(key, form)
        with current.installation().database.read() as session:
            return _show(session, amendments.load_update(session, update_id), form, Form(), 422)
    tell(_("Changed. The page says that it was edited; nobody is mailed of that."), change, sent=key)
    return go(endpoint, **values)


@admin.post("/updates/<update_id>/preview")
def preview_edit(update_id: str) -> Response:
    """The update as it would be read: a fragment for the script."""
    with current.installation().database.read() as session:
        update = amendments.load_update(session, update_id)
        _body, _translations, said = amendments.words_of(session, update)
        return show("updates/_preview.html", form=Form(request.form), said=said)


@admin.get("/incidents/<incident_id>/amend")
def edit_incident(incident_id: str) -> Response:
    """The form that sets an incident's title and components right."""
    with current.installation().database.read() as session:
        incident = incidents.load_incident(session, incident_id)
        if incident.draft:
            return go("edit_proposal", incident_id=incident_id)
        form = unsent.brought_back(session, f"amend-{incident_id}") or Form(_as_it_is(session, incident))
        return _show_amendment(session, incident, form)


@admin.post("/incidents/<incident_id>/amend")
def amend_incident(incident_id: str) -> Response:
    """Set them right; the page says that it was edited."""
    form, now, key = Form(request.form), current.now(), f"amend-{incident_id}"
    try:
        with site_change(current.installation(), now, author=user().email) as change:
            incident = incidents.load_incident(change.session, incident_id)
            draft = _read_amendment(change.session, form, incident)
            client, policy = login_limits.client_network(), change.policy
            amend(change.session, incident, draft, policy=policy, author=change.author, now=now, client=client)
            unsent.end(change.session, key, form)
    except Refused as refused:
        form.refuse_all(refused)
        unsent.keep_refused(key, form)
        with current.installation().database.read() as session:
            return _show_amendment(session, incidents.load_incident(session, incident_id), form, 422)
    tell(_("Changed. The page says that it was edited; nobody is mailed of that."), change, sent=key)
    return go("show_incident", incident_id=incident_id)


@admin.post("/updates/<update_id>/withdraw")
def withdraw_update(update_id: str) -> Response:
    """Take it back."""

    def again(session: Session, update: Update, form: Form) -> Response:
        return _show(session, update, Form(_prefilled(session, update)), form, 422)

    return _withdraw(lambda s: amendments.load_update(s, update_id), amendments.withdraw_update, _parent_of, again)


@admin.post("/incidents/<incident_id>/withdraw")
def withdraw_incident(incident_id: str) -> Response:
    """Take an incident back, with all that it said."""

    def again(session: Session, incident: Incident, form: Form) -> Response:
        fresh = Form(incident_pages.prefilled(session, incident))
        return incident_pages.show_one(session, incident, fresh, 422, withdrawal=form)

    def load(session: Session) -> Incident:
        return incidents.load_incident(session, incident_id)

    return _withdraw(load, amendments.withdraw_incident, lambda _row: ("list_incidents", {}), again)


@admin.post("/maintenance/<maintenance_id>/withdraw")
def withdraw_maintenance(maintenance_id: str) -> Response:
    """Take a maintenance back as if it had never been announced."""

    def again(session: Session, notice: Maintenance, form: Form) -> Response:
        return maintenance_pages.show_one(session, notice, 422, withdrawal=form)

    def load(session: Session) -> Maintenance:
        return maintenance.load_maintenance(session, maintenance_id)

    return _withdraw(load, amendments.withdraw_maintenance, lambda _row: ("list_maintenances", {}), again)


def _withdraw(
    load: Callable[[Session], Row],
    withdraw: Callable[..., None],
    back: Callable[[Row], tuple[str, dict[str, str]]],
    again: Callable[[Session, Row, Form], Response],
) -> Response:
    """Take back what is loaded and go `back` to where it stood, or show its page `again` with what is wrong."""
    form, now = Form(request.form), current.now()
    try:
        with site_change(current.installation(), now, author=user().email) as change:
            row = load(change.session)
            endpoint, values = back(row)
            why, client = read_draft(Withdrawal, {"reason": form.value("reason")}), login_limits.client_network()
            withdraw(change.session, row, why, author=change.author, now=now, client=client)
    except Refused as refused:
        form.refuse_all(refused)
        with current.installation().database.read() as session:
            return again(session, load(session), form)
    tell(_("Withdrawn. What was not sent yet is not sent."), change)
    return go(endpoint, **values)


def _show(session: Session, update: Update, form: Form, withdrawal: Form, status: int = 200) -> Response:
    endpoint, values = _parent_of(update)
    parent = update.incident or update.maintenance
    _body, _translations, said = amendments.words_of(session, update)
    return show(
        "updates/edit.html",
        status,
        update=update,
        parent=parent,
        parent_endpoint=f"admin.{endpoint}",
        parent_values=values,
        form=form,
        said=said,
        unsent=unsent.offered(session, f"update-{update.id}", form),
        withdrawal=withdrawal,
        is_first=parent is not None and parent.updates[:1] == [update],
    )


def _parent_of(update: Update) -> tuple[str, dict[str, str]]:
    """The endpoint and values of the page that the update stands on."""
    if update.incident_id is not None:
        return "show_incident", {"incident_id": update.incident_id}
    return "show_maintenance", {"maintenance_id": str(update.maintenance_id)}


def _prefilled(session: Session, update: Update) -> dict[str, Any]:
    body, translations, _said = amendments.words_of(session, update)
    return {
        "body": body,
        "posted_at": written(update.posted_at, zone()),
        "edits": str(len(update.versions)),
        **written_translations(translations),
    }


def _read(session: Session, form: Form, update: Update) -> UpdateChange:
    """Only what differs from what is so. Raises Refused."""
    values: dict[str, Any] = {}
    body, translations, _said = amendments.words_of(session, update)
    if form.value("body").replace("\r\n", "\n").strip() != body.strip():
        values["body"] = form.value("body")
    if update.incident_id is not None and form.value("posted_at") != written(update.posted_at, zone()):
        values["posted_at"] = form.instant("posted_at", zone())
    if form.translations() != translations:
        values["translations"] = form.translations()
    if form.value("edits").isdecimal():
        values["edits"] = int(form.value("edits"))
    form.check()
    return read_draft(UpdateChange, values)


def _as_it_is(session: Session, incident: Incident) -> dict[str, Any]:
    said = said_at_worst(session, incident)
    return {
        "title": incident.title,
        "edits": str(len(incident.versions)),
        **{f"components.{slug}": status for slug, status in said.items()},
        **written_translations(translations_of(incident.texts)),
    }


def _read_amendment(session: Session, form: Form, incident: Incident) -> IncidentAmendment:
    """Only what differs from what is so. Raises Refused."""
    values: dict[str, Any] = {}
    said = said_at_worst(session, incident)
    wanted = {slug: status or None for slug, status in form.prefixed("components.")}
    changed = {slug: status for slug, status in wanted.items() if status != said.get(slug)}
    if form.value("title").strip() != incident.title:
        values["title"] = form.value("title")
    if changed:
        values["components"] = changed
    if form.translations() != translations_of(incident.texts):
        values["translations"] = form.translations()
    if form.value("edits").isdecimal():
        values["edits"] = int(form.value("edits"))
    return read_draft(IncidentAmendment, values)


def _show_amendment(session: Session, incident: Incident, form: Form, status: int = 200) -> Response:
    return show(
        "incidents/amend.html",
        status,
        incident=incident,
        form=form,
        unsent=unsent.offered(session, f"amend-{incident.id}", form),
        groups=by_group(load_components(session)),
        statuses=[each for each in SETTABLE if each is not ComponentStatus.OPERATIONAL],
    )
