"""People in the admin: who may log in, and as what."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _

from statuspage import people
from statuspage.domain.vocabulary import Role
from statuspage.errors import Conflicted, NotFound, Problem, Refused
from statuspage.web import current
from statuspage.web.admin.door import admin, go, note, show, tell
from statuspage.web.forms import Form

MEANINGS = {
    Role.VIEWER: "Sees everything but subscribers",
    Role.RESPONDER: "Posts incidents and maintenance",
    Role.MANAGER: "Also components, subscribers and settings",
    Role.ADMIN: "Also people, API tokens and the activity log",
}


@admin.get("/people")
def list_people() -> Response:
    """All users, and the form that adds one."""
    return _show(Form({"role": Role.RESPONDER}))


@admin.post("/people")
def create_person() -> Response:
    """Add a user."""
    form, now = Form(request.form), current.now()
    try:
        role = _role(form)
        with current.installation().database.write() as session:
            added = people.create_user(session, form.value("email"), form.value("password"), role, now)
            note(session, "user.create", added.email, now=now, role=role)
    except Refused as refused:
        form.refuse_all(refused)
        return _show(form, 422)
    except Conflicted as conflict:
        form.refuse("email", str(conflict))
        return _show(form, 422)
    tell(_("%(email)s can log in.", email=added.email))
    return go("list_people")


@admin.post("/people/<int:user_id>")
def change_person(user_id: int) -> Response:
    """Give a user another role, shut them out, or let them in again."""
    form, now = Form(request.form), current.now()
    try:
        with current.installation().database.write() as session:
            person = people.load_by_id(session, _sane(user_id))
            if form.value("do") == "deactivate":
                people.deactivate(session, person)
            elif form.value("do") == "reactivate":
                people.reactivate(session, person)
            else:
                people.set_role(session, person, _role(form))
            note(session, "user.change", person.email, now=now, role=person.role, active=person.active)
    except Refused as refused:
        form.refuse_all(Refused(Problem("", problem.message) for problem in refused.problems))
        return _show(Form({"role": Role.RESPONDER}), 422, form)
    tell(_("%(email)s is saved.", email=person.email))
    return go("list_people")


def _show(form: Form, status: int = 200, refused: Form | None = None) -> Response:
    with current.installation().database.read() as session:
        return show(
            "people/list.html",
            status,
            form=form,
            refused=refused,
            people=people.load_users(session),
            roles=[(role.value, role.value.capitalize(), MEANINGS[role]) for role in Role],
        )


def _role(form: Form) -> Role:
    try:
        return Role(form.value("role"))
    except ValueError:
        raise Refused(Problem("role", _("Choose a role."))) from None


def _sane(number: int) -> int:
    """A row's id: no number that the database could not hold."""
    if number >= 2**31:
        raise NotFound("user", str(number))
    return number
