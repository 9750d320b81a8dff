"""Subscribers in the admin: who listens, who cannot be reached, and reaching them again."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy import func, select

from statuspage import bounces, subscribers
from statuspage.drafts import SubscriberDraft, read_draft
from statuspage.errors import NotFound, Problem, Refused
from statuspage.models import Subscriber
from statuspage.notify.hook_addresses import HOOK_CHANNELS
from statuspage.notify.quarantine import label_of, last_words, shown_address
from statuspage.notify.readers import load_people
from statuspage.notify.recipients import is_listening
from statuspage.notify.wished import wishes_of
from statuspage.web import current
from statuspage.web.admin.door import admin, go, note, show, tell, user, words
from statuspage.web.forms import Form

CHANNELS = ("email", *HOOK_CHANNELS)
LIST_LENGTH = 100
KINDS = {
    "active": is_listening(),
    "quarantined": is_listening() & Subscriber.quarantined_at.is_not(None),
    "pending": Subscriber.confirmed_at.is_(None) & Subscriber.unsubscribed_at.is_(None),
    "suppressed": Subscriber.suppressed_at.is_not(None),
    "unsubscribed": Subscriber.unsubscribed_at.is_not(None),
}


@admin.get("/subscribers")
def list_subscribers() -> Response:
    """Subscribers of one kind whose address holds the searched text."""
    return _show(Form({}))


@admin.post("/subscribers")
def add_subscriber() -> Response:
    """Ask an address to subscribe: it confirms from the message it gets, whoever entered it."""
    form, now = Form(request.form), current.now()
    channel = form.value("channel") if form.value("channel") in CHANNELS else CHANNELS[0]
    try:
        draft = read_draft(SubscriberDraft, {channel: form.value("address")})
        with current.installation().database.write() as session:
            source = f"admin:{user().email}"[:80]
            asked = subscribers.subscribe(session, draft, source=source, now=now)
            note(session, "subscriber.ask", asked.id, now=now, channel=channel)
    except Refused as refused:
        form.refuse_all(Refused(Problem("address", problem.message) for problem in refused.problems))
        return _show(form, 422)
    current.installation().nudge()
    tell(_("Asked to confirm. Nothing else is sent there before."))
    return go("list_subscribers", kind="pending")


@admin.post("/subscribers/<subscriber_id>/restore")
def restore_subscriber(subscriber_id: str) -> Response:
    """Write to a suppressed or quarantined address again."""
    now = current.now()
    with current.installation().database.write() as session:
        found = subscribers.load_subscriber(session, subscriber_id)
        bounces.restore(session, found, now=now)
        note(session, "subscriber.restore", found.id, now=now)
        address = shown_address(found)
    current.installation().nudge()
    tell(_("%(address)s will be written to again.", address=address))
    return go("list_subscribers", kind="active")


def _show(form: Form, status: int = 200) -> Response:
    kind, sought = request.args.get("kind", "active"), request.args.get("q", "").strip()[:200]
    if kind not in KINDS:
        raise NotFound("kind of subscribers", kind)
    query = select(Subscriber).where(KINDS[kind]).order_by(Subscriber.created_at.desc(), Subscriber.id)
    if sought:
        query = query.where(Subscriber.address_key.contains(sought.lower(), autoescape=True))
    channel = request.args.get("channel", "")
    if channel in CHANNELS:
        query = query.where(Subscriber.channel == channel)
    with current.installation().database.read() as session:
        counts = {
            name: session.scalar(select(func.count()).select_from(Subscriber).where(wanted)) or 0
            for name, wanted in KINDS.items()
        }
        found = session.scalars(query.limit(LIST_LENGTH + 1)).all()
        people = load_people(session, [row.id for row in found])
        return show(
            "subscribers/list.html",
            status,
            form=form,
            channels=[(name, label_of(name, _("Webhook"))) for name in CHANNELS],
            subscribers=found[:LIST_LENGTH],
            more=len(found) > LIST_LENGTH,
            label_of=label_of,
            shown_address=shown_address,
            failures={row.id: last_words(session, row.id) for row in found if row.failing_since},
            kind=kind,
            kinds=list(KINDS),
            counts=counts,
            sought=sought,
            channel=channel,
            wishes={one: wishes_of(person.wishes, words()) for one, person in people.items()},
        )
