"""Before publishing: the page's text and the mail as they would be, and the same mail sent to oneself.

The form's post is carried out in a transaction that is always taken back, so what is shown is what posting would
make, and nothing of it stays. What was typed travels along in hidden fields: the page works without JavaScript.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import extensions, incidents, maintenance, notices
from statuspage.components import load_page
from statuspage.domain.sla.policy import Policy
from statuspage.errors import Refused
from statuspage.models import Maintenance
from statuspage.notify.letterhead import Letterhead, load_letterhead
from statuspage.notify.news import NoticeNews, load_news, load_notice_news
from statuspage.notify.rehearsals import News, Rehearsal, rehearse, send_test
from statuspage.web import current
from statuspage.web.admin import incidents as incident_pages
from statuspage.web.admin import maintenance as maintenance_pages
from statuspage.web.admin import notices as notice_pages
from statuspage.web.admin import updates as update_pages
from statuspage.web.admin.door import HEADERS, OWN_FIELDS, admin, note, show, user
from statuspage.web.admin.windows import (
    read_cancel,
    read_extension,
    read_first,
    read_move,
    read_word,
    refuse_window,
)
from statuspage.web.forms import Form

Make = Callable[[Session, datetime], News]
Again = Callable[[Session, Form, int], Response]
CONTENT_POLICY = HEADERS["Content-Security-Policy"].replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""The mail's frame inherits the page's policy, and mails carry their styles inline; the frame's sandbox runs nothing
and both pages escape what people typed."""


@admin.post("/incidents/look")
def look_at_incident() -> Response:
    """A new incident as it would be published and mailed."""
    form = Form(request.form)

    def make(session: Session, now: datetime) -> News:
        draft = incident_pages.read_form(form).model_copy(update={"notify": False})
        policy = current.installation().policy(now, session)
        incident = incidents.open_incident(session, draft, policy=policy, author=user().email, now=now)
        session.refresh(incident, ["updates"])
        return load_news(session, incident.updates[-1].id, policy)

    return _look(form, make, incident_pages.show_form, url_for("admin.create_incident"))


@admin.post("/incidents/<incident_id>/look")
def look_at_update(incident_id: str) -> Response:
    """An update as it would be published and mailed."""
    form = Form(request.form)

    def make(session: Session, now: datetime) -> News:
        incident = incidents.load_incident(session, incident_id)
        held = incidents.components_held(session, incident)
        draft = update_pages.read_update(form, held).model_copy(update={"notify": False})
        policy = current.installation().policy(now, session)
        update = incidents.post_update(session, incident, draft, policy=policy, author=user().email, now=now)
        return load_news(session, update.id, policy)

    def again(session: Session, typed: Form, status: int) -> Response:
        return incident_pages.show_one(session, incidents.load_incident(session, incident_id), typed, status)

    return _look(form, make, again, url_for("admin.create_update", incident_id=incident_id))


@admin.post("/maintenance/look")
def look_at_maintenance() -> Response:
    """A new maintenance as it would be published and mailed."""
    form = Form(request.form)

    def make(session: Session, now: datetime) -> News:
        draft = read_first(form).model_copy(update={"notify": False})
        policy = current.installation().policy(now, session)
        notice = maintenance.schedule(session, draft, policy=policy, author=user().email, now=now)
        session.refresh(notice, ["updates"])
        return load_news(session, notice.updates[-1].id, policy)

    return _look(form, make, maintenance_pages.show_form, url_for("admin.create_maintenance"))


@admin.post("/maintenance/<maintenance_id>/look")
@admin.post("/maintenance/<maintenance_id>/look/<any(move, extend, cancel):step>")
def look_at_maintenance_update(maintenance_id: str, step: str = "update") -> Response:
    """A word on a maintenance, or its move, extension or end, as it would be published and mailed."""
    form = Form(request.form)

    def make(session: Session, now: datetime) -> News:
        notice = maintenance.load_maintenance(session, maintenance_id)
        policy = current.installation().policy(now, session)
        _take_step(session, notice, form, step, policy=policy, now=now)
        session.flush()
        session.refresh(notice, ["updates"])
        return load_news(session, notice.updates[-1].id, policy)

    def again(session: Session, typed: Form, status: int) -> Response:
        notice = maintenance.load_maintenance(session, maintenance_id)
        return maintenance_pages.show_one(session, notice, status, **{step: typed})

    door = "create_maintenance_update" if step == "update" else f"{step}_maintenance"
    return _look(form, make, again, url_for(f"admin.{door}", maintenance_id=maintenance_id))


