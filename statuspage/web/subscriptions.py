"""The door of subscribers: ask, confirm, leave, by links from mails and without any cookie.

GET and HEAD show and never change anything, because mail scanners follow links; POST acts.

There is no CSRF token here, on purpose: these pages know no session, so a forged POST carries no authority. What
acts is the 160-bit token in the path, which only the mail holds, and RFC 8058 forbids asking for more.
"""

from __future__ import annotations

import time

from flask import Blueprint, Flask, Response, abort, request
from flask_babel import gettext as _

from statuspage import follows, subscribers
from statuspage.attempts import Rationed
from statuspage.components import load_page
from statuspage.drafts import SubscriberDraft, read_draft
from statuspage.errors import NotFound, Refused
from statuspage.models import Subscriber
from statuspage.web import current
from statuspage.web.login_limits import client_network
from statuspage.web.subscription_pages import (
    Typed,
    by_field,
    find,
    given_address,
    gone,
    show,
    show_form,
    typed,
    typed_nothing,
    wishes,
)

bp = Blueprint("subscriptions", __name__)
ONE_CLICK = "List-Unsubscribe"
EVEN_SECONDS = 0.1
"""A request to subscribe takes this long at least: a known address is less work, which must not show."""
HONEYPOT = "website"
"""A field people do not see; what fills it is no person."""


def register(app: Flask) -> None:
    """Attach these pages to `app`."""
    app.register_blueprint(bp)


@bp.get("/subscribe")
@bp.get("/<lang>/subscribe")
def show_subscribe(lang: str | None = None) -> Response:
    """The form; with `incident` the short one that follows a single incident, by whatever channel."""
    return _show_asking({**typed_nothing(), "incident": request.args.get("incident", "")[:40]}, {}, lang)


@bp.post("/subscribe")
@bp.post("/<lang>/subscribe")
def ask_to_subscribe(lang: str | None = None) -> Response:
    """One confirmation mail; the answer is the same, and comes as late, for known and unknown addresses."""
    installation, now, began = current.installation(), current.now(), time.monotonic()
    held = typed()
    with installation.database.read() as session:
        page = load_page(session)
        if request.form.get(HONEYPOT):
            return show(page, "requested", lang=lang, typed=held)
        held["language"] = held["language"] or lang or ""
        asked = wishes(session, held)
        if held["incident"]:
            asked = {"incident": held["incident"], "language": asked["language"]}
    try:
        draft = read_draft(SubscriberDraft, {**asked, **given_address(held)})
        with installation.database.write() as session:
            subscribers.subscribe(session, draft, source=subscribers.FORM, client=client_network(), now=now)
    except Refused as refused:
        return _show_asking(held, by_field(refused), lang, 422)
    except Rationed as rationed:
        return _rationed(held, rationed, lang)
    installation.nudge()
    time.sleep(max(0.0, began + EVEN_SECONDS - time.monotonic()))
    return show(page, "requested", lang=lang, typed=held)


@bp.get("/confirm/<token>")
def show_confirm(token: str) -> Response:
    """A button; the link alone confirms nothing."""
    with current.installation().database.read() as session:
        subscriber = find(session, token)
        if subscriber is None:
            return gone(session)
        if subscribers.is_awaited(session, subscriber, current.now()):
            return show(load_page(session), "confirm", subscriber)
        if subscribers.is_active(subscriber):
            return show(load_page(session), "confirmed", subscriber)
        return gone(session)


@bp.post("/confirm/<token>")
def confirm(token: str) -> Response:
    """The owner of the address agreed."""
    with current.installation().database.write() as session:
        try:
            subscriber = subscribers.confirm(session, token, client=client_network(), now=current.now())
        except NotFound:
            return gone(session)
        return show(load_page(session), "confirmed", subscriber)


@bp.get("/unsubscribe/<token>")
def show_unsubscribe(token: str) -> Response:
    """A button; following the link alone ends nothing."""
    with current.installation().database.read() as session:
        subscriber = find(session, token)
        if subscriber is None:
            return gone(session)
        return show(load_page(session), "unsubscribed" if _has_left(subscriber) else "unsubscribe", subscriber)


@bp.post("/unsubscribe/<token>")
def leave(token: str) -> Response:
    """End it, by the button or by a mail program's one click (RFC 8058: urlencoded or multipart, no cookie)."""
    source = "one click" if ONE_CLICK in request.form else "unsubscribe page"
    with current.installation().database.write() as session:
        subscriber = find(session, token)
        if subscriber is None:
            return gone(session)
        subscribers.unsubscribe(session, subscriber, source=source, client=client_network(), now=current.now())
        return show(load_page(session), "unsubscribed", subscriber)


def _has_left(subscriber: Subscriber) -> bool:
    return subscriber.unsubscribed_at is not None


def _show_asking(held: Typed, errors: dict[str, str], lang: str | None, status: int = 200) -> Response:
    """The form to subscribe, or to follow one incident: whatever was asked for, if it can be."""
    with current.installation().database.read() as session:
        if lang is not None and lang not in load_page(session).languages:
            abort(404)
        if not held["incident"]:
            return show_form(session, "subscribe", held, errors, lang=lang, status=status)
        title = next((each.title for each in follows.load_open(session) if each.id == held["incident"]), None)
        if title is None:
            return show(load_page(session), "not_followed", lang=lang, status=404)
        return show_form(session, "follow", held, errors, lang=lang, status=status, title=title)


def _rationed(held: Typed, rationed: Rationed, lang: str | None) -> Response:
    errors = {"": _("Too many requests to subscribe came in. Please try again later.")}
    response = _show_asking(held, errors, lang, 429)
    response.headers["Retry-After"] = str(int(rationed.retry_after.total_seconds()) + 1)
    return response
