"""Subscribers in the admin: who listens, who cannot be reached, and reaching them again."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from statuspage import bounces, subscribers
from statuspage.errors import NotFound
from statuspage.models import Subscriber
from statuspage.notify.recipients import is_listening
from statuspage.web import current
from statuspage.web.admin.door import admin, go, note, show, tell

LIST_LENGTH = 100
KINDS = {
    "active": is_listening(),
    "pending": Subscriber.confirmed_at.is_(None) & Subscriber.unsubscribed_at.is_(None),
    "suppressed": Subscriber.suppressed_at.is_not(None),
    "unsubscribed": Subscriber.unsubscribed_at.is_not(None),
}


@admin.get("/subscribers")
def list_subscribers() -> Response:
    """Subscribers of one kind whose address holds the searched text."""
    kind, sought = request.args.get("kind", "active"), request.args.get("q", "").strip()[:200]
    if kind not in KINDS:
        raise NotFound("kind of subscribers", kind)
    query = select(Subscriber).where(KINDS[kind]).order_by(Subscriber.created_at.desc(), Subscriber.id)
    if sought:
        query = query.where(Subscriber.address_key.contains(sought.lower(), autoescape=True))
    with current.installation().database.read() as session:
        counts = {
            name: session.scalar(select(func.count()).select_from(Subscriber).where(wanted)) or 0
            for name, wanted in KINDS.items()
        }
        found = session.scalars(query.options(selectinload(Subscriber.components)).limit(LIST_LENGTH + 1)).all()
        return show(
            "subscribers/list.html",
            subscribers=found[:LIST_LENGTH],
            more=len(found) > LIST_LENGTH,
            kind=kind,
            kinds=list(KINDS),
            counts=counts,
            sought=sought,
        )


@admin.post("/subscribers/<subscriber_id>/restore")
def restore_subscriber(subscriber_id: str) -> Response:
    """Write to a suppressed address again."""
    now = current.now()
    with current.installation().database.write() as session:
        found = subscribers.load_subscriber(session, subscriber_id)
        bounces.restore(session, found, now=now)
        note(session, "subscriber.restore", found.id, now=now)
    tell(_("%(address)s will be written to again.", address=found.address))
    return go("list_subscribers", kind="suppressed")
