"""flask sla: the SLA report of a period, for people, programs and spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from statuspage.cli.console import local, opened, plainly, say, say_json, say_rows
from statuspage.reports.customer_credit import customer_credit
from statuspage.reports.customers import load_customer
from statuspage.reports.lengths import shown_seconds
from statuspage.reports.periods import read_period
from statuspage.reports.sla import Entry, ServiceRow, SlaReport, sla_report
from statuspage.reports.tables import sla_csv
from statuspage.web.api_v1.reports import sla_answer

sla = AppGroup("sla", help="What was promised and what was kept.")


@sla.command("report")
@click.option("--period", "typed", required=True, metavar="PERIOD", help="A month, 2026-10, or a quarter, 2026-Q3.")
@click.option("--customer", "customer_id", metavar="ID", help="The figures of one customer.")
@click.option("--format", "shape", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@plainly
def report(typed: str, customer_id: str | None, shape: str) -> None:
    """The SLA report of a month or quarter; to date while it runs."""
    installation, now = opened()
    period = read_period(typed)
    with installation.database.read() as session:
        customer = None
        if customer_id is not None:
            customer = load_customer(session, customer_id, period, installation.policies)
        found = sla_report(session, installation.policies, period, now=now, customer=customer)
    if shape == "json":
        say_json(sla_answer(found))
    elif shape == "csv":
        click.echo(sla_csv(found), nl=False)
    else:
        _say_report(found)


def _say_report(found: SlaReport) -> None:
    zone = found.policy.zone
    state = "final" if found.final else f"to date, {local(found.window.end, zone)}"
    say(f"{found.period} ({state}), {found.policy.name} {found.policy.version}".rstrip())
    if found.customer:
        say(f"Customer: {found.customer.name}")
        _say_credit(found)
    if found.platform_only:
        say("Platform history: this policy measures each customer by itself.")
    if not found.contractual:
        say(f"The policy promises its figures by the {found.policy.availability.period}: no credit for this period.")
    say("")
    header = ("SERVICE", "TIER", "AVAILABILITY", "TARGET", "MET", "CREDIT", "DOWN", "LEFT OUT", "UNKNOWN")
    say_rows([header, *(_cells(row) for row in found.rows)], empty="")
    for row in found.rows:
        for title, entries in (("Down", row.outages), ("Left out", row.removed), ("Not counted", row.exempt)):
            _say_entries(f"{title}: {_name(row)}", entries, found.names, zone)
    say("")
    say(found.formula.symbols)
    for letter, meaning in found.formula.terms:
        say(f"  {letter}  {meaning}")
    for rule in found.formula.rules:
        say(f"  {rule}")


def _say_credit(found: SlaReport) -> None:
    owed = customer_credit(found)
    if owed is None:
        return
    amount = "" if owed.amount is None else f" of {owed.fee} = {owed.amount} {owed.currency}".rstrip()
    say(f"Credit: {owed.percent}%{amount}{' (the cap)' if owed.capped else ''}")
    if owed.closes_at is not None:
        say(f"Claims close at {local(owed.closes_at, found.policy.zone)}")


def _say_entries(title: str, entries: tuple[Entry, ...], names: Mapping[str, str], zone: ZoneInfo) -> None:
    if not entries:
        return
    say("")
    say(title)
    rows = [
        (
            f"  {local(entry.span.start, zone)}",
            local(entry.span.end, zone),
            f"{shown_seconds(entry.span.length)} s",
            names.get(entry.component, entry.component),
            entry.reason,
            entry.id or "",
            entry.title,
        )
        for entry in entries
    ]
    say_rows(rows, empty="")


def _name(row: ServiceRow) -> str:
    return f"{row.line.name}, {row.tier.name}" if row.tier else row.line.name


def _cells(row: ServiceRow) -> tuple[str, ...]:
    tier = row.tier.id if row.tier else "-"
    target = "-" if row.target is None else f"{row.target:f}%"
    if row.figure is None:
        return (row.line.key, tier, row.absent, target, "-", "-", "-", "-", "-")
    pct = row.figure.percent()
    return (
        row.line.key,
        tier,
        row.absent if pct is None else f"{pct}%",
        target,
        {True: "yes", False: "NO", None: "-"}[row.met],
        "-" if row.credit_percent is None else f"{row.credit_percent}%",
        *(f"{shown_seconds(length)} s" for length in (row.figure.counted, row.figure.removed, row.figure.unknown)),
    )
