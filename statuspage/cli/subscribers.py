"""flask subscribers: add one; import and export as CSV."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from statuspage import audit, bounces
from statuspage import subscribers as verbs
from statuspage.changes import Installation
from statuspage.cli.console import REFUSED, author, opened, page_zone, plainly, read_file, say, say_json, warn
from statuspage.cli.fields import read_typed, takes
from statuspage.domain.vocabulary import NoticeKind
from statuspage.drafts import SubscriberDraft
from statuspage.notify.quarantine import shown_address
from statuspage.subscriber_lists import export_lines, import_list
from statuspage.web.api_v1.subscribers import subscriber_answer

subscribers = AppGroup("subscribers", help="Add subscribers; lists as a CSV file.")
SAID = {
    "email": "The address; or the URL of one of these instead.",
    "components": "All of the page without one; repeatable.",
    "services": "A service of the policy, with what it gets later; repeatable.",
    "kinds": "|".join(NoticeKind) + "; all without one; repeatable.",
    "min_priority": "This and graver ones only.",
    "frequency": "Each update, or one digest a day; mail only.",
    "incident": "Only this one, until it is resolved.",
    "confirmed": "Consent was given elsewhere: it is recorded, and nobody is asked.",
}


@subscribers.command("add")
@takes(SubscriberDraft, said=SAID)
@click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
@plainly
def add(typed: dict[str, Any], as_json: bool) -> None:
    """Add one subscriber, who is asked there to confirm; with --incident somebody who follows that one alone."""
    installation, now = opened()
    draft = read_typed(SubscriberDraft, typed, page_zone(installation))
    act = verbs.add_confirmed if draft.confirmed else verbs.subscribe
    with installation.database.write() as session:
        row = act(session, draft, source=author()[:80], now=now)
        answer, shown = subscriber_answer(row), shown_address(row)
    installation.nudge()
    if as_json:
        say_json(answer)
        return
    said = "is told from now on" if answer.state == "active" else "is asked to confirm"
    say(f"{shown} {said} ({answer.id}).")


@subscribers.command("erase")
@click.argument("subscriber_id", metavar="ID")
@plainly
def erase(subscriber_id: str) -> None:
    """Erase the subscriber ID with all that is kept of it."""
    installation, now = opened()
    with installation.database.write() as session:
        row = verbs.load_subscriber(session, subscriber_id)
        audit.record(session, "subscriber.erase", actor=author(), target=row.id, now=now)
        verbs.erase(session, row)
    say("Erased.")


@subscribers.command("restore")
@click.argument("subscriber_id", metavar="ID")
@plainly
def restore(subscriber_id: str) -> None:
    """Write again to the subscriber ID, whose address was given up or quarantined."""
    installation, now = opened()
    with installation.database.write() as session:
        row = verbs.load_subscriber(session, subscriber_id)
        bounces.restore(session, row, now=now)
        audit.record(session, "subscriber.restore", actor=author(), target=row.id, now=now)
    say("Written to again.")


@subscribers.command("import")
@click.argument("file", metavar="FILE.csv")
@click.option("--skip-bad", is_flag=True, help="Import the good lines although others are bad.")
@plainly
def import_(file: str, skip_bad: bool) -> None:
    """Add the subscribers of FILE.csv (- reads standard input), whose first line names the columns: email, and
    optionally confirmed, components, kinds, min_priority, language.

    Who is `confirmed` (yes) gave consent elsewhere, which is recorded, and is not asked; the others get the usual
    mail to confirm. Several components or kinds in one cell are separated by ; and none means all. One bad line
    stops everything, unless --skip-bad.
    """
    text = read_file(file)
    installation, now = opened()
    source = f"import:{author()}"[:80]
    added, refused = import_list(installation.database, text, source=source, skip_bad=skip_bad, now=now)
    if added:
        _note("subscriber.import", installation, now, added=added)
    for line, problem in sorted(refused, key=lambda each: each[0]):
        warn(f"error: line {line}: {problem.field}: {problem.message}")
    if refused and not skip_bad:
        said = "Nothing was imported" if added == 0 else f"{added} were imported before that"
        warn(f"{said}: mend these lines, or leave them out with --skip-bad.")
        raise click.exceptions.Exit(REFUSED)
    installation.nudge()
    say(f"{added} imported" + (f", {len({line for line, _ in refused})} left out." if refused else "."))


def _note(action: str, installation: Installation, now: datetime, **facts: int) -> None:
    with installation.database.write() as session:
        audit.record(session, action, actor=author(), target="csv", details=facts, now=now)


@subscribers.command("export")
@click.argument("file", metavar="[FILE.csv]", required=False)
@plainly
def export(file: str | None) -> None:
    """Write the subscribers, those who left excepted, to FILE.csv or standard output."""
    installation, now = opened()
    _note("subscriber.export", installation, now)
    with installation.database.read() as session:
        lines = export_lines(session)
        if file is None or file == "-":
            for line in lines:
                click.echo(line, nl=False)
            return
        with Path(file).open("w", encoding="utf-8", newline="") as out:
            number = sum(1 for line in lines if out.write(line)) - 1
    say(f"{number} lines written to {file}.")
