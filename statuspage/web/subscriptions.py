"""The door of subscribers: ask, confirm, manage, leave, by links from mails and without any cookie.

GET and HEAD show and never change anything, because mail scanners follow links; POST acts.

There is no CSRF token here, on purpose: these pages know no session, so a forged POST carries no authority. What
acts is the 160-bit token in the path, which only the mail holds, and RFC 8058 forbids asking for more.
"""

from __future__ import annotations

import time
from typing import Any

from babel import Locale
from flask import Blueprint, Flask, Response, make_response, render_template, request
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import subscribers
from statuspage.attempts import Rationed
from statuspage.components import load_components, load_page
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import NoticeKind, Priority
from statuspage.drafts import SubscriberDraft, read_draft
from statuspage.errors import NotFound, Refused
from statuspage.models import Component, Page, Subscriber
from statuspage.publishing.environment import asset_path
from statuspage.publishing.loading import page_view
from statuspage.web import current
from statuspage.web.login_limits import client_network
from statuspage.wishes import kinds_of

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
def show_subscribe() -> Response:
    """The form."""
    with current.installation().database.read() as session:
        return _form_page(session, "subscribe", _typed_nothing(), {})


@bp.post("/subscribe")
def ask_to_subscribe() -> Response:
    """One confirmation mail; the answer is the same, and comes as late, for known and unknown addresses."""
    installation, now, began = current.installation(), current.now(), time.monotonic()
    typed = _typed()
    with installation.database.read() as session:
        page = load_page(session)
        if request.form.get(HONEYPOT):
            return _page(page, "requested", typed=typed)
    try:
        draft = read_draft(SubscriberDraft, {**_wishes(typed), "email": typed["email"]})
        with installation.database.write() as session:
            subscribers.subscribe(session, draft, source=subscribers.FORM, client=client_network(), now=now)
    except Refused as refused:
        return _shown_again("subscribe", typed, refused)
    except Rationed as rationed:
        return _rationed(typed, rationed)
    installation.nudge()
    time.sleep(max(0.0, began + EVEN_SECONDS - time.monotonic()))
    return _page(page, "requested", typed=typed)


@bp.get("/confirm/<token>")
def show_confirm(token: str) -> Response:
    """A button; the link alone confirms nothing."""
    with current.installation().database.read() as session:
        subscriber = _find(session, token)
        if subscriber is None:
            return _gone(session)
        if subscribers.is_active(subscriber):
            return _page(load_page(session), "confirmed", subscriber)
        if not subscribers.is_awaited(session, subscriber, current.now()):
            return _gone(session)
        return _page(load_page(session), "confirm", subscriber)


@bp.post("/confirm/<token>")
def confirm(token: str) -> Response:
    """The owner of the address agreed."""
    with current.installation().database.write() as session:
        try:
            subscriber = subscribers.confirm(session, token, client=client_network(), now=current.now())
        except NotFound:
            return _gone(session)
        return _page(load_page(session), "confirmed", subscriber)


@bp.get("/manage/<token>")
def show_manage(token: str) -> Response:
    """What the subscriber chose, to be changed."""
    with current.installation().database.read() as session:
        subscriber = _find(session, token)
        if subscriber is None or not subscribers.is_active(subscriber):
            return _gone(session)
        return _form_page(session, "manage", _chosen(subscriber), {}, subscriber)


@bp.post("/manage/<token>")
def change(token: str) -> Response:
    """Keep what the subscriber now wants."""
    typed = _typed()
    with current.installation().database.write() as session:
        subscriber = _find(session, token)
        if subscriber is None or not subscribers.is_active(subscriber):
            return _gone(session)
        try:
            draft = read_draft(SubscriberDraft, _wishes(typed))
            subscribers.change_wishes(
                session, subscriber, draft, source="manage page", client=client_network(), now=current.now()
            )
        except Refused as refused:
            return _form_page(session, "manage", typed, _by_field(refused), subscriber, status=422)
        return _form_page(session, "manage", _chosen(subscriber), {}, subscriber, saved=True)


@bp.get("/unsubscribe/<token>")
def show_unsubscribe(token: str) -> Response:
    """A button; following the link alone ends nothing."""
    with current.installation().database.read() as session:
        subscriber = _find(session, token)
        if subscriber is None:
            return _gone(session)
        return _page(load_page(session), "unsubscribed" if _has_left(subscriber) else "unsubscribe", subscriber)


