"""One subscriber's record in the admin (choices, proof, deliveries, own data, erasure), and whole lists as CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import subscribers
from statuspage.errors import Problem, Refused
from statuspage.models import Delivery, Subscriber
from statuspage.notify.quarantine import label_of, shown_address
from statuspage.notify.readers import load_people
from statuspage.notify.wished import wishes_of
from statuspage.personal_data import load_consents, personal_data
from statuspage.subscriber_lists import export_lines, import_list
from statuspage.web import current
from statuspage.web.admin.door import admin, go, note, show, tell, user, words
from statuspage.web.forms import Form

LATEST = 50


@admin.get("/subscribers/<subscriber_id>")
def show_subscriber(subscriber_id: str) -> Response:
    """All that is known of one subscriber."""
    with current.installation().database.read() as session:
        return _show(session, subscribers.load_subscriber(session, subscriber_id), Form({}))


@admin.get("/subscribers/<subscriber_id>/data.json")
def download_subscriber(subscriber_id: str) -> Response:
    """The same as a file for who asks for their data (GDPR articles 15 and 20)."""
    with current.installation().database.read() as session:
        found = subscribers.load_subscriber(session, subscriber_id)
        text = json.dumps(personal_data(session, found), ensure_ascii=False, indent=2)
    response = Response(text + "\n", mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="subscriber-{found.id}.json"'
    return response


@admin.post("/subscribers/<subscriber_id>/erase")
def erase_subscriber(subscriber_id: str) -> Response:
    """Forget somebody wholly, once the box is ticked (GDPR article 17)."""
    form, now = Form(request.form), current.now()
    with current.installation().database.write() as session:
        found = subscribers.load_subscriber(session, subscriber_id)
        if not form.is_ticked("sure"):
            form.refuse("sure", _("Tick the box: this cannot be undone."))
            return _show(session, found, form, 422)
        note(session, "subscriber.erase", found.id, now=now)
        subscribers.erase(session, found)
    tell(_("Erased, with all that was kept of it."))
    return go("list_subscribers")


@admin.get("/subscribers/export.csv")
def export_subscribers() -> Response:
    """Who subscribes by mail, as a CSV file, a line at a time."""
    installation, now = current.installation(), current.now()
    with installation.database.write() as session:
        note(session, "subscriber.export", "csv", now=now)

    def lines() -> Iterator[str]:
        with installation.database.read() as session:
            yield from export_lines(session)

    response = Response(lines(), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="subscribers.csv"'
    return response


@admin.post("/subscribers/import")
def import_subscribers() -> Response:
    """Take in a CSV file; one bad line stops everything unless "skip" is ticked."""
    form, now = Form(request.form), current.now()
    sent = request.files.get("file")
    added, refused = 0, list[tuple[int, Problem]]()
    try:
        text, database = sent.read().decode("utf-8-sig") if sent else "", current.installation().database
        source, skip = f"import:{user().email}"[:80], form.is_ticked("skip")
        added, refused = import_list(database, text, source=source, skip_bad=skip, now=now)
        if added:
            with database.write() as session:
                note(session, "subscriber.import", "csv", now=now, added=added)
    except UnicodeDecodeError:
        refused = [(1, Problem("file", "is not UTF-8 text"))]
    except Refused as error:
        refused = [(1, problem) for problem in error.problems]
    current.installation().nudge()
    found = sorted(refused, key=lambda each: each[0])
    return show("subscribers/imported.html", 200 if added or not found else 422, added=added, refused=found)


def _show(session: Session, found: Subscriber, form: Form, status: int = 200) -> Response:
    person = load_people(session, [found.id])[found.id]
    deliveries = session.scalars(
        select(Delivery).where(Delivery.subscriber_id == found.id).order_by(Delivery.id.desc()).limit(LATEST)
    ).all()
    return show(
        "subscribers/show.html",
        status,
        subscriber=found,
        form=form,
        address=shown_address(found),
        channel=label_of(found.channel, _("Webhook")),
        wishes=wishes_of(person.wishes, words()),
        consents=load_consents(session, found),
        deliveries=deliveries,
    )
