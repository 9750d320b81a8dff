"""The command that fills an empty instance with the demo's company."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from flask.cli import AppGroup

from statuspage.demo import company
from statuspage.demo.filling import fill
from statuspage.instance import bring_up_to_date
from statuspage.web import current

demo = AppGroup("demo", help="A believable company to try the page with.")


@demo.command("fill")
def fill_command() -> None:
    """Fill an empty instance with ninety days of history; one that is in use is left alone."""
    installation, now = current.installation(), datetime.now(UTC)
    bring_up_to_date(installation, now)
    if fill(installation, now):
        click.echo(f"Filled with {company.NAME}, its incidents, maintenance and subscribers.")
    else:
        click.echo("Nothing done: the page has components or incidents already.")
