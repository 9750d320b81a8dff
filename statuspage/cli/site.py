"""flask site: apply and export site.toml."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from statuspage.changes import site_change
from statuspage.cli.console import author, opened, plainly, read_file, say, warn
from statuspage.site import apply_site, describe_site, missing_from
from statuspage.site_file import read_site, site_text

site = AppGroup("site", help="The page, its groups and components as a file.")


@site.command("apply")
@click.argument("file", metavar="FILE.toml")
@click.option("--check", is_flag=True, help="Only show what would change.")
@plainly
def apply(file: str, check: bool) -> None:
    """Make page, groups, components and monitors what FILE.toml says (- reads standard input). What it does not
    mention stays. The same file again changes nothing."""
    wanted = read_site(read_file(file))
    installation, now = opened()
    with installation.database.read() as session:  # discarded: what is seen here is only what would change
        lines = apply_site(session, wanted, author=author(), now=now)
        spared = missing_from(session, wanted)
        session.rollback()
    if lines and not check:
        with site_change(installation, now, author=author()) as change:
            lines = apply_site(change.session, wanted, author=author(), now=now)
        if change.publish_error is not None:
            warn(f"warning: saved, but not published yet: {change.publish_error}. The worker tries again.")
    if lines and check:
        say("Would change:")
    for line in lines or ["Nothing to change."]:
        say(line)
    if spared:
        say(f"Not in the file, left as they are: {', '.join(spared)}")


@site.command("export")
@plainly
def export() -> None:
    """Print the page as a site.toml that `site apply` takes."""
    installation, _ = opened()
    with installation.database.read() as session:
        text = site_text(describe_site(session))
    click.echo(text, nl=False)
