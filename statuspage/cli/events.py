"""flask audit: who did what, when and from where."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from statuspage.audit import Sought, load_events
from statuspage.cli.console import local, opened, page_zone, plainly, read_time, say_json, say_rows
from statuspage.web.api_v1.audit import event_answer

audit = AppGroup("audit", help="Who did what.")


@audit.command("list")
@click.option("--actor", metavar="WHO", help="An address, token:NAME or cli:ACCOUNT.")
@click.option("--action", metavar="NOUN.VERB", help="Such as token.revoke.")
@click.option("--target", metavar="TEXT", help="What is a part of the target.")
@click.option("--since", metavar="TIME", help="At this time or later; without an offset in the page's zone.")
@click.option("--until", metavar="TIME", help="Before this time.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
@plainly
def list_(
    actor: str | None,
    action: str | None,
    target: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List what was done, newest first."""
    installation, _now = opened()
    zone = page_zone(installation)
    sought = Sought(
        actor,
        action,
        target,
        read_time(since, zone, "since") if since else None,
        read_time(until, zone, "until") if until else None,
    )
    with installation.database.read() as session:
        answers = [event_answer(row) for row in load_events(session, sought, limit=limit)]
    if as_json:
        say_json(answers)
        return
    rows = [(local(each.at, zone), each.actor, each.action, each.target or "", each.client or "") for each in answers]
    say_rows(rows, empty="Nothing happened yet.")
