"""flask deliveries: what is owed, and trying again what was given up."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from statuspage.cli.console import fail, local, opened, page_zone, plainly, say, say_json, say_rows
from statuspage.notify import outbox
from statuspage.web.api_v1.deliveries import delivery_answer, load_deliveries

deliveries = AppGroup("deliveries", help="Messages to subscribers.")


@deliveries.command("list")
@click.option(
    "--state",
    type=click.Choice(["due", "sent", "failed", "dead", "skipped"]),
    help="failed: due again after a failure; dead: given up; skipped: no longer wanted.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
@plainly
def list_(state: str | None, limit: int, as_json: bool) -> None:
    """List deliveries, newest first."""
    installation, _ = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        rows = load_deliveries(session, state, limit=limit)
        answers = [delivery_answer(row) for row in rows]
        addresses = [row.subscriber.address if row.subscriber else row.address or "-" for row in rows]
    if as_json:
        say_json(answers)
        return
    say_rows(
        [
            (each.id, each.state, each.kind, address, local(each.sent_at or each.due_at, zone), each.last_error or "")
            for each, address in zip(answers, addresses, strict=True)
        ],
        empty="No delivery.",
    )


@deliveries.command("retry")
@click.argument("ids", metavar="[ID]...", nargs=-1, type=click.IntRange(1, 2**62))
@click.option("--all", "everything", is_flag=True, help="All that were given up.")
@plainly
def retry(ids: tuple[int, ...], everything: bool) -> None:
    """Try the deliveries ID again now: given up ones, and failed ones before their time."""
    if bool(ids) == everything:
        fail("name the deliveries by ID, or give --all", 2)
    installation, now = opened()
    with installation.database.write() as session:
        count = outbox.retry(session, ids=None if everything else ids, now=now)
    installation.nudge()
    if count < len(set(ids)):
        fail(f"{count} due again; the others do not exist, are sent or are being sent", 1)
    say(f"{count} due again.")
