"""flask hook: addresses that outside monitors and jobs call."""

from __future__ import annotations

from typing import Literal

import click
from flask.cli import AppGroup
from pydantic import ValidationError
from sqlalchemy.orm import Session

from statuspage import audit, hooks, monitors
from statuspage.changes import site_change
from statuspage.cli.console import author, local, opened, page_zone, plainly, say_json, say_rows
from statuspage.components import find_components
from statuspage.drafts import problems_of, read_draft
from statuspage.errors import Problem, Refused
from statuspage.hook_drafts import HookDraft
from statuspage.models import Component
from statuspage.monitor_drafts import MonitorTable
from statuspage.web.api_v1.hooks import hook_answer

HEARTBEAT: Literal["heartbeat"] = "heartbeat"
KINDS = (HEARTBEAT, "alertmanager", "alert", "bounces")
hook = AppGroup("hook", help="Addresses that outside monitors and jobs call.")


@hook.command("create")
@click.argument("name")
@click.option("--kind", required=True, metavar="|".join(KINDS), help="Who calls.")
@click.option("--component", metavar="SLUG", help="The only component it speaks of; a heartbeat needs one.")
@click.option("--period", default="1d", show_default=True, help="Of a heartbeat: how often the job calls.")
@click.option("--grace", default="1h", show_default=True, help="Of a heartbeat: how late it may be.")
@plainly
def create(name: str, kind: str, component: str | None, period: str, grace: str) -> None:
    """Make the hook NAME and print its URL, alone and this once: only a digest of it is kept."""
    if kind not in KINDS:
        raise Refused(Problem("kind", f"expected one of {', '.join(KINDS)}"))
    installation, now = opened()
    if kind == HEARTBEAT:
        with site_change(installation, now, author=author()) as change:
            owner = _owner(change.session, component)
            table = _heartbeat(name, period, grace)
            _monitor, token = monitors.add_monitor(change.session, owner, table, author=author(), now=now)
            url = f"{installation.base_url(change.session)}/heartbeat/{token}"
    else:
        draft = read_draft(HookDraft, {"name": name, "kind": kind, "component": component})
        with installation.database.write() as session:
            made, token = hooks.create_hook(session, draft, author=author(), now=now)
            details = {"name": made.name, "kind": made.kind}
            audit.record(session, "hook.create", actor=author(), target=made.id, details=details, now=now)
            url = installation.base_url(session) + hooks.hook_path(made, token)
    click.echo(url)


@hook.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
@plainly
def list_(as_json: bool) -> None:
    """List hooks, newest first; heartbeats are monitors."""
    installation, _now = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        answers = [hook_answer(each) for each in hooks.load_hooks(session)]
    if as_json:
        say_json(answers)
        return
    rows = [
        (
            each.id,
            each.kind,
            each.component or "-",
            "revoked" if each.revoked_at else local(each.last_used_at, zone) or "never used",
            each.name,
        )
        for each in answers
    ]
    say_rows(rows, empty="No hook.")


@hook.command("revoke")
@click.argument("hook_id", metavar="ID")
@plainly
def revoke(hook_id: str) -> None:
    """End the hook ID for good; what it began goes on until somebody ends it."""
    installation, now = opened()
    with installation.database.write() as session:
        found = hooks.load_hook(session, hook_id)
        hooks.revoke_hook(session, found, now)
        details = {"name": found.name, "kind": found.kind}
        audit.record(session, "hook.revoke", actor=author(), target=found.id, details=details, now=now)


def _heartbeat(name: str, period: str, grace: str) -> MonitorTable:
    try:
        return MonitorTable(kind=HEARTBEAT, name=name, period=period, grace=grace)
    except ValidationError as error:
        raise Refused(problems_of(error)) from None


def _owner(session: Session, slug: str | None) -> Component:
    if slug is None:
        raise Refused(Problem("component", "a heartbeat belongs to a component"))
    try:
        return find_components(session, [slug])[slug]
    except Refused:
        raise Refused(Problem("component", f"there is no component {slug!r}")) from None
