"""flask user and flask token: who may log in, and what may call the API."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from statuspage import audit, people
from statuspage.cli.console import author, fail, opened, plainly, say
from statuspage.domain.vocabulary import Role, Scope
from statuspage.drafts import Draft, read_draft

user = AppGroup("user", help="People who may open the admin pages.")
token = AppGroup("token", help="Tokens for the API.")


class _RoleDraft(Draft):
    role: Role


class _ScopeDraft(Draft):
    scope: Scope


@user.command("create")
@click.argument("email")
@click.option("--role", required=True, metavar="|".join(reversed(Role)), help="Each may all that those after it may.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@plainly
def create_user(email: str, role: str, password_stdin: bool) -> None:
    """Add the user EMAIL. Without --password-stdin the password is asked for."""
    rank = read_draft(_RoleDraft, {"role": role}).role
    password = _read_password(from_stdin=password_stdin)
    installation, now = opened()
    with installation.database.write() as session:
        created = people.create_user(session, email, password, rank, now)
        audit.record(session, "user.create", actor=author(), target=created.email, now=now)
        address = created.email
    say(f"{address} is {rank.value} now.")


@token.command("create")
@click.argument("name")
@click.option("--scope", required=True, metavar="|".join(Scope), help="Each includes those before it.")
@plainly
def create_token(name: str, scope: str) -> None:
    """Make the token NAME and print it, alone and this once: only its digest is kept."""
    reach = read_draft(_ScopeDraft, {"scope": scope}).scope
    installation, now = opened()
    with installation.database.write() as session:
        row, plain = people.create_token(session, name, reach, now)
        audit.record(
            session, "token.create", actor=author(), target=row.name, details={"scope": reach.value}, now=now
        )
    click.echo(plain)


def _read_password(*, from_stdin: bool) -> str:
    if not from_stdin:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        fail("no password on standard input", 2)
    return line