@bp.post("/unsubscribe/<token>")
def leave(token: str) -> Response:
    """End it, by the button or by a mail program's one click (RFC 8058: urlencoded or multipart, no cookie)."""
    source = "one click" if ONE_CLICK in request.form else "unsubscribe page"
    with current.installation().database.write() as session:
        subscriber = _find(session, token)
        if subscriber is None:
            return _gone(session)
        subscribers.unsubscribe(session, subscriber, source=source, client=client_network(), now=current.now())
        return _page(load_page(session), "unsubscribed", subscriber)


def _find(session: Session, token: str) -> Subscriber | None:
    try:
        return subscribers.load_by_token(session, token)
    except NotFound:
        return None


def _has_left(subscriber: Subscriber) -> bool:
    return subscriber.unsubscribed_at is not None


def _typed() -> dict[str, Any]:
    """What the form holds, as typed. The short form of the front page sends the address alone."""
    form = request.form
    return {
        "email": form.get("email", "").strip(),
        "components": form.getlist("components"),
        "kinds": form.getlist("kinds") if "shown" in form or "kinds" in form else [kind.value for kind in NoticeKind],
        "min_priority": form.get("min_priority", ""),
        "language": form.get("language", ""),
    }


def _typed_nothing() -> dict[str, Any]:
    kinds = [kind.value for kind in NoticeKind]
    components = request.args.getlist("component")
    return {"email": "", "components": components, "kinds": kinds, "min_priority": "", "language": ""}


def _chosen(subscriber: Subscriber) -> dict[str, Any]:
    return {
        "email": subscriber.address,
        "components": [component.slug for component in subscriber.components],
        "kinds": [kind.value for kind in kinds_of(subscriber)],
        "min_priority": subscriber.min_priority.value if subscriber.min_priority else "",
        "language": subscriber.language,
    }


def _wishes(typed: dict[str, Any]) -> dict[str, Any]:
    """The typed values as a draft takes them."""
    return {
        "components": typed["components"],
        "kinds": typed["kinds"],
        "min_priority": typed["min_priority"] or None,
        "language": typed["language"] or None,
    }


def _by_field(refused: Refused) -> dict[str, str]:
    """The first message of each field of the form."""
    messages: dict[str, str] = {}
    for problem in refused.problems:
        messages.setdefault(problem.field.split(".")[0], problem.message[:1].upper() + problem.message[1:])
    return messages


def _shown_again(template: str, typed: dict[str, Any], refused: Refused) -> Response:
    with current.installation().database.read() as session:
        return _form_page(session, template, typed, _by_field(refused), status=422)


def _rationed(typed: dict[str, Any], rationed: Rationed) -> Response:
    errors = {"": _("Too many requests to subscribe came in. Please try again later.")}
    with current.installation().database.read() as session:
        response = _form_page(session, "subscribe", typed, errors, status=429)
    response.headers["Retry-After"] = str(int(rationed.retry_after.total_seconds()) + 1)
    return response


def _gone(session: Session) -> Response:
    return _page(load_page(session), "gone", status=404)


def _form_page(
    session: Session,
    template: str,
    typed: dict[str, Any],
    errors: dict[str, str],
    subscriber: Subscriber | None = None,
    *,
    saved: bool = False,
    status: int = 200,
) -> Response:
    page, policy = load_page(session), current.installation().policy(current.now())
    return _page(
        page,
        template,
        subscriber,
        status=status,
        typed=typed,
        errors=errors,
        saved=saved,
        components=_offered(session, subscriber),
        kinds=((NoticeKind.INCIDENT.value, _("Incidents")), (NoticeKind.MAINTENANCE.value, _("Maintenance"))),
        priorities=_public_priorities(policy),
        languages=[(code, Locale.parse(code, sep="-").get_language_name(code)) for code in page.languages],
    )


def _offered(session: Session, subscriber: Subscriber | None) -> list[Component]:
    """Components to choose from: not the hidden ones, but for those somebody already has."""
    kept = subscriber.components if subscriber else []
    return [component for component in load_components(session) if not component.hidden or component in kept]


def _public_priorities(policy: Policy) -> list[Priority]:
    terms = {priority: policy.priority(priority) for priority in Priority}
    return [priority for priority, term in terms.items() if term is not None and term.public]


def _page(
    page: Page, template: str, subscriber: Subscriber | None = None, *, status: int = 200, **facts: Any
) -> Response:
    installation = current.installation()
    language = subscriber.language if subscriber and subscriber.language in page.languages else page.languages[0]
    view = page_view(page, installation.settings.base_url(page.url), language)
    with force_locale(language.replace("-", "_")):
        html = render_template(
            f"public/{template}.html",
            page=view,
            policy=installation.policy(current.now()),
            lang=language,
            root=view.root,
            asset=asset_path,
            subscriber=subscriber,
            **facts,
        )
    return make_response(html, status)
