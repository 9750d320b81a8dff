"""What all ways of logging in share: the blueprint, the form they begin at, and the step that lets somebody in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, g, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import audit
from statuspage.attempts import Rationed
from statuspage.models import User
from statuspage.signins import Proof
from statuspage.web import login_limits, sessions, ways_in
from statuspage.web.admin.door import HEADERS, came_from_us, is_local, load_surroundings, show
from statuspage.web.forms import Form

auth = Blueprint("auth", __name__, url_prefix=sessions.ROOT)

KEPT = "kept."
"""Prefix of the fields of a form whose session had ended, on their way through the log-in."""


@dataclass(frozen=True)
class Wish:
    """Where somebody wants to go once they are in, and the form they had written before their session ended."""

    path: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@auth.before_request
def begin_request() -> None:
    load_surroundings()


@auth.after_request
def seal(response: Response) -> Response:
    response.headers.update(HEADERS)
    if "token" in (request.view_args or {}):
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


def read_wish(form: Form) -> Wish:
    """What a log-in form carries along; a stranger's text is not kept."""
    return Wish(form.value("next"), tuple(form.prefixed(KEPT)) if came_from_us() else ())


def begin_session(session: Session, user: User, proof: Proof, now: datetime) -> None:
    """The session of somebody who proved who they are, and its line in the audit log."""
    client = login_limits.client_network()
    user.last_login_at = now
    sessions.begin(session, user, proof, client=client, now=now)
    facts: dict[str, Any] = {"way": proof.way} | ({"two_factors": True} if proof.two_factors else {})
    audit.record(session, login_limits.LOGGED_IN, actor=user.email, details=facts, client=client, now=now)


def let_in(user: User, wish: Wish) -> Response:
    """On to where they wanted to go, or to the form they had written."""
    g.user = user
    g.pop(sessions.FORM_TOKEN, None)
    kept = wish.fields and is_local(wish.path)
    answer = show("resend.html", action=wish.path, fields=wish.fields) if kept else go_on(wish.path)
    login_limits.remember_device(answer, user.email)
    return answer


def ask_for_second_factor(user: User, wish: Wish, now: datetime) -> Response:
    """The first factor was right: remember whose, and ask for another."""
    sessions.begin_half(user, now)
    g.pop(sessions.FORM_TOKEN, None)
    return show_second_step(user, wish)


def show_second_step(user: User, wish: Wish, status: int = 200, problem: str | None = None) -> Response:
    """The form that asks for a code, or for a passkey."""
    can_passkey = user.passkey_since is not None and ways_in.load_ways(g.page).place is not None
    return show(
        "second_factor/ask.html",
        status,
        next=wish.path,
        fields=wish.fields,
        problem=problem,
        can_passkey=can_passkey,
        has_app=user.totp_since is not None,
    )


def show_log_in(
    wish: Wish, status: int = 200, email: str = "", problem: str | None = None, *, expired: bool = False
) -> Response:
    """The log-in form, with the ways in that this page has."""
    return show(
        "log_in.html",
        status,
        next=wish.path,
        fields=wish.fields,
        email=email,
        problem=problem,
        expired=expired,
        ways=ways_in.load_ways(g.page),
    )


def show_rationed(wish: Wish, rationed: Rationed, email: str = "") -> Response:
    """Too many tries, and when to come back."""
    seconds = int(rationed.retry_after.total_seconds()) + 1
    problem = _("Too many tries. Wait %(minutes)s minutes, then try again.", minutes=-(-seconds // 60))
    answer = show_log_in(wish, 429, email, problem)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def go_on(wanted: str) -> Response:
    """303 to a page of the admin, the board where `wanted` is none."""
    if is_local(wanted):
        return Response(status=303, headers={"Location": wanted})
    return Response(status=303, headers={"Location": url_for("admin.dashboard")})
