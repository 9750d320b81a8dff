"""The command line: everything the forms do at 3 a.m., and the chores. One module per noun.

`flask --app app COMMAND`; each command first brings the instance up to date, so that it works on an empty one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from flask import Flask

from statuspage.cli import (
    bounces,
    checking,
    claims,
    components,
    customer_reports,
    customers,
    deliveries,
    events,
    history,
    hooks,
    incidents,
    intervals,
    keeping,
    looks,
    maintenance,
    monitors,
    notices,
    page,
    policy,
    proofs,
    reports,
    running,
    site,
    slots,
    subscribers,
    templates,
    timed,
    tokens,
    updates,
)
from statuspage.demo.command import demo

COMMANDS = (
    keeping.db,
    proofs.user,
    tokens.token,
    events.audit,
    site.site,
    page.page,
    looks.look,
    components.component,
    monitors.monitor,
    incidents.incident,
    updates.update,
    timed.timed,
    templates.template,
    hooks.hook,
    maintenance.maintenance,
    slots.slot,
    notices.notice,
    customers.customer,
    customer_reports.report,
    claims.claim,
    history.import_,
    intervals.intervals,
    subscribers.subscribers,
    deliveries.deliveries,
    bounces.bounces,
    policy.policy,
    reports.sla,
    running.publish,
    running.worker,
    running.prober,
    keeping.backup,
    keeping.restore,
    keeping.export,
    checking.check,
    demo,
)


NO_INSTANCE = (("policy", "check"),)


def needs_no_instance(argv: Sequence[str]) -> bool:
    """Whether what was typed is a command that works without an instance, usable or not."""
    return any(pair in NO_INSTANCE for pair in pairwise(argv))


def register(app: Flask) -> None:
    """Add the commands to `app`."""
    for command in COMMANDS:
        app.cli.add_command(command)
