"""flask user: who may log in, and who is invited to."""

from __future__ import annotations

import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from statuspage import audit, identities, invitations, people, second_factor, signins
from statuspage.cli.console import author, fail, local, opened, page_zone, plainly, say, say_json, say_rows
from statuspage.components import load_page
from statuspage.domain.vocabulary import Role
from statuspage.drafts import Draft, read_draft
from statuspage.errors import NotFound, Problem, Refused
from statuspage.models import Invitation, User
from statuspage.web.api_v1.users import user_answer

ROLES = "|".join(reversed(Role))
user = AppGroup("user", help="People who may open the admin pages.")


class _RoleDraft(Draft):
    role: Role


@user.command("create")
@click.argument("email")
@click.option("--role", required=True, metavar=ROLES, help="Each may all that those after it may.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@plainly
def create_user(email: str, role: str, password_stdin: bool) -> None:
    """Add the user EMAIL. Without --password-stdin the password is asked for."""
    rank = read_draft(_RoleDraft, {"role": role}).role
    password = read_password(from_stdin=password_stdin)
    installation, now = opened()
    with installation.database.write() as session:
        created = people.create_user(session, email, password, rank, now)
        audit.record(session, "user.create", actor=author(), target=created.email, now=now)
        address = created.email
    say(f"{address} is {rank.value} now.")


@user.command("invite")
@click.argument("email")
@click.option("--role", required=True, metavar=ROLES, help="Each may all that those after it may.")
@plainly
def invite_user(email: str, role: str) -> None:
    """Mail EMAIL a link that works once, for a week, to choose a password. Again sends a new one."""
    rank = read_draft(_RoleDraft, {"role": role}).role
    installation, now = opened()
    with installation.database.write() as session:
        row = invitations.invite(session, email, rank, by=author(), now=now)
        audit.record(session, "user.invite", actor=author(), target=row.email, details={"role": rank.value}, now=now)
        address = row.email
    installation.nudge()
    say(f"{address} is invited as {rank.value}.")


@user.command("uninvite")
@click.argument("email")
@plainly
def revoke_invitation(email: str) -> None:
    """End the invitation of EMAIL: its link works no more."""
    installation, now = opened()
    with installation.database.write() as session:
        wanted = people.read_email(email)
        rows = [row for row in invitations.load_all(session) if row.email == wanted and row.token is not None]
        if not rows:
            raise NotFound("open invitation", wanted)
        for row in rows:
            invitations.revoke(session, row, now)
        audit.record(session, "user.uninvite", actor=author(), target=wanted, now=now)
    say(f"{wanted} is not invited any more.")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="The API's shape.")
@plainly
def list_users(as_json: bool) -> None:
    """Users by address, and below them who is invited."""
    installation, now = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        users, asked = people.load_users(session), invitations.load_all(session)
        if as_json:
            say_json([user_answer(row) for row in users])
            return
        say_rows([_row(row, zone) for row in users], "Nobody yet.")
        say_rows([_invited(row, zone) for row in asked if invitations.is_open(row, now)], "")


@user.command("change")
@click.argument("email")
@click.option("--role", metavar=ROLES, help="Another role.")
@click.option("--active/--inactive", default=None, help="Let in again, or shut out.")
@click.option("--end-second-factor", is_flag=True, help="For somebody who lost theirs: passkeys go with it.")
@click.option("--end-sign-on", is_flag=True, help="Unlink the account at the single sign-on's provider.")
@plainly
def change_user(
    email: str, role: str | None, active: bool | None, end_second_factor: bool, end_sign_on: bool
) -> None:
    """Change role or access of EMAIL; their sessions end with it."""
    if role is None and active is None and not end_second_factor and not end_sign_on:
        raise Refused(Problem("role", "say --role, --active, --inactive, --end-second-factor or --end-sign-on"))
    rank = read_draft(_RoleDraft, {"role": role}).role if role is not None else None
    installation, now = opened()
    with installation.database.write() as session:
        row = people.load_by_email(session, email)
        if row is None:
            raise NotFound("user", email)
        if rank is not None:
            people.set_role(session, row, rank)
        if active is not None:
            (people.reactivate if active else people.deactivate)(session, row)
        if end_second_factor:
            second_factor.end(session, row)
        if end_sign_on:
            identities.unlink(session, row)
            signins.end_all(session, row)
        facts = {"role": row.role.value, "active": row.active, "second_factor": row.has_second_factor}
        audit.record(session, "user.change", actor=author(), target=row.email, details=facts, now=now)
        said = f"{row.email} is {row.role.value}{'' if row.active else ', shut out'} now."
    say(said)


@user.command("factor")
@click.option("--from", "lowest", metavar=f"{ROLES}|nobody", help="The lowest role that needs one.")
@plainly
def require_second_factor(lowest: str | None) -> None:
    """Say, or set, who needs a second factor to work in the admin."""
    chosen = read_draft(_RoleDraft, {"role": lowest}).role if lowest not in (None, "nobody") else None
    installation, now = opened()
    with installation.database.write() as session:
        if lowest is not None:
            second_factor.require_from(session, chosen)
            facts = {"second_factor_from": chosen}
            audit.record(session, "page.second_factor", actor=author(), details=facts, now=now)
        needed = load_page(session).second_factor_from
    say(f"Needed from {needed.value} on." if needed else "Nobody needs a second factor.")


def _row(row: User, zone: ZoneInfo) -> tuple[str, ...]:
    seen: datetime | None = row.last_login_at
    return (
        row.email,
        row.role.value,
        "" if row.active else "shut out",
        "second factor" if row.has_second_factor else "",
        local(seen, zone) or "never",
    )


def _invited(row: Invitation, zone: ZoneInfo) -> tuple[str, ...]:
    return row.email, row.role.value, "invited, until", local(row.expires_at, zone)


def read_password(*, from_stdin: bool) -> str:
    """A password from the first line of standard input, or asked for twice."""
    if not from_stdin:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        fail("no password on standard input", 2)
    return line
