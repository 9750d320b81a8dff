"""Corrections in the admin: setting right what a component was, with a reason that the page shows."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import corrections
from statuspage.changes import site_change
from statuspage.components import load_components
from statuspage.corrections import CorrectionDraft
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.drafts import read_draft
from statuspage.errors import Refused
from statuspage.web import current
from statuspage.web.admin.door import admin, go, show, tell, user, zone
from statuspage.web.forms import Form


@admin.get("/corrections")
def list_corrections() -> Response:
    """All corrections and the form for a further one."""
    with current.installation().database.read() as session:
        return _show_list(session, Form())


@admin.post("/corrections")
def create_correction() -> Response:
    """Record it."""
    form, now = Form(request.form), current.now()
    starts_at, ends_at = form.instant("starts_at", zone()), form.instant("ends_at", zone())
    try:
        form.check()
        values = {
            "component": form.value("component"),
            "starts_at": starts_at,
            "ends_at": ends_at,
            "status": form.value("status"),
            "reason": form.value("reason"),
        }
        draft = read_draft(CorrectionDraft, values)
        with site_change(current.installation(), now, author=user().email) as change:
            corrections.record_correction(change.session, draft, policy=change.policy, author=change.author, now=now)
    except Refused as refused:
        form.refuse_all(refused)
        with current.installation().database.read() as session:
            return _show_list(session, form, 422)
    tell(_("The correction counts, and the page shows it with its reason."), change)
    return go("list_corrections")


@admin.post("/corrections/<correction_id>/withdraw")
def withdraw_correction(correction_id: str) -> Response:
    """Withdraw it; it stays listed."""
    now = current.now()
    with site_change(current.installation(), now, author=user().email) as change:
        row = corrections.load_correction(change.session, correction_id)
        corrections.withdraw_correction(change.session, row, author=change.author, now=now)
    tell(_("The correction is withdrawn and counts no more."), change)
    return go("list_corrections")


def _show_list(session: Session, form: Form, status: int = 200) -> Response:
    found = load_components(session)
    return show(
        "corrections/list.html",
        status,
        form=form,
        corrections=corrections.load_corrections(session),
        names={component.id: component.name for component in found},
        components=found,
        statuses=list(ComponentStatus),
    )
