"""flask subscribers: import and export as CSV."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from statuspage import subscribers as verbs
from statuspage.cli.console import REFUSED, author, opened, plainly, read_file, say, warn
from statuspage.cli.subscriber_csv import Row, read_rows, write_rows
from statuspage.errors import Problem, Refused

subscribers = AppGroup("subscribers", help="Subscribers as a CSV file.")


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
    rows = read_rows(read_file(file))
    installation, now = opened()
    refused = [(row.line, problem) for row in rows for problem in row.problems]
    added = 0
    with installation.database.write() as session:
        for row in rows:
            problems = [] if row.problems else _add(session, row, now)
            refused += [(row.line, problem) for problem in problems]
            added += not (row.problems or problems)
        if refused and not skip_bad:
            session.rollback()
    for line, problem in sorted(refused, key=lambda each: each[0]):
        warn(f"error: line {line}: {problem.field}: {problem.message}")
    if refused and not skip_bad:
        warn("Nothing was imported: mend these lines, or leave them out with --skip-bad.")
        raise click.exceptions.Exit(REFUSED)
    installation.nudge()
    say(f"{added} imported" + (f", {len({line for line, _ in refused})} left out." if refused else "."))


@subscribers.command("export")
@click.argument("file", metavar="[FILE.csv]", required=False)
@plainly
def export(file: str | None) -> None:
    """Write the subscribers, those who left excepted, to FILE.csv or standard output."""
    installation, _ = opened()
    with installation.database.read() as session:
        found = verbs.load_subscribers(session, limit=10_000_000)
        text = write_rows(one for one in found if one.unsubscribed_at is None and one.suppressed_at is None)
    if file is None or file == "-":
        click.echo(text, nl=False)
        return
    Path(file).write_text(text, encoding="utf-8", newline="")
    say(f"{max(0, text.count(chr(10)) - 1)} lines written to {file}.")


def _add(session: Session, row: Row, now: datetime) -> list[Problem]:
    """Add one subscriber; a refusal leaves nothing of this line behind."""
    assert row.draft is not None
    add = verbs.add_confirmed if row.draft.confirmed else verbs.subscribe
    try:
        with session.begin_nested():
            add(session, row.draft, source=f"import:{author()}"[:80], now=now)
    except Refused as error:
        return list(error.problems)
    return []
