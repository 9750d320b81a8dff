"""What was posted by mistake: an update is edited, and an update, an incident or a maintenance withdrawn."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import amendments, incidents, maintenance
from statuspage.amendment_drafts import UpdateChange, Withdrawal
from statuspage.changes import site_change
from statuspage.drafts import read_draft
from statuspage.errors import Refused
from statuspage.models import Update
from statuspage.tongues import translations_of
from statuspage.web import current, login_limits
from statuspage.web.admin import incidents as incident_pages
from statuspage.web.admin import maintenance as maintenance_pages
from statuspage.web.admin.door import admin, go, show, tell, user, zone
from statuspage.web.forms import Form, written, written_translations


@admin.get("/updates/<update_id>")
def edit_update(update_id: str) -> Response:
    """One update with the form that changes its words, and what it said before."""
    with current.installation().database.read() as session:
        update = amendments.load_update(session, update_id)
        return _show(session, update, Form(_prefilled(update)), Form())


@admin.post("/updates/<update_id>")
def change_update(update_id: str) -> Response:
    """Change its words or the time it shows."""
    form, now = Form(request.form), current.now()
    try:
        with site_change(current.installation(), now, author=user().email) as change:
            update = amendments.load_update(change.session, update_id)
            draft = _read(form, update)
            client = login_limits.client_network()
            amendments.edit_update(change.session, update, draft, author=change.author, now=now, client=client)
            endpoint, values = _parent_of(update)
    except Refused as refused:
        form.refuse_all(refused)
        with current.installation().database.read() as session:
            return _show(session, amendments.load_update(session, update_id), form, Form(), 422)
    said = _("Changed. The page says that it was edited; nobody is mailed of that.")
    tell(said, change, sent=f"update-{update_id}")
    return go(endpoint, **values)


@admin.post("/updates/<update_id>/withdraw")
def withdraw_update(update_id: str) -> Response:
    """Take it back."""
    form, now = Form(request.form), current.now()
    try:
        with site_change(current.installation(), now, author=user().email) as change:
            update = amendments.load_update(change.session, update_id)
            (endpoint, values), why = _parent_of(update), _why(form)
            client = login_limits.client_network()
            amendments.withdraw_update(change.session, update, why, author=change.author, now=now, client=client)
    except Refused as refused:
        form.refuse_all(refused)
        with current.installation().database.read() as session:
            update = amendments.load_update(session, update_id)
            return _show(session, update, Form(_prefilled(update)), form, 422)
    tell(_("Withdrawn. What was not sent yet is not sent."), change)
    return go(endpoint, **values)


@admin.post("/incidents/<incident_id>/withdraw")
def withdraw_incident(incident_id: str) -> Response:
    """Take an incident back, with all that it said."""
    form, now = Form(request.form), current.now()
    try:
        with site_change(current.installation(), now, author=user().email) as change:
            incident = incidents.load_incident(change.session, incident_id)
            client, why = login_limits.client_network(), _why(form)
            amendments.withdraw_incident(change.session, incident, why, author=change.author, now=now, client=client)
    except Refused as refused:
        form.refuse_all(refused)
        with current.installation().database.read() as session:
            incident = incidents.load_incident(session, incident_id)
            fresh = Form(incident_pages.prefilled(session, incident))
            return incident_pages.show_one(session, incident, fresh, 422, withdrawal=form)
    tell(_("Withdrawn. What was not sent yet is not sent."), change)
    return go("list_incidents")


@admin.post("/maintenance/<maintenance_id>/withdraw")
def withdraw_maintenance(maintenance_id: str) -> Response:
    """Take a maintenance back as if it had never been announced."""
    form, now = Form(request.form), current.now()
    try:
        with site_change(current.installation(), now, author=user().email) as change:
            notice = maintenance.load_maintenance(change.session, maintenance_id)
            client, why = login_limits.client_network(), _why(form)
            amendments.withdraw_maintenance(change.session, notice, why, author=change.author, now=now, client=client)
    except Refused as refused:
        form.refuse_all(refused)
        with current.installation().database.read() as session:
            notice = maintenance.load_maintenance(session, maintenance_id)
            return maintenance_pages.show_one(session, notice, 422, withdrawal=form)
    tell(_("Withdrawn. What was not sent yet is not sent."), change)
    return go("list_maintenances")


def _show(session: Session, update: Update, form: Form, withdrawal: Form, status: int = 200) -> Response:
    endpoint, values = _parent_of(update)
    parent = update.incident or update.maintenance
    return show(
        "updates/edit.html",
        status,
        update=update,
        parent=parent,
        parent_endpoint=f"admin.{endpoint}",
        parent_values=values,
        form=form,
        withdrawal=withdrawal,
        is_first=parent is not None and parent.updates[:1] == [update],
    )


def _parent_of(update: Update) -> tuple[str, dict[str, str]]:
    """The endpoint and values of the page that the update stands on."""
    if update.incident_id is not None:
        return "show_incident", {"incident_id": update.incident_id}
    return "show_maintenance", {"maintenance_id": str(update.maintenance_id)}


def _prefilled(update: Update) -> dict[str, Any]:
    return {
        "body": update.body,
        "posted_at": written(update.posted_at, zone()),
        "edits": str(len(update.versions)),
        **written_translations(translations_of(update.texts)),
    }


def _read(form: Form, update: Update) -> UpdateChange:
    """Only what differs from what is so. Raises Refused."""
    values: dict[str, Any] = {}
    if form.value("body").replace("\r\n", "\n").strip() != update.body.strip():
        values["body"] = form.value("body")
    if update.incident_id is not None and form.value("posted_at") != written(update.posted_at, zone()):
        values["posted_at"] = form.instant("posted_at", zone())
    if form.translations() != translations_of(update.texts):
        values["translations"] = form.translations()
    if form.value("edits").isdecimal():
        values["edits"] = int(form.value("edits"))
    form.check()
    return read_draft(UpdateChange, values)


def _why(form: Form) -> Withdrawal:
    return read_draft(Withdrawal, {"reason": form.value("reason")})
