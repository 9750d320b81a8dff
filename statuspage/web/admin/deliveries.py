"""Deliveries in the admin: what is owed, sent and given up, and trying the given-up ones again."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from statuspage.errors import NotFound
from statuspage.models import Delivery
from statuspage.web import current
from statuspage.web.admin.board import load_mail_health
from statuspage.web.admin.door import admin, go, note, show, tell
from statuspage.web.forms import Form

STATES = ("due", "dead", "sent", "skipped")
LIST_LENGTH = 100


@admin.get("/deliveries")
def list_deliveries() -> Response:
    """The newest deliveries of one state; counts of all."""
    state, now = request.args.get("state", "due"), current.now()
    if state not in STATES:
        raise NotFound("state of deliveries", state)
    installation = current.installation()
    with installation.database.read() as session:
        by_state = session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all()
        found = session.scalars(
            select(Delivery)
            .where(Delivery.state == state)
            .options(joinedload(Delivery.subscriber), joinedload(Delivery.update))
            .order_by(Delivery.id.desc())
            .limit(LIST_LENGTH)
        ).all()
        mail = load_mail_health(session, installation, now)
        return show(
            "deliveries/list.html",
            deliveries=found,
            state=state,
            states=STATES,
            counts={row[0]: row[1] for row in by_state},
            mail=mail,
        )


@admin.post("/deliveries/retry")
def retry_deliveries() -> Response:
    """Make one given-up delivery due again, or all of them."""
    form, now = Form(request.form), current.now()
    dead = update(Delivery).where(Delivery.state == "dead")
    if form.value("id").isdecimal():
        dead = dead.where(Delivery.id == int(form.value("id")))
    with current.installation().database.write() as session:
        again = session.execute(
            dead.values(state="due", due_at=now, attempts=0, lease_until=None).returning(Delivery.id)
        ).all()
        note(session, "delivery.retry", form.value("id") or "all", now=now, count=len(again))
    current.installation().nudge()
    tell(_("%(count)s messages are due again.", count=len(again)))
    return go("list_deliveries", state="due")
