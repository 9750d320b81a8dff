"""The door of one subscriber, by the link in every mail: choices, followed incidents, proof, own data, erasure.

GET and HEAD change nothing. See subscriptions for why there is no CSRF token.
"""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import follows, subscribers
from statuspage.components import load_page
from statuspage.drafts import SubscriberDraft, read_draft
from statuspage.errors import Refused
from statuspage.models import Subscriber
from statuspage.personal_data import load_consents, personal_data
from statuspage.publishing.wording import words_of
from statuspage.web import current
from statuspage.web.login_limits import client_network
from statuspage.web.subscription_pages import Typed, by_field, chosen, find, gone, show, show_form, typed, wishes

bp = Blueprint("managing", __name__)
SOURCE = "manage page"


def register(app: Flask) -> None:
    """Attach these pages to `app`."""
    app.register_blueprint(bp)


@bp.get("/manage/<token>")
def show_manage(token: str) -> Response:
    """What the subscriber chose, to be changed."""
    with current.installation().database.read() as session:
        subscriber = _find_active(session, token)
        return _show(session, subscriber, chosen(subscriber)) if subscriber else gone(session)


@bp.post("/manage/<token>")
def change(token: str) -> Response:
    """Keep what the subscriber now wants."""
    held = typed()
    with current.installation().database.write() as session:
        subscriber = _find_active(session, token)
        if subscriber is None:
            return gone(session)
        try:
            draft = read_draft(SubscriberDraft, wishes(session, held))
            subscribers.change_wishes(
                session, subscriber, draft, source=SOURCE, client=client_network(), now=current.now()
            )
        except Refused as refused:
            return _show(session, subscriber, held, by_field(refused), status=422)
        return _show(session, subscriber, chosen(subscriber), saved=True)


@bp.post("/manage/<token>/follow")
def change_follow(token: str) -> Response:
    """Follow an open incident, or ("do" is "stop") follow it no longer."""
    incident_id, now = request.form.get("incident", ""), current.now()
    with current.installation().database.write() as session:
        subscriber = _find_active(session, token)
        if subscriber is None:
            return gone(session)
        act = follows.stop if request.form.get("do") == "stop" else follows.follow
        try:
            act(session, subscriber, incident_id, source=SOURCE, client=client_network(), now=now)
        except Refused as refused:
            return _show(session, subscriber, chosen(subscriber), by_field(refused), status=422)
        session.refresh(subscriber, ["follows"])
        return _show(session, subscriber, chosen(subscriber), saved=True)


@bp.get("/manage/<token>/data.json")
def download_data(token: str) -> Response:
    """All that is kept of this subscriber (GDPR articles 15 and 20)."""
    with current.installation().database.read() as session:
        subscriber = find(session, token)
        if subscriber is None:
            return gone(session)
        text = json.dumps(personal_data(session, subscriber), ensure_ascii=False, indent=2)
    response = Response(text + "\n", mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="subscription.json"'
    return response


@bp.post("/manage/<token>/erase")
def erase(token: str) -> Response:
    """Forget the subscriber wholly, once "yes" is ticked (GDPR article 17)."""
    with current.installation().database.write() as session:
        subscriber = find(session, token)
        if subscriber is None:
            return gone(session)
        if request.form.get("sure") != "yes":
            errors = {"sure": _("Tick the box to erase your data.")}
            return _show(session, subscriber, chosen(subscriber), errors, status=422)
        subscribers.erase(session, subscriber)
        return show(load_page(session), "erased", lang=subscriber.language)


def _find_active(session: Session, token: str) -> Subscriber | None:
    subscriber = find(session, token)
    return subscriber if subscriber is not None and subscribers.is_active(subscriber) else None


def _show(
    session: Session,
    subscriber: Subscriber,
    held: Typed,
    errors: dict[str, str] | None = None,
    *,
    saved: bool = False,
    status: int = 200,
) -> Response:
    page = load_page(session)
    language = subscriber.language if subscriber.language in page.languages else page.languages[0]
    words = words_of(language, ZoneInfo(page.timezone))
    followed = [each for each in subscriber.follows if each.ended_at is None and each.confirmed_at is not None]
    known = {each.incident_id for each in followed}
    facts: dict[str, Any] = {
        "saved": saved,
        "followed": [each.incident for each in followed],
        "open_incidents": [each for each in follows.load_open(session) if each.id not in known],
        "proofs": load_consents(session, subscriber),
        "words": words,
    }
    return show_form(session, "manage", held, errors or {}, subscriber, status=status, **facts)
