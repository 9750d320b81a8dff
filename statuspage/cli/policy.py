"""flask policy: list the presets, show one, check a file."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from statuspage.cli.console import opened, plainly, refuse, say, say_rows
from statuspage.domain.sla.duration import describe_duration
from statuspage.domain.sla.policy import Policy, PolicyError, load_policies, load_policy, preset_ids
from statuspage.errors import Problem, Refused
from statuspage.web import current

policy = AppGroup("policy", help="What the SLA promises: presets and policy files.")


@policy.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of words.")
@plainly
def list_(as_json: bool) -> None:
    """List the presets and the policy in use (*)."""
    used = current.installation().policies
    known = [load_policy(name) for name in preset_ids()]
    shown = known + [version for version in used.versions if version.id not in preset_ids()]
    ids = {version.id for version in used.versions}
    if as_json:
        facts = [
            {"id": each.id, "name": each.name, "version": each.version, "in_use": each.id in ids} for each in shown
        ]
        click.echo(json.dumps(facts, indent=2))
        return
    say_rows([("*" if each.id in ids else " ", each.id, each.version, each.name) for each in shown], empty="None.")


@policy.command("show")
@click.argument("policy_id", metavar="[ID]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the whole policy as JSON.")
@plainly
def show(policy_id: str | None, as_json: bool) -> None:
    """Show a preset, or the policy in use."""
    if policy_id is None or policy_id == current.installation().policies.latest.id:
        installation, now = opened()
        found = installation.policy(now)
    elif policy_id in preset_ids():
        found = load_policy(policy_id)
    else:
        raise Refused(Problem("ID", f"{policy_id!r} is none of {', '.join(preset_ids())}"))
    if as_json:
        click.echo(json.dumps(found.model_dump(mode="json", by_alias=True, exclude_unset=True), indent=2))
        return
    _describe(found)


@policy.command("check")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@plainly
def check(file: Path) -> None:
    """Check a policy FILE, or a folder of versions: prints each mistake with its key."""
    try:
        book = load_policies(file)
    except PolicyError as error:
        refuse(Refused(Problem(": ".join(filter(None, (error.file, key))), reason) for key, reason in error.problems))
    for version in book.versions:
        say(f"{version.id} {version.version}: in force from {version.effective_from}. No mistake found.")


def _describe(found: Policy) -> None:
    say(f"{found.name} ({found.id}), version {found.version or '-'}, from {found.effective_from}, {found.timezone}")
    for terms in found.priorities:
        every = f"an update every {describe_duration(terms.update_every)}" if terms.update_every else "no clock"
        say(f"{terms.id}  {terms.name}: {terms.means or '-'} ({'public' if terms.public else 'internal'}, {every})")
    lead, emergency = found.maintenance.scheduled_lead, found.maintenance.emergency_lead
    say(f"Maintenance: scheduled from {describe_duration(lead)} ahead, else emergency.")
    if emergency:
        say(f"Less than {describe_duration(emergency)} ahead is urgent.")
    period, target = found.availability.period, found.availability.default_target
    promised = [(each.name, found.target(each.id)) for each in found.services]
    promised += [(tier.name, tier.target) for tier in found.tiers]
    promised = [(name, percent) for name, percent in promised if percent is not None]
    for name, percent in promised:
        say(f"Availability of {name}: {percent}% a {period}.")
    if target is not None:
        say(f"Availability{' of the rest' if promised else ''}: {target}% a {period}.")
    elif not promised:
        say("Availability: no target.")