def _take_step(
    session: Session, notice: Maintenance, form: Form, step: str, *, policy: Policy, now: datetime
) -> None:
    """Do what a form on a maintenance's page asks, telling nobody."""
    quiet, author = {"notify": False}, user().email
    match step:
        case "move":
            moved = read_move(form).model_copy(update=quiet)
            maintenance.move(session, notice, moved, policy=policy, author=author, now=now)
        case "extend":
            longer = read_extension(form).model_copy(update=quiet)
            extensions.extend(session, notice, longer, policy=policy, author=author, now=now)
        case "cancel":
            maintenance.cancel(session, notice, read_cancel(form).model_copy(update=quiet), author=author, now=now)
        case _:
            maintenance.post_update(session, notice, read_word(form).model_copy(update=quiet), author=author, now=now)


@admin.post("/notices/look")
def look_at_notice() -> Response:
    """A notice as it would be published and mailed."""
    form = Form(request.form)

    def make(session: Session, now: datetime) -> News:
        draft = notice_pages.read_notice(form).model_copy(update={"notify": False})
        posted = notices.post_notice(session, draft, author=user().email, now=now)
        return load_notice_news(session, posted.id, current.installation().base_url(session))

    return _look(form, make, notice_pages.show_list, url_for("admin.create_notice"))


def _look(form: Form, make: Make, again: Again, action: str) -> Response:
    """Show what posting the form to `action` would make; "do" says whether to send a test or go back to the form."""
    now, installation = current.now(), current.installation()
    if form.value("do") == "back":
        with installation.database.read() as session:
            return again(session, form, 200)
    try:
        with _taken_back() as session:
            news = make(session, now)
            page, letterhead = load_page(session), load_letterhead(session, installation.settings)
            languages = list(page.languages)
    except Refused as refused:
        refuse_window(form, refused, installation.policy(now))
        with installation.database.read() as session:
            return again(session, form, 422)
    chosen = form.value("mail_language")
    language = chosen if chosen in languages else languages[0]
    mail = rehearse(news, letterhead, user().email, language, now)
    sent, trouble = _send(mail, letterhead, action, now) if form.value("do") == "test" else ("", "")
    answer = show(
        "preview.html",
        news=news,
        mail=mail,
        sent=sent,
        trouble=trouble,
        action=action,
        fields=_typed(form),
        languages=languages,
        language=language,
        is_notice=isinstance(news, NoticeNews),
        notify=form.is_ticked("notify"),
    )
    answer.headers["Content-Security-Policy"] = CONTENT_POLICY
    return answer


@contextmanager
def _taken_back() -> Iterator[Session]:
    """A transaction whose work is undone at its end."""
    with current.installation().database.write() as session:
        try:
            yield session
        finally:
            session.rollback()


def _send(mail: Rehearsal, letterhead: Letterhead, action: str, now: datetime) -> tuple[str, str]:
    """(what was done, what stood in the way); one of them is empty."""
    settings = current.installation().settings
    if not settings.mail_server:
        return "", _("No mail server is set: nothing can be sent.")
    try:
        send_test(mail, letterhead, settings)
    except (smtplib.SMTPException, OSError) as error:
        return "", _("The test was not sent: %(error)s", error=str(error)[:300])
    with current.installation().database.write() as session:
        note(session, "mail.test", action, now=now)
    return _("A test was sent to %(address)s, and to nobody else.", address=mail.recipient), ""


def _typed(form: Form) -> Iterable[tuple[str, Any]]:
    return [(name, value) for name, value in form.typed.items(multi=True) if name not in OWN_FIELDS]
