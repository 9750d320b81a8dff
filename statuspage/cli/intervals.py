"""flask intervals: what components truly were, set right or filled in with a reason that the public reads."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup

from statuspage import corrections
from statuspage.changes import site_change
from statuspage.cli.console import author, opened, plainly, read_file, say, warn
from statuspage.corrections import CorrectionDraft
from statuspage.domain.wallclock import wire
from statuspage.drafts import read_draft
from statuspage.models import Component

intervals = AppGroup("intervals", help="What components truly were: corrections, each with its reason.")


@intervals.command("import")
@click.argument("file", metavar="FILE.csv")
@plainly
def import_(file: str) -> None:
    """Record each line of FILE.csv (- reads standard input) as a correction. The header line names the columns
    component, starts_at, ends_at, status and reason; instants need an offset. Again adds only what is new."""
    text = read_file(file)
    installation, now = opened()
    with site_change(installation, now, author=author()) as change:
        done = corrections.import_intervals(change.session, text, policy=change.policy, author=author(), now=now)
    say(f"{done.added} recorded, {done.known} known already.")
    if change.publish_error is not None:
        warn(f"warning: recorded, but not published yet: {change.publish_error}. The worker tries again.")


@intervals.command("correct")
@click.argument("component", metavar="SLUG")
@click.option("--from", "starts_at", required=True, help="Where it begins, such as 2026-03-29T14:30:00Z.")
@click.option("--until", "ends_at", required=True, help="Where it ends.")
@click.option("--status", required=True, help="What the component truly was, such as operational.")
@click.option("--reason", required=True, help="Why; the page shows it.")
@plainly
def correct(component: str, starts_at: str, ends_at: str, status: str, reason: str) -> None:
    """Set right what a component was in an interval that is over. Prints the correction's number."""
    values = {"component": component, "starts_at": starts_at, "ends_at": ends_at, "status": status, "reason": reason}
    draft = read_draft(CorrectionDraft, values)
    installation, now = opened()
    with site_change(installation, now, author=author()) as change:
        row = corrections.record_correction(change.session, draft, policy=change.policy, author=author(), now=now)
        key = row.id
    click.echo(key)


@intervals.command("withdraw")
@click.argument("number")
@plainly
def withdraw(number: str) -> None:
    """Withdraw a correction; it stays listed as withdrawn."""
    installation, now = opened()
    with site_change(installation, now, author=author()) as change:
        row = corrections.load_correction(change.session, number)
        corrections.withdraw_correction(change.session, row, author=author(), now=now)
    say("Withdrawn.")


@intervals.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@plainly
def list_(as_json: bool) -> None:
    """The corrections, the last recorded first."""
    installation, _ = opened()
    with installation.database.read() as session:
        rows = [
            {
                "id": row.id,
                "component": session.get_one(Component, row.component_id).slug,
                "starts_at": wire(row.starts_at),
                "ends_at": wire(row.ends_at),
                "status": row.status.value,
                "reason": row.reason,
                "author": row.author,
                "withdrawn_at": wire(row.withdrawn_at) if row.withdrawn_at else None,
            }
            for row in corrections.load_corrections(session)
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        withdrawn = "  (withdrawn)" if row["withdrawn_at"] else ""
        say(f"{row['id']}  {row['component']}  {row['starts_at']} .. {row['ends_at']}  {row['status']}{withdrawn}")
