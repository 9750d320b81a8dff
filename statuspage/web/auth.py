"""Log-in, log-out, the first set-up and invitations: the only admin pages that need no session."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from flask import Blueprint, Flask, Response, abort, g, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import audit, invitations, people, second_factor
from statuspage.attempts import Rationed
from statuspage.errors import NotFound, Refused
from statuspage.models import Invitation, User
from statuspage.web import current, login_limits, sessions
from statuspage.web.admin.door import HEADERS, came_from_us, is_local, load_surroundings, show
from statuspage.web.forms import Form

auth = Blueprint("auth", __name__, url_prefix=sessions.ROOT)

KEPT = "kept."
"""Prefix of the fields of a form whose session had ended, on their way through the log-in."""


def register(app: Flask) -> None:
    """Attach sessions and these pages to `app`."""
    sessions.register(app)
    app.register_blueprint(auth)


@auth.before_request
def begin_request() -> None:
    load_surroundings()


@auth.after_request
def seal(response: Response) -> Response:
    response.headers.update(HEADERS)
    if "token" in (request.view_args or {}):
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


@auth.get("/login")
def log_in() -> Response:
    """The log-in form; whoever is logged in goes on."""
    wanted = request.args.get("next", "")
    if g.user is not None:
        return _go_on(wanted)
    return _show_log_in(wanted, [])


@auth.post("/login")
def check_log_in() -> Response:
    """Log in, or say no: alike for unknown accounts and wrong passwords."""
    form, now = Form(request.form), current.now()
    wanted, fields = form.value("next"), list(form.prefixed(KEPT)) if came_from_us() else []
    email, password = form.value("email"), form.value("password")
    if not sessions.form_token_is_right():
        return _show_log_in(wanted, fields, 400, email, _("The form was too old. Please try again."))
    database = current.installation().database
    try:
        with database.write() as session:
            budgets = login_limits.take_try(session, email, now)
    except Rationed as rationed:
        return _show_rationed(wanted, fields, email, rationed)
    with database.read() as session:
        known = people.verify_user(session, email, password)
    if known is None:
        problem = _("The e-mail address or the password is wrong.")
        return _show_log_in(wanted, fields, 401, email, problem)
    with database.write() as session:
        login_limits.give_back(session, budgets, now)
        user = people.load_by_id(session, known.id)
        if user.totp_since is None:
            user.last_login_at = now
            _begin(session, user, now)
    if user.totp_since is not None:
        sessions.begin_half(user, now)
        g.pop(sessions.FORM_TOKEN, None)
        return show("second_factor/ask.html", next=wanted, fields=fields, problem=None)
    return _let_in(user, wanted, fields)


@auth.post("/login/code")
def check_code() -> Response:
    """The second half of a log-in: a code of the authenticator, or a recovery code."""
    form, now = Form(request.form), current.now()
    wanted, fields = form.value("next"), list(form.prefixed(KEPT)) if came_from_us() else []
    database = current.installation().database
    with database.read() as session:
        half = sessions.load_half(session, now)
    if half is None or not sessions.form_token_is_right():
        return _show_log_in(wanted, fields, 400, "", _("That took too long. Please log in again."))
    try:
        with database.write() as session:
            budgets = login_limits.take_try(session, half.email, now)
    except Rationed as rationed:
        return _show_rationed(wanted, fields, half.email, rationed)
    with database.write() as session:
        user = people.load_by_id(session, half.id)
        before = second_factor.count_recovery_codes(session, user)
        right = second_factor.take(session, user, form.value("code"), now)
        if right:
            login_limits.give_back(session, budgets, now)
            user.last_login_at = now
            _begin(session, user, now)
            left = second_factor.count_recovery_codes(session, user)
            if left < before:
                client, facts = login_limits.client_network(), {"left": left}
                audit.record(session, "user.recovery_code", actor=user.email, details=facts, client=client, now=now)
    if not right:
        problem = _("This is no code of your authenticator, or it was used already.")
        return show("second_factor/ask.html", 401, next=wanted, fields=fields, problem=problem)
    return _let_in(user, wanted, fields)


@auth.post("/logout")
def log_out() -> Response:
    """End the session. Without a right form token nothing happens: nobody else may log an operator out."""
    if sessions.form_token_is_right():
        with current.installation().database.write() as session:
            sessions.end(session)
    return _redirected("auth.log_in")


@auth.get("/setup/<token>")
def set_up(token: str) -> Response:
    """The form of the first set-up, as long as its link works."""
    with current.installation().database.read() as session:
        if not people.set_up_is_open(session, token):
            abort(
                404, _("This set-up link was used already or has been replaced. Log in, or look at the newest one.")
            )
    return show("set_up.html", form=Form())


@auth.post("/setup/<token>")
def use_set_up(token: str) -> Response:
    """Make the first admin and log them in; the link works once, whoever comes second gets a 404."""
    form, now = Form(request.form), current.now()
    if not sessions.form_token_is_right():
        form.refuse("", _("The form was too old. Please send it again."))
        return show("set_up.html", 400, form=form)
    try:
        with current.installation().database.write() as session:
            user = people.use_set_up_link(session, token, form.value("email"), form.value("password"), now)
            user.last_login_at = now
            client = login_limits.client_network()
            audit.record(session, "user.set_up", actor=user.email, target=user.email, client=client, now=now)
            _begin(session, user, now)
    except NotFound:
        _say_link_is_over()
    except Refused as refused:
        form.refuse_all(refused)
        return show("set_up.html", 422, form=form)
    return _let_in(user, "", [])


def _say_link_is_over() -> NoReturn:
    abort(404, _("This set-up link was used already, or a newer one has replaced it."))


@auth.get("/invitation/<token>")
def show_invitation(token: str) -> Response:
    """The form in which an invited person chooses a password; looking at it uses nothing up."""
    return show("invitation.html", form=Form(), invitation=_load_invitation(token))


@auth.post("/invitation/<token>")
def accept_invitation(token: str) -> Response:
    """Make the invited person a user and log them in; the link works once."""
    form, now = Form(request.form), current.now()
    invitation = _load_invitation(token)
    if not sessions.form_token_is_right():
        form.refuse("", _("The form was too old. Please send it again."))
        return show("invitation.html", 400, form=form, invitation=invitation)
    if form.value("password") != form.value("again"):
        form.refuse("again", _("This is not the same password as above."))
    try:
        form.check()
        with current.installation().database.write() as session:
            user = invitations.accept(session, token, form.value("password"), now)
            user.last_login_at = now
            client = login_limits.client_network()
            facts = {"role": user.role.value, "invited_by": invitation.invited_by}
            audit.record(
                session, "user.join", actor=user.email, target=user.email, details=facts, client=client, now=now
            )
            _begin(session, user, now)
    except NotFound:
        _say_invitation_is_over()
    except Refused as refused:
        form.refuse_all(refused)
        return show("invitation.html", 422, form=form, invitation=invitation)
    return _let_in(user, "", [])


def _load_invitation(token: str) -> Invitation:
    try:
        with current.installation().database.read() as session:
            return invitations.load_by_token(session, token, current.now())
    except NotFound:
        _say_invitation_is_over()


def _say_invitation_is_over() -> NoReturn:
    abort(404, _("This invitation was used, has ended or was replaced by a newer one. Ask for another."))


def _begin(session: Session, user: User, now: datetime) -> None:
    """The session of somebody who proved who they are, and its line in the audit log."""
    client = login_limits.client_network()
    sessions.begin(session, user, client=client, now=now)
    audit.record(session, login_limits.LOGGED_IN, actor=user.email, client=client, now=now)


def _let_in(user: User, wanted: str, fields: list[tuple[str, str]]) -> Response:
    g.user = user
    g.pop(sessions.FORM_TOKEN, None)
    kept = fields and is_local(wanted)
    answer = show("resend.html", action=wanted, fields=fields) if kept else _go_on(wanted)
    login_limits.remember_device(answer, user.email)
    return answer


def _show_log_in(
    wanted: str, fields: list[tuple[str, str]], status: int = 200, email: str = "", problem: str | None = None
) -> Response:
    return show("log_in.html", status, next=wanted, fields=fields, email=email, problem=problem, expired=False)


def _show_rationed(wanted: str, fields: list[tuple[str, str]], email: str, rationed: Rationed) -> Response:
    seconds = int(rationed.retry_after.total_seconds()) + 1
    problem = _("Too many tries. Wait %(minutes)s minutes, then try again.", minutes=-(-seconds // 60))
    answer = _show_log_in(wanted, fields, 429, email, problem)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _go_on(wanted: str) -> Response:
    if is_local(wanted):
        return Response(status=303, headers={"Location": wanted})
    return _redirected("admin.dashboard")


def _redirected(endpoint: str) -> Response:
    return Response(status=303, headers={"Location": url_for(endpoint)})
