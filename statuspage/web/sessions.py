"""The operators' sessions: a signed cookie that exists below /admin only, and the form tokens kept in it.

Own code rather than Flask-Login or Flask-Security: both read the session in hooks around every request, so that
public answers would carry `Vary: Cookie`. The cookie holds a key to a row of `signins`; ending that row ends it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask, Request, Response, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import validate_csrf
from sqlalchemy.orm import Session
from wtforms.validators import ValidationError

from statuspage import signins
from statuspage.identifiers import digest
from statuspage.models import SignIn, User
from statuspage.signins import BY_PASSWORD, Proof

ROOT = "/admin"
FORM_TOKEN = "csrf_token"  # noqa: S105  (the name of a field)
HALF_LASTS_FOR = timedelta(minutes=10)
"""How long somebody whose password was right may take for the second factor."""
_KEY = "key"
_HALF = "half"
_CEREMONY = "ceremony"


class AdminSessions(SecureCookieSessionInterface):
    """Flask's signed cookie below ROOT; elsewhere an empty session that is never sent nor varied on."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if not _is_ours(request.path):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if _is_ours(request.path):
            super().save_session(app, session, response)

    def get_cookie_secure(self, app: Flask) -> bool:
        return super().get_cookie_secure(app) or request.is_secure


def register(app: Flask) -> None:
    """Sessions below /admin, sent only over https when the page's own URL, or this request, is https."""
    app.session_interface = AdminSessions()
    app.config.update(
        SESSION_COOKIE_PATH=ROOT,
        PERMANENT_SESSION_LIFETIME=signins.LASTS_FOR,
        # a form may stay open all night; its token ends with the session
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_FIELD_NAME=FORM_TOKEN,
    )


def begin(
    database_session: Session, user: User, proof: Proof = BY_PASSWORD, *, client: str | None, now: datetime
) -> None:
    """A new session for `user`, in a write session; nothing of the one before it survives (session fixation)."""
    session.clear()
    browser = request.headers.get("User-Agent")
    session[_KEY] = signins.begin(database_session, user, proof, client=client, browser=browser, now=now)
    session.permanent = True


def begin_half(user: User, now: datetime) -> None:
    """Remember whose password was right until the second factor is given; nothing is opened by it."""
    session.clear()
    session[_HALF] = [user.id, int(now.timestamp()), digest(user.password or "")]


def load_half(database_session: Session, now: datetime) -> User | None:
    """Whose password was right a moment ago; None after HALF_LASTS_FOR and once the password or access changed."""
    match session.get(_HALF):
        case [int(user_id), int(at), str(password)] if now.timestamp() - at < HALF_LASTS_FOR.total_seconds():
            user = database_session.get(User, user_id)
            if user is not None and user.active and digest(user.password or "") == password:
                return user
    return None


def begin_ceremony(key: str) -> None:
    """Remember which ceremony this browser is to end; one at a time."""
    session[_CEREMONY] = key


def end_ceremony() -> str:
    """The key of the ceremony this browser began, once; "" for none."""
    return str(session.pop(_CEREMONY, ""))


def end(database_session: Session) -> None:
    """Forget who this is, here and in the database (a write session)."""
    key = session.get(_KEY)
    if isinstance(key, str):
        signins.end(database_session, key)
    session.clear()


def load(database_session: Session, now: datetime) -> SignIn | None:
    """The session that this cookie opens; None without one, and once it was ended."""
    key = session.get(_KEY)
    return signins.load(database_session, key, now) if isinstance(key, str) else None


def form_token_is_right() -> bool:
    """Whether the form that was sent came from a page of this session."""
    try:
        validate_csrf(request.form.get(FORM_TOKEN))
    except ValidationError:
        return False
    return True


def _is_ours(path: str) -> bool:
    return path == ROOT or path.startswith(f"{ROOT}/")
