"""flask monitor: list, pause, resume, test and remove monitors; they are set up in site.toml."""

from __future__ import annotations

from collections.abc import Callable

import click
from flask.cli import AppGroup

from statuspage import monitors
from statuspage.changes import site_change
from statuspage.cli.console import author, local, opened, page_zone, plainly, say, say_rows
from statuspage.monitoring.trial import try_check

monitor = AppGroup("monitor", help="Monitors; they are added and changed by `flask site apply`.")
_id = click.argument("monitor_id", metavar="ID")


@monitor.command("list")
@plainly
def list_() -> None:
    """List monitors in the page's order, paused ones too."""
    installation, _now = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        rows = [
            (
                each.id,
                each.component.slug,
                each.kind,
                each.status.value if each.enabled else "paused",
                local(each.checked_at, zone),
                each.last_words or "",
            )
            for each in monitors.load_monitors(session)
        ]
    say_rows(rows, empty="No monitor.")


@monitor.command("pause")
@_id
@plainly
def pause(monitor_id: str) -> None:
    """Pause the monitor ID: it says nothing of its component."""
    _do(monitor_id, monitors.pause_monitor, "Paused.")


@monitor.command("resume")
@_id
@plainly
def resume(monitor_id: str) -> None:
    """Let the monitor ID go on."""
    _do(monitor_id, monitors.resume_monitor, "It goes on.")


@monitor.command("remove")
@_id
@plainly
def remove(monitor_id: str) -> None:
    """Stop measuring for good; what was measured stays in the component's history."""
    _do(monitor_id, monitors.remove_monitor, "Removed.")


@monitor.command("test")
@_id
@plainly
def test(monitor_id: str) -> None:
    """Check once with the settings of the monitor ID; nothing is kept of it."""
    installation, now = opened()
    with installation.database.read() as session:
        row = monitors.load_monitor(session, monitor_id)
        table = monitors.table_of(row)
    found = try_check(table, None, installation.settings.probe_allow_private, now)
    with installation.database.write() as session:
        monitors.record_test(session, table, found.outcome.value, author=author(), now=now)
    say(f"{found.outcome.value}: {found.words}")


@monitor.command("renew-url")
@_id
@plainly
def renew_url(monitor_id: str) -> None:
    """Print a new URL of the heartbeat ID, this once; the one before stops working."""
    installation, now = opened()
    with site_change(installation, now, author=author()) as change:
        row = monitors.load_monitor(change.session, monitor_id)
        token = monitors.renew_token(change.session, row, author=author(), now=now)
        base = installation.base_url(change.session)
    click.echo(f"{base}/heartbeat/{token}")


def _do(monitor_id: str, verb: Callable[..., None], said: str) -> None:
    installation, now = opened()
    with site_change(installation, now, author=author()) as change:
        verb(change.session, monitors.load_monitor(change.session, monitor_id), author=author(), now=now)
    say(said)
