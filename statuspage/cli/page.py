"""flask page: the page's settings."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from statuspage import components
from statuspage.changes import site_change
from statuspage.cli.console import author, opened, page_zone, plainly, say, say_outcome
from statuspage.cli.fields import read_typed, takes
from statuspage.drafts import PageChange

page = AppGroup("page", help="The page's name, zone, languages and whom it alarms.")
SHOWN = ("name", "url", "timezone", "languages", "support_url", "responsible_email", "escalation_email", "reminders")


@page.command("show")
@plainly
def show() -> None:
    """What is set."""
    installation, _now = opened()
    with installation.database.read() as session:
        found = components.load_page(session)
        for name in SHOWN:
            value = getattr(found, name)
            say(f"{name}: {', '.join(value) if isinstance(value, list) else value or '-'}")
        say(f"alarm_webhook: {'set' if found.alarm_webhook else '-'}")


@page.command("set")
@takes(PageChange)
@plainly
def change(typed: dict[str, Any]) -> None:
    """Change what is given; an empty address takes it away. Every page is rendered again."""
    installation, now = opened()
    draft = read_typed(PageChange, typed, page_zone(installation))
    with site_change(installation, now, author=author()) as done:
        components.change_page(done.session, components.load_page(done.session), draft, now=now)
    click.echo("The settings are saved.")
    say_outcome(done)
