"""flask import: the history of another status page."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from statuspage.changes import Installation, site_change
from statuspage.cli.console import author, opened, plainly, read_file, say, warn
from statuspage.drafts import check_zone
from statuspage.errors import Problem, Refused
from statuspage.importing.cachet import read_cachet
from statuspage.importing.databases import Found
from statuspage.importing.fetching import fetch_history
from statuspage.importing.statuspage import import_history
from statuspage.importing.uptime_kuma import read_uptime_kuma

import_ = AppGroup("import", help="Bring the history of another status page.")


_json = click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
_dry = click.option("--dry-run", is_flag=True, help="Count what it would do, and store nothing.")
_zone = click.option("--timezone", "zone", default="UTC", show_default=True, help="The zone of the file's times.")


@import_.command("statuspage")
@click.argument("source", metavar="FILE.json|URL")
@_dry
@_json
@plainly
def statuspage(source: str, dry_run: bool, as_json: bool) -> None:
    """Import what a Statuspage v2 API says, saved as FILE.json or straight from the page at URL: components,
    incidents, maintenances and component changes, with their ids and times. Again changes only what is new. Nobody
    is mailed. A page hands out its newest fifty incidents and maintenances."""
    installation, now = opened()
    if source.startswith(("http://", "https://")):
        data = fetch_history(source, allowed=installation.settings.probe_allow_private)
    else:
        data = _read(source)
    _store(installation, now, Found(data), dry_run, as_json)


@import_.command("cachet")
@click.argument("file", metavar="FILE.sqlite")
@_zone
@_dry
@_json
@plainly
def cachet(file: str, zone: str, dry_run: bool, as_json: bool) -> None:
    """Import the database of Cachet 2 or 3, a SQLite file (one of MySQL is to be converted first): components with
    their groups, incidents, schedules and updates that guests could see. Again changes only what is new. Nobody is
    mailed."""
    installation, now = opened()
    _store(installation, now, read_cachet(file, zone=_zone_of(zone), now=now), dry_run, as_json)


@import_.command("uptime-kuma")
@click.argument("file", metavar="kuma.db")
@_zone
@_dry
@_json
@plainly
def uptime_kuma(file: str, zone: str, dry_run: bool, as_json: bool) -> None:
    """Import the database of Uptime Kuma: its monitors as components, their heartbeats as intervals, single
    maintenances and notices. What monitors check is set up anew, in site.toml or the admin. Again changes only what
    is new. Nobody is mailed."""
    installation, now = opened()
    _store(installation, now, read_uptime_kuma(file, zone=_zone_of(zone), now=now), dry_run, as_json)


def _store(installation: Installation, now: datetime, found: Found, dry_run: bool, as_json: bool) -> None:
    """Store what was found, or (`dry_run`) only count; then say what came of it."""
    error = None
    if dry_run:
        with installation.database.write() as session:
            report = import_history(session, found.data, now=now)
            session.rollback()
    else:
        with site_change(installation, now, author=author()) as change:
            report = import_history(change.session, found.data, now=now)
        error = change.publish_error
    if as_json:
        click.echo(
            json.dumps({**report.as_dict(), **({"left_out": found.left_out} if found.left_out else {})}, indent=2)
        )
    else:
        for name in report.as_dict():
            say(f"{name}: {getattr(report, name)}")
        for why, number in found.left_out.items():
            say(f"left out: {number} {why}")
        if dry_run:
            say("Nothing was stored.")
    if error is not None:
        warn(f"warning: imported, but not published yet: {error}. The worker tries again.")


def _zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(check_zone(name))
    except ValueError as error:
        raise Refused(Problem("timezone", str(error))) from None


def _read(file: str) -> dict[str, Any]:
    try:
        data = json.loads(read_file(file))
    except (ValueError, RecursionError) as error:
        raise Refused(Problem("", f"{file} is not JSON: {error}")) from None
    if not isinstance(data, dict):
        raise Refused(Problem("", f"{file} holds no JSON object"))
    return data
