"""Notices in the admin: the list with a form for a new one, and the page that changes or deletes one."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import notices
from statuspage.changes import site_change
from statuspage.drafts import read_draft
from statuspage.errors import Refused
from statuspage.models import Notice
from statuspage.notice_drafts import NoticeChange, NoticeDraft
from statuspage.notify.recipients import count_notice_readers
from statuspage.web import current
from statuspage.web.admin import unsent
from statuspage.web.admin.door import admin, go, note, show, tell, user, zone
from statuspage.web.forms import Form, written, written_translations


@admin.get("/notices")
def list_notices() -> Response:
    """All notices, newest first, and the form for a new one."""
    with current.installation().database.read() as session:
        return show_list(session, unsent.brought_back(session, "notice-new") or Form())


@admin.post("/notices")
def create_notice() -> Response:
    """Put it on the page."""
    form, now = Form(request.form), current.now()
    try:
        draft = read_notice(form)
        with site_change(current.installation(), now, author=user().email) as change:
            posted = notices.post_notice(change.session, draft, author=change.author, now=now)
            note(change.session, "notice.post", posted.id, now=now, title=posted.title, notify=draft.notify)
            unsent.end(change.session, "notice-new", form)
    except Refused as refused:
        form.refuse_all(refused)
        unsent.keep_refused("notice-new", form)
        with current.installation().database.read() as session:
            return show_list(session, form, 422)
    told = _("%(count)s e-mails queued.", count=f"{change.queued:,}") if change.queued else _("No e-mail is sent.")
    tell(_("The notice is on the page.") + f" {told}", change, sent="notice-new")
    return go("list_notices")


@admin.get("/notices/<notice_id>")
def edit_notice(notice_id: str) -> Response:
    """The form that changes a notice."""
    with current.installation().database.read() as session:
        found = notices.load_notice(session, notice_id)
        return _show_one(session, found, unsent.brought_back(session, f"notice-{notice_id}") or _prefilled(found))


@admin.post("/notices/<notice_id>")
def change_notice(notice_id: str) -> Response:
    """Save it, or take it off the page for good."""
    form, now = Form(request.form), current.now()
    deletes, key = form.value("do") == "delete", f"notice-{notice_id}"
    try:
        values = {} if deletes else {**_values(form), "edits": int(form.filled("edits") or 0)}
        form.check()
        wanted = read_draft(NoticeChange, values)
        with site_change(current.installation(), now, author=user().email) as change:
            found = notices.load_notice(change.session, notice_id)
            note(change.session, f"notice.{'delete' if deletes else 'change'}", found.id, now=now, title=found.title)
            if deletes:
                notices.delete_notice(change.session, found)
            else:
                notices.change_notice(change.session, found, wanted, now=now)
            unsent.end(change.session, key, form)
    except Refused as refused:
        form.refuse_all(refused)
        unsent.keep_refused(key, form)
        with current.installation().database.read() as session:
            return _show_one(session, notices.load_notice(session, notice_id), form, 422)
    tell(_("The notice is gone.") if deletes else _("The notice is saved."), change, sent=key)
    return go("list_notices")


@admin.post("/notices/preview")
def preview_notice() -> Response:
    """The notice as it would be read: a fragment for the script."""
    return show("notices/_preview.html", form=Form(request.form))


def _prefilled(found: Notice) -> Form:
    return Form(
        {
            "title": found.title,
            "body": found.body,
            "ends_at": written(found.ends_at, zone()) if found.ends_at else "",
            "pinned": "yes" if found.pinned else "",
            "edits": str(found.edits),
            **written_translations(found.texts or {}),
        }
    )


def _show_one(session: Session, found: Notice, form: Form, status: int = 200) -> Response:
    kept = unsent.offered(session, f"notice-{found.id}", form)
    form.typed.setdefault("edits", str(found.edits))
    return show("notices/form.html", status, form=form, notice=found, unsent=kept)


def read_notice(form: Form) -> NoticeDraft:
    """The draft that the form of a new notice describes. Raises Refused."""
    values = {**_values(form), "notify": form.is_ticked("notify")}
    form.check()
    return read_draft(NoticeDraft, values)


def _values(form: Form) -> dict[str, Any]:
    return {
        "title": form.value("title"),
        "body": form.value("body"),
        "ends_at": form.instant("ends_at", zone()) if form.filled("ends_at") else None,
        "pinned": form.is_ticked("pinned"),
        "translations": form.translations(),
    }


def show_list(session: Session, form: Form, status: int = 200) -> Response:
    """All notices and the form for a new one, with what was typed."""
    told = count_notice_readers(session)
    kept = unsent.offered(session, "notice-new", form)
    return show("notices/list.html", status, form=form, notices=notices.load_notices(session), told=told, unsent=kept)
