"""One's own account: the password, and the sessions one has open."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, g, request
from flask_babel import gettext as _

from statuspage import identities, passkeys, people, signins
from statuspage.attempts import Rationed
from statuspage.errors import NotFound, Refused
from statuspage.signins import Proof
from statuspage.web import current, login_limits, sessions, ways_in
from statuspage.web.admin.door import admin, go, note, page, show, tell, user
from statuspage.web.forms import Form

FRESH_FOR = timedelta(minutes=10)
"""How long a log-in proves who sits there, for somebody without a password."""


@admin.get("/account")
def show_account() -> Response:
    """Who one is, and the form that changes the password."""
    return _show(Form())


@admin.post("/account/password")
def change_password() -> Response:
    """Set another password, or a first one; the present one is asked, and every other session ends."""
    form, now = Form(request.form), current.now()
    try:
        check_again(form)
        if form.value("new_password") != form.value("again"):
            form.refuse("again", _("This is not the same password as above."))
        form.check()
        with current.installation().database.write() as session:
            me = people.load_by_id(session, user().id)
            people.set_password(session, me, form.value("new_password"))
            note(session, "user.password", me.email, now=now)
            proof = Proof(g.sign_in.way, g.sign_in.two_factors)
            sessions.begin(session, me, proof, client=login_limits.client_network(), now=now)
    except Refused as refused:
        for problem in refused.problems:
            form.refuse("new_password" if problem.field == "password" else problem.field, problem.message)
        return _show(form, 422)
    g.pop(sessions.FORM_TOKEN, None)
    tell(_("Your password is changed. Every other session of yours has ended."))
    return go("show_account")


@admin.post("/account/sessions/<int:sign_in_id>")
def end_session(sign_in_id: int) -> Response:
    """End one of one's own sessions, on a lost machine for instance."""
    with current.installation().database.write() as session:
        if not signins.end_one(session, user(), sign_in_id if sign_in_id < 2**31 else 0):
            raise NotFound("session", str(sign_in_id))
        note(session, "user.end_session", user().email, now=current.now())
    tell(_("The session has ended."))
    return go("show_account")


def _show(form: Form, status: int = 200) -> Response:
    with current.installation().database.read() as session:
        open_ones = signins.load_of(session, user(), current.now())
        linked = identities.load_of(session, user())
        kept = passkeys.load_of(session, user())
    return show(
        "account.html",
        status,
        form=form,
        sign_ins=open_ones,
        here=g.sign_in.id,
        ways=ways_in.load_ways(page()),
        asks=asks_password(),
        linked=linked,
        passkeys=kept,
    )


def asks_password() -> bool:
    """Whether the password is what proves once more who one is: who has none has logged in a moment ago."""
    return user().password is not None and ways_in.load_ways(page()).password


def check_again(form: Form) -> None:
    """Fresh proof of who one is, before the account's own locks are changed. Raises Refused."""
    if asks_password():
        _check_current_password(form)
    elif current.now() - g.sign_in.created_at > FRESH_FOR:
        form.refuse("", _("Log out and in again, and do it within ten minutes: that shows it is you."))
        form.check()


def _check_current_password(form: Form) -> None:
    """The password one has now; guesses by a borrowed session are rationed like log-ins. Raises Refused."""
    now, database = current.now(), current.installation().database
    try:
        with database.write() as session:
            budgets = login_limits.take_try(session, user().email, now)
    except Rationed:
        form.refuse("current_password", _("Too many tries. Wait a quarter of an hour."))
        form.check()
    if not people.password_matches(user().password or "", form.value("current_password")):
        form.refuse("current_password", _("This is not your present password."))
        form.check()
    with database.write() as session:
        login_limits.give_back(session, budgets, now)
