"""The admin's door: its blueprint, who may enter where, the guard on every request, and how its pages are shown."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.support import NullTranslations
from flask import Blueprint, Response, abort, flash, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from statuspage import audit, second_factor, signins, tracing
from statuspage.changes import Change
from statuspage.components import load_page
from statuspage.domain.vocabulary import Role
from statuspage.models import Page, User
from statuspage.publishing.environment import STATIC, asset_path
from statuspage.publishing.markup import html_of
from statuspage.publishing.wording import Words
from statuspage.translations.catalogues import english_name
from statuspage.web import current, login_limits, sessions, ways_in
from statuspage.web.admin.machinery import load_machinery
from statuspage.web.admin.roles import ROLE_NEEDED

admin = Blueprint("admin", __name__, url_prefix=sessions.ROOT, static_folder=STATIC, static_url_path="/static")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
WITHOUT_SECOND_FACTOR = {
    f"admin.{page}"
    for page in (
        "show_account",
        "change_password",
        "end_session",
        "show_second_factor",
        "begin_second_factor",
        "confirm_second_factor",
        "list_passkeys",
        "begin_passkey",
        "add_passkey",
    )
}
"""What somebody may still do whose role needs a second factor they have not set up."""
STATIC_CACHE = "private, max-age=31536000, immutable"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_LOCAL_PATH = re.compile(r"/admin(?:/[A-Za-z0-9_./~%-]*)?(?:\?[A-Za-z0-9_./~%=&+-]*)?")
OWN_FIELDS = (sessions.FORM_TOKEN, "do", "mail_language")
"""What a form sends beside what was typed."""
_SECRET_WORDS = ("password", "token", "secret", "code")


@admin.before_request
def guard() -> Response | None:
    """Let nobody in without a session, a role that suffices, and (for what changes something) a form token."""
    if request.endpoint == "admin.static":
        return None
    load_surroundings()
    if g.user is None:
        return _ask_to_log_in()
    if not may(request.endpoint or ""):
        abort(403, _("Your role does not allow this."))
    if request.method not in SAFE_METHODS and not sessions.form_token_is_right():
        return show_again()
    if second_factor.is_missing(g.page, g.user, g.sign_in) and request.endpoint not in WITHOUT_SECOND_FACTOR:
        if request.method in SAFE_METHODS:
            return go("show_second_factor")
        abort(403, _("Your role needs a second factor. Set it up under your account first."))
    action = tracing.action_of((request.endpoint or "").partition(".")[2])
    tracing.begin(tracing.Act(g.user.email, action, login_limits.client_network(), current.now()))
    return None


@admin.after_request
def seal(response: Response) -> Response:
    """Headers of every admin answer: nothing is kept, framed, or run from elsewhere."""
    if request.endpoint == "admin.static":
        response.headers["Cache-Control"] = STATIC_CACHE
        return response
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def load_surroundings() -> None:
    """Who asks (g.user, g.sign_in) and the page's settings (g.page), read in one go."""
    now = current.now()
    with current.installation().database.read() as session:
        g.sign_in = sessions.load(session, now)
        g.user = g.sign_in.user if g.sign_in else None
        g.page = load_page(session)
        if g.user is not None:
            g.machinery = load_machinery(session, current.installation().settings, now)
    if g.sign_in is not None and now - g.sign_in.seen_at >= signins.SEEN_GRAIN:
        _note_seen(now)


def _note_seen(now: datetime) -> None:
    """A busy database does not keep anybody out for the sake of a time of day."""
    with suppress(OperationalError), current.installation().database.write() as session:
        signins.note_seen(session, g.sign_in.id, now)


def user() -> User:
    """Who is logged in."""
    found: User = g.user
    return found


def page() -> Page:
    """The page's settings as this request found them."""
    found: Page = g.page
    return found


def zone() -> ZoneInfo:
    """The zone in which operators read and write times."""
    return ZoneInfo(page().timezone)


def words() -> Words:
    """How operators read times and lengths."""
    return Words("en", zone(), NullTranslations())


def may(endpoint: str) -> bool:
    """Whether the one who asks may use this endpoint; what the table does not know is the admin's."""
    return bool(g.user) and g.user.role.includes(ROLE_NEEDED.get(endpoint, Role.ADMIN))


def show(template: str, status: int = 200, **context: Any) -> Response:
    """A page of the admin."""
    html = render_template(
        f"admin/{template}",
        me=g.get("user"),
        page=g.page,
        machinery=g.get("machinery"),
        w=words(),
        now=current.now(),
        may=may,
        form_token=generate_csrf,
        asset=asset,
        html_of=html_of,
        language_name=english_name,
        **context,
    )
    return Response(html, status, mimetype="text/html")


def asset(name: str) -> str:
    """The address of a static file, new when its content is: the admin's own, so that it looks right even when
    nothing could be published."""
    return url_for("admin.static", filename=name, v=asset_path(name).split(".")[-2])


def note(session: Session, action: str, target: str, *, now: datetime, **details: Any) -> None:
    """Write into the audit log what this operator does, in the same transaction."""
    client = login_limits.client_network()
    audit.record(session, action, actor=user().email, target=target, details=details, client=client, now=now)


def go(endpoint: str, **values: Any) -> Response:
    """303 to another admin page, so that a reload posts nothing."""
    return Response(status=303, headers={"Location": url_for(f"admin.{endpoint}", **values)})


def tell(message: str, change: Change | None = None, *, sent: str = "") -> None:
    """Say on the next page what happened, and that the page could not be written when it could not. `sent` is the
    name of the form whose unsent text the browser may forget."""
    flash({"text": message, "sent": sent}, "done")  # type: ignore[arg-type]
    if change is not None and change.publish_error is not None:
        problem = _("Saved, but the page could not be written: %(error)s", error=change.publish_error[:300])
        flash({"text": f"{problem}. " + _("The worker will try again."), "sent": ""}, "trouble")  # type: ignore[arg-type]


def is_local(path: str) -> bool:
    """Whether a path leads into the admin and nowhere else (no open redirect)."""
    return bool(_LOCAL_PATH.fullmatch(path)) and ".." not in path


def came_from_us() -> bool:
    """Whether the browser says that this form was sent from one of our pages; a stranger's text is never kept."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.host


def kept_fields() -> list[tuple[str, str]]:
    """What the form held that was sent now, to be sent again later; nothing when it holds a secret."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != sessions.FORM_TOKEN]
    secret = any(word in name.lower() for name, _value in fields for word in _SECRET_WORDS)
    return [] if secret or not came_from_us() else fields


def show_again(status: int = 400) -> Response:
    """Show what was sent with a button that sends it again: the form was older than the session."""
    fields = kept_fields()
    if request.files:
        abort(400, _("The form was too old, and no file is kept. Go back, load the page again and choose it anew."))
    if not fields:
        abort(400, _("The form was too old. Go back, load the page again and send it once more."))
    return show("resend.html", status, action=request.full_path.rstrip("?"), fields=fields)


def _ask_to_log_in() -> Response:
    if request.method in SAFE_METHODS:
        path = request.full_path.rstrip("?")
        wanted = path if is_local(path) and path != f"{sessions.ROOT}/" else None
        return Response(status=303, headers={"Location": url_for("auth.log_in", next=wanted)})
    if request.headers.get("X-Requested-With") == "fetch":
        return Response(_("Your session has ended. Log in again in another tab."), 401, mimetype="text/plain")
    return show(
        "log_in.html",
        401,
        next=request.path,
        fields=kept_fields(),
        email="",
        problem=None,
        expired=True,
        ways=ways_in.load_ways(page()),
    )
