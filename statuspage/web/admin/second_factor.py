"""One's own second factor: set up with a QR code, its recovery codes, its end; and which roles need one."""

from __future__ import annotations

import segno
from flask import Response, g, request
from flask_babel import gettext as _
from markupsafe import Markup

from statuspage import people, second_factor
from statuspage.domain.vocabulary import Role
from statuspage.errors import Problem, Refused
from statuspage.models import User
from statuspage.web import current
from statuspage.web.admin.account import asks_password, check_again
from statuspage.web.admin.door import admin, go, note, page, show, tell, user
from statuspage.web.forms import Form

NOBODY = ""


@admin.get("/account/second-factor")
def show_second_factor() -> Response:
    """Whether it is on, and what can be done."""
    return _show(Form())


@admin.post("/account/second-factor")
def begin_second_factor() -> Response:
    """A new secret, shown as a QR code; it counts once a code of it was typed."""
    with current.installation().database.write() as session:
        me = people.load_by_id(session, user().id)
        second_factor.begin(session, me)
    return _show_secret(me, Form())


@admin.post("/account/second-factor/confirm")
def confirm_second_factor() -> Response:
    """Turn it on with the first code, and show the recovery codes, this once."""
    form, now = Form(request.form), current.now()
    try:
        with current.installation().database.write() as session:
            me = people.load_by_id(session, user().id)
            codes = second_factor.confirm(session, me, form.value("code"), now)
            note(session, "user.second_factor_on", me.email, now=now)
    except Refused as refused:
        form.refuse_all(refused)
        return _show_secret(user(), form, 422) if user().totp_secret else _show(form, 422)
    return show("second_factor/codes.html", codes=codes)


@admin.post("/account/second-factor/codes")
def renew_recovery_codes() -> Response:
    """Ten new recovery codes; the older ones end."""
    form, now = Form(request.form), current.now()
    try:
        check_again(form)
        with current.installation().database.write() as session:
            me = people.load_by_id(session, user().id)
            if not me.has_second_factor:
                raise Refused(Problem("", _("The second factor is off.")))
            codes = second_factor.renew_recovery_codes(session, me)
            note(session, "user.recovery_codes", me.email, now=now)
    except Refused as refused:
        form.refuse_all(refused)
        return _show(form, 422)
    return show("second_factor/codes.html", codes=codes)


@admin.post("/account/second-factor/end")
def end_second_factor() -> Response:
    """Turn it off."""
    form, now = Form(request.form), current.now()
    try:
        check_again(form)
        with current.installation().database.write() as session:
            me = people.load_by_id(session, user().id)
            second_factor.end_authenticator(session, me)
            note(session, "user.second_factor_off", me.email, now=now)
    except Refused as refused:
        form.refuse_all(refused)
        return _show(form, 422)
    tell(_("The authenticator is off."))
    return go("show_account")


@admin.post("/people/second-factor")
def require_second_factor() -> Response:
    """From which role on it is needed."""
    form, now = Form(request.form), current.now()
    wanted = form.value("second_factor_from")
    if wanted not in (NOBODY, *Role):
        raise Refused(Problem("second_factor_from", _("Choose a role.")))
    with current.installation().database.write() as session:
        second_factor.require_from(session, Role(wanted) if wanted else None)
        note(session, "page.second_factor", page().name, now=now, second_factor_from=wanted or None)
    tell(_("Saved."))
    return go("list_people")


def _show(form: Form, status: int = 200) -> Response:
    with current.installation().database.read() as session:
        left = second_factor.count_recovery_codes(session, user())
    needed = second_factor.is_missing(page(), user(), g.sign_in)
    return show("second_factor/show.html", status, form=form, left=left, needed=needed, asks=asks_password())


def _show_secret(me: User, form: Form, status: int = 200) -> Response:
    secret = me.totp_secret or ""
    address = second_factor.address_of(secret, me.email, page().name)
    code = segno.make(address, error="m", micro=False)
    picture = Markup(code.svg_inline(scale=5, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None))  # noqa: S704  an SVG of squares
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return show("second_factor/begin.html", status, form=form, picture=picture, secret=groups, address=address)
