"""flask check: what is wrong with this set-up, in plain words."""

from __future__ import annotations

import dataclasses
import json
import sys

import click
from flask.cli import with_appcontext

from statuspage.checkup import examine
from statuspage.cli.console import FAILED, opened, plainly, say

MARKS = {"ok": "ok   ", "hint": "hint ", "wrong": "WRONG"}


@click.command("check")
@click.option("--offline", is_flag=True, help="Ask nobody outside: no mail server, no DNS, not the page's address.")
@click.option("--json", "as_json", is_flag=True, help="A list of {name, verdict, said, todo}.")
@with_appcontext
@plainly
def check(offline: bool, as_json: bool) -> None:
    """Say what is wrong with this set-up and what to do about it; exit code 1 when something is."""
    installation, now = opened()
    findings = list(examine(installation, now, network=not offline))
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(each) for each in findings], indent=2))
    else:
        for each in findings:
            say(f"{MARKS[each.verdict]}  {each.said}")
            if each.todo:
                say(f"       {each.todo}")
    if any(each.verdict == "wrong" for each in findings):
        sys.exit(FAILED)
