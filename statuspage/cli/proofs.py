"""flask user …: by what people log in, for the one who is locked out at 3 a.m. and for a device that was lost."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from statuspage import audit, passkeys, people, signins
from statuspage.cli.console import author, local, opened, page_zone, plainly, say, say_json, say_rows
from statuspage.cli.people import read_password, user
from statuspage.errors import NotFound
from statuspage.models import SignIn, User
from statuspage.web.api_v1.proofs import passkey_answer, session_answer

__all__ = ["user"]


@user.command("password")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@plainly
def set_password(email: str, password_stdin: bool) -> None:
    """Give EMAIL another password; every session of theirs ends."""
    password = read_password(from_stdin=password_stdin)
    installation, now = opened()
    with installation.database.write() as session:
        row = _load(session, email)
        people.set_password(session, row, password)
        audit.record(session, "user.password", actor=author(), target=row.email, now=now)
    say(f"{email} has a new password, and is logged out everywhere.")


@user.command("passkeys")
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="The API's shape.")
@plainly
def list_passkeys(email: str, as_json: bool) -> None:
    """The passkeys of EMAIL, with the numbers that drop-passkey takes."""
    installation, _now = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        rows = passkeys.load_of(session, _load(session, email))
        if as_json:
            say_json([passkey_answer(row) for row in rows])
            return
        say_rows([(str(row.id), row.name, local(row.last_used_at, zone) or "never used") for row in rows], "None.")


@user.command("drop-passkey")
@click.argument("email")
@click.argument("passkey", type=click.IntRange(1, 2**31 - 1))
@plainly
def drop_passkey(email: str, passkey: int) -> None:
    """Take the passkey of that number away from EMAIL; their sessions end."""
    installation, now = opened()
    with installation.database.write() as session:
        row = _load(session, email)
        gone = passkeys.remove(session, row, passkey)
        signins.end_all(session, row)
        facts = {"name": gone.name}
        audit.record(session, "user.passkey_remove", actor=author(), target=row.email, details=facts, now=now)
        said = f"{gone.name} opens nothing any more. {row.email} is logged out everywhere."
    say(said)


@user.command("sessions")
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="The API's shape.")
@plainly
def list_sessions(email: str, as_json: bool) -> None:
    """Where EMAIL is logged in."""
    installation, now = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        rows = signins.load_of(session, _load(session, email), now)
        if as_json:
            say_json([session_answer(row) for row in rows])
            return
        shown = [
            (str(row.id), row.way, row.client or "unknown", local(row.seen_at, zone), row.browser or "")
            for row in rows
        ]
        say_rows(shown, "Nowhere.")


@user.command("log-out")
@click.argument("email")
@click.option("--session", "number", type=click.IntRange(1, 2**31 - 1), help="This one alone.")
@plainly
def log_out(email: str, number: int | None) -> None:
    """End every session of EMAIL, or one."""
    installation, now = opened()
    with installation.database.write() as session:
        row = _load(session, email)
        if number is None:
            signins.end_all(session, row)
        elif not signins.end_one(session, row, number):
            raise NotFound("session", str(number))
        action = "user.end_sessions" if number is None else "user.end_session"
        audit.record(session, action, actor=author(), target=row.email, now=now)
    say(f"{email} is logged out{' everywhere' if number is None else ' there'}.")


def _row(row: SignIn, zone: ZoneInfo) -> tuple[str, ...]:
    return str(row.id), row.way, row.client or "unknown", local(row.seen_at, zone), row.browser or ""


def _load(session: Session, email: str) -> User:
    row = people.load_by_email(session, email)
    if row is None:
        raise NotFound("user", email)
    return row
