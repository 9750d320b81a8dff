"""flask import: the history of another status page."""

from __future__ import annotations

import json
from typing import Any

import click
from flask.cli import AppGroup

from statuspage.changes import site_change
from statuspage.cli.console import author, opened, plainly, read_file, say, warn
from statuspage.errors import Problem, Refused
from statuspage.importing.fetching import fetch_history
from statuspage.importing.statuspage import import_history

import_ = AppGroup("import", help="Bring the history of another status page.")


@import_.command("statuspage")
@click.argument("source", metavar="FILE.json|URL")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@plainly
def statuspage(source: str, as_json: bool) -> None:
    """Import what a Statuspage v2 API says, saved as FILE.json or straight from the page at URL: components,
    incidents, maintenances and component changes, with their ids and times. Again changes only what is new. Nobody
    is mailed. A page hands out its newest fifty incidents and maintenances."""
    installation, now = opened()
    if source.startswith(("http://", "https://")):
        data = fetch_history(source, allowed=installation.settings.probe_allow_private)
    else:
        data = _read(source)
    with site_change(installation, now, author=author()) as change:
        report = import_history(change.session, data, now=now)
    if as_json:
        click.echo(json.dumps(report.as_dict(), indent=2))
    else:
        for name, _ in report.as_dict().items():
            say(f"{name}: {getattr(report, name)}")
    if change.publish_error is not None:
        warn(f"warning: imported, but not published yet: {change.publish_error}. The worker tries again.")


def _read(file: str) -> dict[str, Any]:
    try:
        data = json.loads(read_file(file))
    except (ValueError, RecursionError) as error:
        raise Refused(Problem("", f"{file} is not JSON: {error}")) from None
    if not isinstance(data, dict):
        raise Refused(Problem("", f"{file} holds no JSON object"))
    return data
