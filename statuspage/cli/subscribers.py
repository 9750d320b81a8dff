"""flask subscribers: import and export as CSV."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from statuspage.cli.console import REFUSED, author, opened, plainly, read_file, say, warn
from statuspage.subscriber_csv import read_rows
from statuspage.subscriber_lists import export_lines, import_rows

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
    with installation.database.write() as session:
        added, refused = import_rows(session, rows, source=f"import:{author()}"[:80], now=now)
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
        lines = export_lines(session)
        if file is None or file == "-":
            for line in lines:
                click.echo(line, nl=False)
            return
        with Path(file).open("w", encoding="utf-8", newline="") as out:
            number = sum(1 for line in lines if out.write(line)) - 1
    say(f"{number} lines written to {file}.")
