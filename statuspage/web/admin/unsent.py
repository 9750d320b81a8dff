"""Forms that were not sent yet: kept while one types, offered when the form is opened again, on any device."""

from __future__ import annotations

import re
from collections.abc import Sequence
from secrets import token_hex

from flask import Response, abort, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from statuspage import unsent
from statuspage.models import UnsentForm
from statuspage.web import current
from statuspage.web.admin.door import OWN_FIELDS, admin, go, user
from statuspage.web.forms import Form

_KEY = re.compile(
    r"(incident|postmortem|maintenance|notice|update|draft|amend)-([A-Za-z0-9_-]{1,40}?)(?:-(?:update|move|cancel|extend))?"
)
_WRITER = re.compile(r"[0-9a-f]{16}")
_TELLING = ("title", "body", "starts_at", "ends_at")
"""Without any of these a form says nothing worth bringing back."""
_OPENED_BY = {
    "incident": ("show_incident", "incident_id"),
    "postmortem": ("write_postmortem", "incident_id"),
    "maintenance": ("show_maintenance", "maintenance_id"),
    "notice": ("edit_notice", "notice_id"),
    "update": ("edit_update", "update_id"),
    "draft": ("edit_proposal", "incident_id"),
    "amend": ("edit_incident", "incident_id"),
}


@admin.post("/unsent/<key>")
def keep_unsent(key: str) -> Response:
    """Keep what is typed so far; the script asks for it."""
    form = Form(request.form)
    _check(key, form.value("writer"))
    with current.installation().database.write() as session:
        keep(session, key, form)
    return Response(status=204)


@admin.post("/unsent/<key>/drop")
def drop_unsent(key: str) -> Response:
    """Throw away what was not sent."""
    writer = request.form.get("writer", "")
    kind, name = _check(key, writer)
    with current.installation().database.write() as session:
        unsent.end_form(session, user().id, key, writer, now=current.now())
    if name == "new":
        return go("list_notices" if kind == "notice" else f"new_{kind}")
    endpoint, value = _OPENED_BY[kind]
    return go(endpoint, **{value: name})


def keep(session: Session, key: str, form: Form) -> None:
    """Keep what a form holds: it is being typed, or was refused."""
    writer = form.value("writer")
    if _WRITER.fullmatch(writer):
        fields = [(name, value) for name, value in form.typed.items(multi=True) if name not in OWN_FIELDS]
        unsent.keep_form(session, user().id, key, writer, fields, now=current.now())


def keep_refused(key: str, form: Form) -> None:
    """As keep, in a transaction of its own: the one of the post was taken back."""
    with current.installation().database.write() as session:
        keep(session, key, form)


def end(session: Session, key: str, form: Form) -> None:
    """The form was sent: nothing of it is left to offer."""
    if _WRITER.fullmatch(form.value("writer")):
        unsent.end_form(session, user().id, key, form.value("writer"), now=current.now())


def brought_back(session: Session, key: str) -> Form | None:
    """The unsent form that is asked for ("?unsent=ID"); None when none is, or it is gone."""
    wanted = request.args.get("unsent", "")
    for row in unsent.load_forms(session, user().id, key):
        if str(row.id) == wanted:
            return Form(MultiDict((name, value) for name, value in row.fields))
    return None


def offered(session: Session, key: str, form: Form) -> Sequence[UnsentForm]:
    """What else was typed into this form and not sent; a form without a writer gets one."""
    form.typed.setdefault("writer", token_hex(8))
    others = (row for row in unsent.load_forms(session, user().id, key) if row.writer != form.value("writer"))
    return [row for row in others if any(value.strip() for name, value in row.fields if name in _TELLING)]


def _check(key: str, writer: str) -> tuple[str, str]:
    """Kind and name of a form's key. Aborts with 404 for what is no form."""
    found = _KEY.fullmatch(key)
    if found is None or not _WRITER.fullmatch(writer):
        abort(404)
    return found[1], found[2]
