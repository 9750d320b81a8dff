"""API tokens in the admin: made (shown once), listed, revoked."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _

from statuspage import people
from statuspage.domain.vocabulary import Scope
from statuspage.errors import NotFound, Problem, Refused
from statuspage.web import current
from statuspage.web.admin.door import admin, go, note, show, tell, zone
from statuspage.web.forms import Form

MEANINGS = {
    Scope.READ: "Reads everything the API shows",
    Scope.WRITE: "Also posts incidents, maintenance and component states",
    Scope.ADMIN: "Also subscribers, people and tokens",
}


@admin.get("/tokens")
def list_tokens() -> Response:
    """All tokens, and the form that makes one."""
    return _show(Form({"scope": Scope.WRITE}))


@admin.post("/tokens")
def create_token() -> Response:
    """Make a token and show it, this once."""
    form, now = Form(request.form), current.now()
    try:
        scope = _scope(form)
        expires_at = form.instant("expires_at", zone()) if form.filled("expires_at") else None
        form.check()
        with current.installation().database.write() as session:
            token, plain = people.create_token(session, form.value("name"), scope, now, expires_at)
            note(session, "token.create", token.name, now=now, scope=scope)
    except Refused as refused:
        form.refuse_all(refused)
        return _show(form, 422)
    return _show(Form({"scope": Scope.WRITE}), 201, plain=plain, named=token.name)


@admin.post("/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> Response:
    """End a token at once."""
    now = current.now()
    if token_id >= 2**31:
        raise NotFound("token", str(token_id))
    with current.installation().database.write() as session:
        token = people.load_token(session, token_id)
        people.revoke_token(session, token, now)
        note(session, "token.revoke", token.name, now=now)
    tell(_("“%(name)s” is revoked.", name=token.name))
    return go("list_tokens")


def _show(form: Form, status: int = 200, plain: str = "", named: str = "") -> Response:
    with current.installation().database.read() as session:
        return show(
            "tokens/list.html",
            status,
            form=form,
            tokens=people.load_tokens(session),
            scopes=[(scope.value, scope.value.capitalize(), MEANINGS[scope]) for scope in Scope],
            plain=plain,
            named=named,
        )


def _scope(form: Form) -> Scope:
    try:
        return Scope(form.value("scope"))
    except ValueError:
        raise Refused(Problem("scope", _("Choose a scope."))) from None
