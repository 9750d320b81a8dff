"""Log-in by password, the second step, log-out, the first set-up and invitations; with the doors for passkeys and
the single sign-on (`passkeys`, `sign_on`) the only admin pages that need no session."""

from __future__ import annotations

from typing import NoReturn

from flask import Flask, Response, abort, g, request, url_for
from flask_babel import gettext as _

from statuspage import audit, invitations, people, second_factor
from statuspage.attempts import Rationed
from statuspage.errors import NotFound, Refused
from statuspage.models import Invitation
from statuspage.signins import BY_CODE, BY_PASSWORD
from statuspage.web import current, login_limits, passkeys, sessions, sign_on, ways_in
from statuspage.web.admin.door import show
from statuspage.web.entering import (
    Wish,
    ask_for_second_factor,
    auth,
    begin_session,
    go_on,
    let_in,
    read_wish,
    show_log_in,
    show_rationed,
    show_second_step,
)
from statuspage.web.forms import Form

DOORS = (passkeys, sign_on)
"""Imported because their views attach themselves to the blueprint."""


def register(app: Flask) -> None:
    """Attach sessions and these pages to `app`."""
    sessions.register(app)
    app.register_blueprint(auth)


@auth.get("/login")
def log_in() -> Response:
    """The log-in form; whoever is logged in goes on."""
    wanted = request.args.get("next", "")
    return go_on(wanted) if g.user is not None else show_log_in(Wish(wanted))


@auth.post("/login")
def check_log_in() -> Response:
    """Log in, or say no: alike for unknown accounts and wrong passwords."""
    form, now = Form(request.form), current.now()
    wish, email = read_wish(form), form.value("email")
    if not sessions.form_token_is_right():
        return show_log_in(wish, 400, email, _("The form was too old. Please try again."))
    if not ways_in.load_ways(g.page).password:
        return show_log_in(wish, 403, problem=_("Nobody logs in with a password here."))
    database = current.installation().database
    try:
        with database.write() as session:
            budgets = login_limits.take_try(session, email, now)
    except Rationed as rationed:
        return show_rationed(wish, rationed, email)
    with database.read() as session:
        known = people.verify_user(session, email, form.value("password"))
    if known is None:
        return show_log_in(wish, 401, email, _("The e-mail address or the password is wrong."))
    with database.write() as session:
        login_limits.give_back(session, budgets, now)
        user = people.load_by_id(session, known.id)
        if not user.has_second_factor:
            begin_session(session, user, BY_PASSWORD, now)
    return ask_for_second_factor(user, wish, now) if user.has_second_factor else let_in(user, wish)


@auth.post("/login/code")
def check_code() -> Response:
    """The second half of a log-in: a code of the authenticator, or a recovery code."""
    form, now = Form(request.form), current.now()
    wish, database = read_wish(form), current.installation().database
    with database.read() as session:
        half = sessions.load_half(session, now)
    if half is None or not sessions.form_token_is_right():
        return show_log_in(wish, 400, problem=_("That took too long. Please log in again."))
    try:
        with database.write() as session:
            budgets = login_limits.take_try(session, half.email, now)
    except Rationed as rationed:
        return show_rationed(wish, rationed, half.email)
    with database.write() as session:
        user = people.load_by_id(session, half.id)
        before = second_factor.count_recovery_codes(session, user)
        right = second_factor.take(session, user, form.value("code"), now)
        if right:
            login_limits.give_back(session, budgets, now)
            begin_session(session, user, BY_CODE, now)
            left = second_factor.count_recovery_codes(session, user)
            if left < before:
                client, facts = login_limits.client_network(), {"left": left}
                audit.record(session, "user.recovery_code", actor=user.email, details=facts, client=client, now=now)
    if not right:
        problem = _("This is no code of your authenticator, or it was used already.")
        return show_second_step(user, wish, 401, problem)
    return let_in(user, wish)


@auth.post("/logout")
def log_out() -> Response:
    """End the session. Without a right form token nothing happens: nobody else may log an operator out."""
    if sessions.form_token_is_right():
        with current.installation().database.write() as session:
            sessions.end(session)
    return Response(status=303, headers={"Location": url_for("auth.log_in")})


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
            client = login_limits.client_network()
            audit.record(session, "user.set_up", actor=user.email, target=user.email, client=client, now=now)
            begin_session(session, user, BY_PASSWORD, now)
    except NotFound:
        _say_link_is_over()
    except Refused as refused:
        form.refuse_all(refused)
        return show("set_up.html", 422, form=form)
    return let_in(user, Wish())


def _say_link_is_over() -> NoReturn:
    abort(404, _("This set-up link was used already, or a newer one has replaced it."))


@auth.get("/invitation/<token>")
def show_invitation(token: str) -> Response:
    """The form in which an invited person chooses a password; looking at it uses nothing up."""
    return _show_invitation(Form(), _load_invitation(token))


@auth.post("/invitation/<token>")
def accept_invitation(token: str) -> Response:
    """Make the invited person a user and log them in; the link works once."""
    form, now = Form(request.form), current.now()
    invitation = _load_invitation(token)
    if not sessions.form_token_is_right():
        form.refuse("", _("The form was too old. Please send it again."))
        return _show_invitation(form, invitation, 400)
    if not ways_in.load_ways(g.page).password:
        form.refuse("", _("Nobody logs in with a password here."))
        return _show_invitation(form, invitation, 403)
    if form.value("password") != form.value("again"):
        form.refuse("again", _("This is not the same password as above."))
    try:
        form.check()
        with current.installation().database.write() as session:
            user = invitations.accept(session, token, form.value("password"), now)
            client = login_limits.client_network()
            facts = {"role": user.role.value, "invited_by": invitation.invited_by}
            audit.record(
                session, "user.join", actor=user.email, target=user.email, details=facts, client=client, now=now
            )
            begin_session(session, user, BY_PASSWORD, now)
    except NotFound:
        _say_invitation_is_over()
    except Refused as refused:
        form.refuse_all(refused)
        return _show_invitation(form, invitation, 422)
    return let_in(user, Wish())


def _show_invitation(form: Form, invitation: Invitation, status: int = 200) -> Response:
    return show("invitation.html", status, form=form, invitation=invitation, ways=ways_in.load_ways(g.page))


def _load_invitation(token: str) -> Invitation:
    try:
        with current.installation().database.read() as session:
            return invitations.load_by_token(session, token, current.now())
    except NotFound:
        _say_invitation_is_over()


def _say_invitation_is_over() -> NoReturn:
    abort(404, _("This invitation was used, has ended or was replaced by a newer one. Ask for another."))
