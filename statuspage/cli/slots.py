"""flask slot: regular maintenance slots."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from statuspage import audit
from statuspage import slots as verbs
from statuspage.changes import site_change
from statuspage.cli.console import author, opened, page_zone, plainly, say, say_json, say_outcome, say_rows
from statuspage.cli.fields import read_typed, takes
from statuspage.web.api_v1.slots import SlotAnswer, slot_answer
from statuspage.work_drafts import SlotDraft

slot = AppGroup("slot", help="Weekly windows whose occurrences are announced as regular maintenance.")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")


@slot.command("list")
@_json
@plainly
def list_(as_json: bool) -> None:
    """List slots in the order of the week, ended ones too."""
    installation, _ = opened()
    with installation.database.read() as session:
        found = [slot_answer(row) for row in verbs.load_slots(session)]
    if as_json:
        say_json(found)
        return
    say_rows([_row(each) for each in found], empty="No slot.")


@slot.command("add")
@takes(SlotDraft)
@_json
@plainly
def add(typed: dict[str, Any], as_json: bool) -> None:
    """Add a weekly slot by the wall clock of the policy's zone; weekday 0 is Monday."""
    installation, now = opened()
    draft = read_typed(SlotDraft, typed, page_zone(installation))
    with site_change(installation, now, author=author()) as change:
        row = verbs.add_slot(change.session, draft, policy=change.policy, author=author(), now=now)
        audit.record(change.session, "slot.add", actor=author(), target=row.id, now=now)
        answer = slot_answer(row)
    if as_json:
        say_json(answer)
        return
    say_rows([_row(answer)], empty="")
    say_outcome(change)


@slot.command("end")
@click.argument("slot_id", metavar="ID")
@plainly
def end(slot_id: str) -> None:
    """Announce nothing further of the slot ID."""
    installation, now = opened()
    with site_change(installation, now, author=author()) as change:
        row = verbs.load_slot(change.session, slot_id)
        verbs.end_slot(change.session, row, now=now)
        audit.record(change.session, "slot.end", actor=author(), target=row.id, now=now)
    say("Nothing further of it is announced.")


def _row(answer: SlotAnswer) -> tuple[str, ...]:
    when = f"{DAYS[answer.weekday]} {answer.starts:%H:%M}"
    return (answer.id, when, f"{answer.minutes} min", "ended" if answer.ended_at else "active", answer.title)
