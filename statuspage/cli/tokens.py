"""flask token: what may call the API, how far, and until when."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from statuspage import audit, people
from statuspage.cli.console import author, local, opened, page_zone, plainly, read_time, say, say_json, say_rows
from statuspage.domain.vocabulary import Scope
from statuspage.drafts import Draft, read_draft
from statuspage.web.api_v1.tokens import token_answer

token = AppGroup("token", help="Tokens for the API.")


class _ScopeDraft(Draft):
    scope: Scope


@token.command("create")
@click.argument("name")
@click.option("--scope", required=True, metavar="|".join(Scope), help="Each includes those before it.")
@click.option("--expires", metavar="TIME", help="When it ends, in the page's zone unless it has an offset.")
@plainly
def create_token(name: str, scope: str, expires: str | None) -> None:
    """Make the token NAME and print it, alone and this once: only its digest is kept."""
    reach = read_draft(_ScopeDraft, {"scope": scope}).scope
    installation, now = opened()
    ends = read_time(expires, page_zone(installation), "expires") if expires else None
    with installation.database.write() as session:
        row, plain = people.create_token(session, name, reach, now, ends)
        facts = {"scope": reach.value} | ({"expires_at": ends.isoformat()} if ends else {})
        audit.record(session, "token.create", actor=author(), target=row.name, details=facts, now=now)
    click.echo(plain)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="The API's shape.")
@plainly
def list_tokens(as_json: bool) -> None:
    """Tokens, newest first: scope, last use, end."""
    installation, _now = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        rows = people.load_tokens(session)
        if as_json:
            say_json([token_answer(row) for row in rows])
            return
        say_rows(
            [
                (
                    str(row.id),
                    row.name,
                    row.scope.value,
                    f"used {local(row.last_used_at, zone)}" if row.last_used_at else "never used",
                    f"revoked {local(row.revoked_at, zone)}"
                    if row.revoked_at
                    else f"ends {local(row.expires_at, zone)}"
                    if row.expires_at
                    else "",
                )
                for row in rows
            ],
            "No tokens yet.",
        )


@token.command("revoke")
@click.argument("token_id", type=click.IntRange(1, 2**31 - 1), metavar="ID")
@plainly
def revoke_token(token_id: int) -> None:
    """End a token at once and for good."""
    installation, now = opened()
    with installation.database.write() as session:
        row = people.load_token(session, token_id)
        people.revoke_token(session, row, now)
        audit.record(session, "token.revoke", actor=author(), target=row.name, now=now)
        name = row.name
    say(f"{name} is revoked.")
