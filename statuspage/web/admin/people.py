"""People in the admin: who may log in, and as what."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _

from statuspage import identities, invitations, people, second_factor, signins
from statuspage.domain.vocabulary import Role
from statuspage.errors import Conflicted, NotFound, Problem, Refused
from statuspage.web import current
from statuspage.web.admin.door import admin, go, note, show, tell, user
from statuspage.web.forms import Form

MEANINGS = {
    Role.VIEWER: "Sees everything but subscribers",
    Role.RESPONDER: "Posts incidents and maintenance",
    Role.MANAGER: "Also components, subscribers and settings",
    Role.ADMIN: "Also people, API tokens and the activity log",
}


ACTIONS = {"log_out": "user.end_sessions", "unlink": "user.unlink"}
"""The audit log's words for what changes no row of the user."""


@admin.get("/people")
def list_people() -> Response:
    """All users and open invitations, and the form that invites somebody."""
    return _show(Form({"role": Role.RESPONDER}))


@admin.post("/people")
def invite_person() -> Response:
    """Invite somebody; the mail with the link is owed."""
    form, now = Form(request.form), current.now()
    try:
        role = _role(form)
        with current.installation().database.write() as session:
            row = invitations.invite(session, form.value("email"), role, by=user().email, now=now)
            note(session, "user.invite", row.email, now=now, role=role)
    except Refused as refused:
        form.refuse_all(refused)
        return _show(form, 422)
    except Conflicted as conflict:
        form.refuse("email", str(conflict))
        return _show(form, 422)
    current.installation().nudge()
    tell(_("%(email)s is invited.", email=row.email))
    return go("list_people")


@admin.post("/people/invitations/<int:invitation_id>")
def change_invitation(invitation_id: int) -> Response:
    """Send an invitation again with a new link, or revoke it."""
    form, now = Form(request.form), current.now()
    with current.installation().database.write() as session:
        row = invitations.load(session, _sane(invitation_id))
        if form.value("do") == "send":
            invitations.send_again(session, row, now)
            note(session, "user.invite", row.email, now=now, role=row.role)
        else:
            invitations.revoke(session, row, now)
            note(session, "user.uninvite", row.email, now=now)
    current.installation().nudge()
    tell(_("%(email)s is saved.", email=row.email))
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
            elif form.value("do") == "end_second_factor":
                second_factor.end(session, person)
            elif form.value("do") == "log_out":
                signins.end_all(session, person)
            elif form.value("do") == "unlink":
                identities.unlink(session, person)
                signins.end_all(session, person)
            else:
                people.set_role(session, person, _role(form))
            facts = {"role": person.role, "active": person.active, "second_factor": person.has_second_factor}
            note(session, ACTIONS.get(form.value("do"), "user.change"), person.email, now=now, **facts)
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
            linked=identities.load_linked(session),
            invitations=[row for row in invitations.load_all(session) if row.token is not None],
            base_url=current.installation().base_url(session),
            can_mail=bool(current.installation().settings.mail_server),
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
