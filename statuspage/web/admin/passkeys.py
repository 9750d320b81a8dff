"""One's own passkeys: added by name, and taken away. The browser's part is static/passkeys.js."""

from __future__ import annotations

from flask import Response, g, request
from flask_babel import gettext as _

from statuspage import ceremonies, passkeys, people, second_factor, signins
from statuspage.errors import NotFound, Problem, Refused
from statuspage.web import current, login_limits, sessions, ways_in
from statuspage.web.admin.account import asks_password, check_again
from statuspage.web.admin.door import admin, go, note, page, show, tell, user
from statuspage.web.forms import Form


@admin.get("/account/passkeys")
def list_passkeys() -> Response:
    """All one has, when each was last used, and the form that adds one."""
    return _show(Form())


@admin.post("/account/passkeys/options")
def begin_passkey() -> Response:
    """What the browser needs to make one, for the script; who one is must be shown first."""
    form, now, where = Form(request.form), current.now(), ways_in.place(page())
    try:
        passkeys.check_name(form.value("name"))
        check_again(form)
        with current.installation().database.write() as session:
            login_limits.check_beginning(session, now)
            me = people.load_by_id(session, user().id)
            key, options = passkeys.ask_to_register(session, me, where, now)
    except Refused as refused:
        said = "; ".join(problem.message for problem in refused.problems)
        return Response(f"{said[:1].upper()}{said[1:]}", 422, mimetype="text/plain")
    sessions.begin_ceremony(key)
    return Response(options, mimetype="application/json")


@admin.post("/account/passkeys")
def add_passkey() -> Response:
    """Keep what the browser made; with somebody's first second factor come recovery codes, shown this once."""
    form, now, where, database = (
        Form(request.form),
        current.now(),
        ways_in.place(page()),
        current.installation().database,
    )
    with database.write() as session:
        facts = ceremonies.take(session, passkeys.REGISTER, sessions.end_ceremony(), now)
    try:
        with database.write() as session:
            me = people.load_by_id(session, user().id)
            first = not me.has_second_factor
            row = passkeys.register(
                session, me, form.value("name"), form.value("credential"), place=where, facts=facts, now=now
            )
            note(session, "user.passkey_add", me.email, now=now, name=row.name)
            codes = second_factor.renew_recovery_codes(session, me) if first else []
    except Refused as refused:
        form.refuse_all(refused)
        return _show(form, 422)
    if codes:
        return show("second_factor/codes.html", codes=codes)
    tell(_("The passkey “%(name)s” is yours now.", name=row.name))
    return go("list_passkeys")


@admin.post("/account/passkeys/remove")
def remove_passkey() -> Response:
    """Take one away; every other session of one's own ends, for it may have been begun with it."""
    form, now = Form(request.form), current.now()
    try:
        check_again(form)
        with current.installation().database.write() as session:
            me = people.load_by_id(session, user().id)
            row = passkeys.remove(session, me, _chosen(form))
            signins.end_all(session, me, but=g.sign_in.id)
            note(session, "user.passkey_remove", me.email, now=now, name=row.name)
    except NotFound:
        form.refuse("passkey_id", _("Choose one of your passkeys."))
        return _show(form, 422)
    except Refused as refused:
        form.refuse_all(refused)
        return _show(form, 422)
    tell(_("The passkey “%(name)s” opens nothing any more. Your other sessions have ended.", name=row.name))
    return go("list_passkeys")


def _chosen(form: Form) -> int:
    typed = form.value("passkey_id")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        raise Refused(Problem("passkey_id", _("Choose one of your passkeys.")))
    return int(typed)


def _show(form: Form, status: int = 200) -> Response:
    with current.installation().database.read() as session:
        rows = passkeys.load_of(session, user())
    needed = second_factor.is_missing(page(), user(), g.sign_in)
    where = ways_in.load_ways(page()).place
    return show(
        "passkeys/list.html", status, form=form, passkeys=rows, place=where, asks=asks_password(), needed=needed
    )
