"""flask component: list, add and change components, their own status too."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from statuspage import components
from statuspage.changes import site_change
from statuspage.cli.console import author, opened, page_zone, plainly, say, say_outcome, say_rows
from statuspage.cli.fields import read_typed, takes
from statuspage.drafts import ComponentChange, ComponentDraft

component = AppGroup("component", help="Components; many at once come by `flask site apply`.")
_slug = click.argument("slug", metavar="SLUG")


@component.command("list")
@plainly
def list_() -> None:
    """List components in the page's order, hidden ones too, with what each shows."""
    installation, now = opened()
    with installation.database.read() as session:
        found = components.load_components(session)
        shown = components.current_statuses(session, [each.id for each in found], now)
        rows = [
            (each.slug, shown[each.id].value, each.group.name if each.group else "-", each.name) for each in found
        ]
    say_rows(rows, empty="No component.")


@component.command("add")
@takes(ComponentDraft)
@plainly
def add(typed: dict[str, Any]) -> None:
    """Add a component, operational from now on; without a slug one is made of the name."""
    installation, now = opened()
    draft = read_typed(ComponentDraft, typed, page_zone(installation))
    with site_change(installation, now, author=author()) as change_:
        slug = components.add_component(change_.session, draft, author=author(), now=now).slug
    say(slug)


@component.command("change")
@_slug
@takes(ComponentChange)
@plainly
def change(slug: str, typed: dict[str, Any]) -> None:
    """Change what is given of the component SLUG; --status is its own status from now on."""
    installation, now = opened()
    draft = read_typed(ComponentChange, typed, page_zone(installation))
    with site_change(installation, now, author=author()) as done:
        row = components.load_component(done.session, slug)
        components.change_component(done.session, row, draft, author=author(), now=now, policy=done.policy)
    say("The component is saved.")
    say_outcome(done)
