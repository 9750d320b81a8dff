"""flask bounces: mail that came back, piped in by the mail server."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from statuspage.bounces import take_in
from statuspage.cli.console import fail, opened, plainly, say
from statuspage.notify.bounce_reports import read_mail_report
from statuspage.notify.letterhead import return_path_of

TRY_LATER = 75
"""EX_TEMPFAIL of sysexits: the mail server keeps the report and pipes it again."""
MOST_BYTES = 20 * 1024 * 1024

bounces = AppGroup("bounces", help="Mail that came back.")


@bounces.command("read")
@click.option("--recipient", default="", help="The envelope's recipient, as the mail server knows it.")
@plainly
def read(recipient: str) -> None:
    """Read one report from standard input: delivery status (RFC 3464) or complaint (RFC 5965).

    For a pipe transport. What is no report is passed over; while the database is away it exits with 75.
    """
    report = read_mail_report(sys.stdin.buffer.read(MOST_BYTES), recipient)
    if report is None:
        say("No report of a failure; nothing changed.")
        return
    try:
        installation, now = opened()
        with installation.database.write() as session:
            returns = return_path_of(installation.settings)
            rows = [(row.kind, row.subscriber_id) for row in take_in(session, [report], returns=returns, now=now)]
    except SQLAlchemyError as error:
        fail(f"the database cannot be reached: {error}", TRY_LATER)
    if not rows:
        say("Known already, or about nobody we know; nothing changed.")
    for kind, _subscriber in rows:
        say(f"{kind} bounce kept.")
