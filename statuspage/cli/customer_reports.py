"""flask report: what customers reported; record one, list them, and every step until they are closed."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from statuspage import customer_reports as verbs
from statuspage.cli.console import author, local, opened, page_zone, plainly, say, say_json, say_rows
from statuspage.cli.fields import read_typed, takes
from statuspage.customer_drafts import ReportDraft
from statuspage.offered_steps import STEPS, Step
from statuspage.reports.customer_record import record_csv
from statuspage.web.api_v1.customer_report_shapes import ReportAnswer, report_answers

report = AppGroup("report", help="Customers' reports: record one, list them, and each step until they are closed.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")


@report.command("list")
@click.option("--customer", "customer_id", metavar="ID", help="Only this customer's.")
@click.option("--incident", "incident_id", metavar="ID", help="Only those of this incident.")
@click.option("--maintenance", "maintenance_id", metavar="ID", help="Only those of this maintenance.")
@click.option("--class", "report_class", help="Only those of this class.")
@click.option("--open", "open_only", is_flag=True, help="Only those that are not closed.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@_json
@plainly
def list_(as_json: bool, **wanted: Any) -> None:
    """List reports, newest number first."""
    installation, now = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        policy = installation.policy(now, session)
        found = report_answers(session, verbs.load_reports(session, **wanted), policy, now)
    if as_json:
        say_json(found)
        return
    say_rows([_row(each, zone) for each in found], empty="No report.")


@report.command("record")
@click.option("--customer", "customer_id", metavar="ID", help="Only this customer's.")
@plainly
def record(customer_id: str | None) -> None:
    """Print the maintenance record of all reports as CSV."""
    installation, now = opened()
    with installation.database.read() as session:
        found = verbs.load_reports(session, customer_id=customer_id, limit=None)
        click.echo(record_csv(session, found, installation.policy(now, session), now), nl=False)


@report.command("show")
@click.argument("report_id", metavar="ID")
@_json
@plainly
def show(report_id: str, as_json: bool) -> None:
    """Show the report ID with what is due and its log."""
    installation, now = opened()
    with installation.database.read() as session:
        row = verbs.load_report(session, report_id)
        (answer,) = report_answers(session, [row], installation.policy(now, session), now)
    _say(answer, page_zone(installation), as_json)


@report.command("add")
@takes(ReportDraft)
@_json
@plainly
def add(typed: dict[str, Any], as_json: bool) -> None:
    """Record what a customer reported, under the next number; the customer gets a confirmation."""
    installation, now = opened()
    draft = read_typed(ReportDraft, typed, page_zone(installation))
    with installation.database.write() as session:
        policy = installation.policy(now, session)
        row = verbs.open_report(session, draft, policy=policy, author=author(), now=now)
        (answer,) = report_answers(session, [row], policy, now)
    installation.nudge()
    _say(answer, page_zone(installation), as_json)


def _add_step(name: str, step: Step) -> None:
    """A command for one step: flask report NAME ID."""

    @report.command(name, help=(step.verb.__doc__ or "").split(":")[0].split(" (")[0].split(". ")[0].strip() + ".")
    @click.argument("report_id", metavar="ID")
    @takes(step.draft)
    @_json
    @plainly
    def take(report_id: str, typed: dict[str, Any], as_json: bool) -> None:
        installation, now = opened()
        draft = read_typed(step.draft, typed, page_zone(installation))
        with installation.database.write() as session:
            policy = installation.policy(now, session)
            row = verbs.load_report(session, report_id)
            step.take(session, row, draft, policy=policy, author=author(), now=now)
            (answer,) = report_answers(session, [row], policy, now)
        installation.nudge()
        _say(answer, page_zone(installation), as_json)


for _name, _step in STEPS.items():
    _add_step(_name, _step)


def _row(answer: ReportAnswer, zone: ZoneInfo) -> tuple[str, ...]:
    due = [f"{each.measure} {local(each.due_at, zone)}" for each in answer.timers if not each.done_at and each.due_at]
    state = "closed" if answer.closed_at else ("LATE" if answer.late else "open")
    received = local(answer.received_at, zone)
    return (answer.id, str(answer.number), answer.report_class, received, state, ", ".join(due))


def _say(answer: ReportAnswer, zone: ZoneInfo, as_json: bool) -> None:
    if as_json:
        say_json(answer)
        return
    say_rows([_row(answer, zone)], empty="")
    for entry in answer.log:
        say(f"{local(entry.at, zone)}  {entry.actor}  {entry.entry}")
