"""Logging in with a passkey: in place of the password, or as the second step after it."""

from __future__ import annotations

from flask import Response, abort, g, request
from flask_babel import gettext as _

from statuspage import audit, ceremonies, passkeys
from statuspage.attempts import Rationed
from statuspage.errors import Refused
from statuspage.signins import BY_PASSKEY
from statuspage.web import current, login_limits, sessions, ways_in
from statuspage.web.entering import (
    Wish,
    auth,
    begin_session,
    let_in,
    read_wish,
    show_log_in,
    show_rationed,
    show_second_step,
)
from statuspage.web.forms import Form


@auth.post("/login/passkey/options")
def begin_passkey() -> Response:
    """A challenge for the script; of one person where the password was right a moment ago."""
    now, where, database = current.now(), ways_in.place(g.page), current.installation().database
    if not sessions.form_token_is_right():
        abort(400, _("The form was too old. Load the page again."))
    try:
        with database.write() as session:
            login_limits.check_beginning(session, now)
            half = sessions.load_half(session, now)
            key, options = passkeys.ask_to_prove(session, half, where, now)
    except Rationed:
        abort(429, _("Too many tries. Wait a quarter of an hour."))
    sessions.begin_ceremony(key)
    return Response(options, mimetype="application/json")


@auth.post("/login/passkey")
def check_passkey() -> Response:
    """Let in whose passkey answered."""
    form, now, where = Form(request.form), current.now(), ways_in.place(g.page)
    wish, database = read_wish(form), current.installation().database
    if not sessions.form_token_is_right():
        return show_log_in(wish, 400, problem=_("The form was too old. Please try again."))
    with database.write() as session:
        facts = ceremonies.take(session, passkeys.PROVE, sessions.end_ceremony(), now)
    try:
        with database.write() as session:
            budgets = login_limits.take_try_from_here(session, now)
        with database.write() as session:
            user = passkeys.prove(session, form.value("credential"), place=where, facts=facts, now=now)
            login_limits.give_back(session, budgets, now)
            begin_session(session, user, BY_PASSKEY, now)
    except Rationed as rationed:
        return show_rationed(wish, rationed)
    except Refused as refused:
        return _say_no(wish, refused)
    return let_in(user, wish)


def _say_no(wish: Wish, refused: Refused) -> Response:
    now, client, reason = current.now(), login_limits.client_network(), str(refused)
    with current.installation().database.write() as session:
        facts = {"reason": reason}
        audit.record(session, "user.passkey_refused", actor="passkey", details=facts, client=client, now=now)
        half = sessions.load_half(session, now)
    problem = _("The passkey was not taken: %(reason)s.", reason=reason)
    return show_log_in(wish, 401, problem=problem) if half is None else show_second_step(half, wish, 401, problem)
