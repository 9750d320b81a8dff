"""Regular slots in the admin: the weekly windows, adding one, ending one."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import slots
from statuspage.changes import site_change
from statuspage.components import load_components
from statuspage.drafts import read_draft
from statuspage.errors import Refused
from statuspage.web import current
from statuspage.web.admin.door import admin, go, note, show, tell, user
from statuspage.web.forms import Form
from statuspage.work_drafts import SlotDraft


@admin.get("/maintenance/slots")
def list_slots() -> Response:
    """The weekly windows and the form for a further one."""
    with current.installation().database.read() as session:
        return _show_list(session, Form({"weekday": "5", "starts": "04:00", "minutes": "120"}))


@admin.post("/maintenance/slots")
def create_slot() -> Response:
    """Add one; the worker announces its occurrences."""
    form, now = Form(request.form), current.now()
    values = {
        "title": form.value("title"),
        "body": form.value("body"),
        "weekday": _number(form.value("weekday")),
        "starts": form.filled("starts"),
        "minutes": _number(form.value("minutes")),
        "components": form.values("components"),
        "translations": form.translations(),
    }
    try:
        draft = read_draft(SlotDraft, values)
        with site_change(current.installation(), now, author=user().email) as change:
            added = slots.add_slot(change.session, draft, policy=change.policy, author=change.author, now=now)
            note(change.session, "slot.add", added.id, now=now, title=added.title)
    except Refused as refused:
        form.refuse_all(refused)
        with current.installation().database.read() as session:
            return _show_list(session, form, 422)
    tell(_("The slot is kept. Its occurrences are announced in time."), change)
    return go("list_slots")


@admin.post("/maintenance/slots/<slot_id>/end")
def end_slot(slot_id: str) -> Response:
    """Announce nothing further of it."""
    now = current.now()
    with site_change(current.installation(), now, author=user().email) as change:
        found = slots.load_slot(change.session, slot_id)
        slots.end_slot(change.session, found, now=now)
        note(change.session, "slot.end", found.id, now=now, title=found.title)
    tell(_("Nothing further of it is announced. Cancel what is announced already where it is not wanted."), change)
    return go("list_slots")


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 6 else None


def _show_list(session: Session, form: Form, status: int = 200) -> Response:
    policy = current.installation().policy(current.now(), session)
    days = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
    return show(
        "maintenance/slots.html",
        status,
        form=form,
        slots=slots.load_slots(session),
        components=load_components(session),
        policy=policy,
        days=days,
    )
