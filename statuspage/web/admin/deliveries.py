"""Deliveries in the admin: what is owed, sent and given up, and trying the given-up ones again."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy import func, select, true
from sqlalchemy.orm import joinedload

from statuspage.errors import NotFound
from statuspage.models import Delivery
from statuspage.notify import outbox
from statuspage.notify.hook_addresses import HOOK_CHANNELS
from statuspage.notify.pauses import resume
from statuspage.notify.quarantine import label_of, shown_address
from statuspage.web import current
from statuspage.web.admin.board import load_mail_health
from statuspage.web.admin.door import admin, go, note, show, tell
from statuspage.web.forms import Form

STATES = ("due", "dead", "sent", "skipped")
CHANNELS = ("email", *HOOK_CHANNELS)
LIST_LENGTH = 100


@admin.get("/deliveries")
def list_deliveries() -> Response:
    """The newest deliveries of one state, and of one channel where it is chosen; counts of all."""
    state, channel = request.args.get("state", "due"), request.args.get("channel", "")
    if state not in STATES:
        raise NotFound("state of deliveries", state)
    if channel and channel not in CHANNELS:
        raise NotFound("channel", channel)
    chosen = Delivery.channel == channel if channel else true()
    installation = current.installation()
    with installation.database.read() as session:
        by_state = session.execute(select(Delivery.state, func.count()).where(chosen).group_by(Delivery.state)).all()
        found = session.scalars(
            select(Delivery)
            .where(Delivery.state == state, chosen)
            .options(joinedload(Delivery.subscriber), joinedload(Delivery.update))
            .order_by(Delivery.id.desc())
            .limit(LIST_LENGTH)
        ).all()
        mail = load_mail_health(session, installation)
        return show(
            "deliveries/list.html",
            deliveries=found,
            state=state,
            channel=channel,
            channels=[(name, label_of(name, _("Webhook"))) for name in CHANNELS],
            label_of=label_of,
            shown_address=shown_address,
            states=STATES,
            counts={row[0]: row[1] for row in by_state},
            mail=mail,
        )


@admin.post("/deliveries/retry")
def retry_deliveries() -> Response:
    """Make one given-up delivery due again, or all of them; mail that stands still flows again."""
    form, now = Form(request.form), current.now()
    one = form.value("id")
    ids = [int(one)] if one.isdecimal() and len(one) < 19 else None
    with current.installation().database.write() as session:
        resume(session)
        count = 0 if form.value("do") == "resume" else outbox.retry(session, ids=ids, now=now)
        note(session, "delivery.retry", one or "all", now=now, count=count)
    current.installation().nudge()
    tell(_("Mail is tried again now. %(count)s given-up messages are due again.", count=count))
    return go("list_deliveries", state="due")
