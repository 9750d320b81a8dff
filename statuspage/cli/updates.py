"""flask update: show, edit, withdraw what was posted on an incident or a maintenance."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from statuspage import amendments
from statuspage.amendment_drafts import UpdateChange, Withdrawal
from statuspage.changes import site_change
from statuspage.cli.console import author, local, opened, page_zone, plainly, say, say_json, say_outcome
from statuspage.cli.fields import read_typed, takes
from statuspage.drafts import read_draft
from statuspage.web.api_v1.updates import whole_update_answer

update = AppGroup("update", help="Edit and withdraw single updates of incidents and maintenances.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
_id = click.argument("update_id", metavar="ID")


@update.command("show")
@_id
@_json
@plainly
def show(update_id: str, as_json: bool) -> None:
    """The update ID, and what it said before it was edited."""
    installation, _ = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        answer = whole_update_answer(amendments.load_update(session, update_id))
    if as_json:
        say_json(answer)
        return
    say(f"{answer.id}  {answer.status}  {local(answer.posted_at, zone)}  {answer.author or '-'}")
    say(answer.body)
    for version in reversed(answer.versions):
        say(f"-- until {local(version.replaced_at, zone)}, edited by {version.replaced_by}")
        say(version.body)


@update.command("edit")
@_id
@takes(UpdateChange)
@_json
@plainly
def edit(update_id: str, typed: dict[str, Any], as_json: bool) -> None:
    """Change what is given of the update ID; what it said before is kept, and the page says that it was edited."""
    installation, now = opened()
    draft = read_typed(UpdateChange, typed, page_zone(installation))
    with site_change(installation, now, author=author()) as change:
        row = amendments.load_update(change.session, update_id)
        amendments.edit_update(change.session, row, draft, author=author(), now=now)
        answer = whole_update_answer(row)
    if as_json:
        say_json(answer)
        return
    say(f"{answer.id}  {answer.status}  {local(answer.posted_at, page_zone(installation))}")
    say_outcome(change)


@update.command("withdraw")
@_id
@click.option("--reason", required=True, help="The activity log keeps it.")
@plainly
def withdraw(update_id: str, reason: str) -> None:
    """Take the update ID back: gone from page, feeds and lists; what was not sent yet is not sent."""
    installation, now = opened()
    why = read_draft(Withdrawal, {"reason": reason})
    with site_change(installation, now, author=author()) as change:
        row = amendments.load_update(change.session, update_id)
        amendments.withdraw_update(change.session, row, why, author=author(), now=now)
    say("Withdrawn.")
