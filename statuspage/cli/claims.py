"""flask claim: customers' claims for credit."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from statuspage import credit_claims as verbs
from statuspage.cli.console import author, local, opened, page_zone, plainly, say, say_json, say_rows
from statuspage.cli.fields import read_typed, takes
from statuspage.customer_drafts import ClaimDraft, SettlementDraft, WordsDraft
from statuspage.reports.claimed import claim_basis, claim_policy
from statuspage.reports.periods import read_period
from statuspage.web.api_v1.claims import ClaimAnswer, claim_answer

claim = AppGroup("claim", help="Customers' claims for credit: record, dispute, settle.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
_id = click.argument("claim_id", metavar="ID")


@claim.command("list")
@click.option("--customer", "customer_id", metavar="ID", help="Only this customer's.")
@click.option("--open", "open_only", is_flag=True, help="Only those that are not settled.")
@_json
@plainly
def list_(customer_id: str | None, open_only: bool, as_json: bool) -> None:
    """List claims, newest first."""
    installation, now = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        rows = verbs.load_claims(session, customer_id=customer_id, open_only=open_only)
        found = [claim_answer(session, row, installation.policies, now) for row in rows]
    if as_json:
        say_json(found)
        return
    say_rows([(each.id, each.period, each.state, local(each.received_at, zone)) for each in found], empty="No claim.")


@claim.command("add")
@takes(ClaimDraft)
@_json
@plainly
def add(typed: dict[str, Any], as_json: bool) -> None:
    """Record a claim for the credit of a month or quarter; one that came too late is marked."""
    installation, now = opened()
    draft = read_typed(ClaimDraft, typed, page_zone(installation))
    period = read_period(draft.period)
    with installation.database.write() as session:
        policy, computed = claim_basis(session, installation.policies, draft.customer, period, now)
        row = verbs.receive_claim(
            session, draft, period, policy=policy, computed_pct=computed, author=author(), now=now
        )
        answer = claim_answer(session, row, installation.policies, now)
    _say(answer, as_json)


@claim.command("dispute")
@_id
@takes(WordsDraft)
@_json
@plainly
def dispute(claim_id: str, typed: dict[str, Any], as_json: bool) -> None:
    """Dispute the claim ID in writing, with reasons; the customer is mailed."""
    installation, now = opened()
    draft = read_typed(WordsDraft, typed, page_zone(installation))
    with installation.database.write() as session:
        row = verbs.load_claim(session, claim_id)
        verbs.dispute_claim(session, row, draft, author=author(), now=now)
        answer = claim_answer(session, row, installation.policies, now)
    installation.nudge()
    _say(answer, as_json)


@claim.command("settle")
@_id
@takes(SettlementDraft)
@_json
@plainly
def settle(claim_id: str, typed: dict[str, Any], as_json: bool) -> None:
    """What was agreed on the claim ID; without --agreed-pct that nothing was. The customer is mailed."""
    installation, now = opened()
    draft = read_typed(SettlementDraft, typed, page_zone(installation))
    with installation.database.write() as session:
        row = verbs.load_claim(session, claim_id)
        policy = claim_policy(session, installation.policies, row)
        verbs.settle_claim(session, row, draft, policy=policy, author=author(), now=now)
        answer = claim_answer(session, row, installation.policies, now)
    installation.nudge()
    _say(answer, as_json)


def _say(answer: ClaimAnswer, as_json: bool) -> None:
    if as_json:
        say_json(answer)
        return
    say(f"{answer.id}  {answer.period}  {answer.state}")
    asked, computed = (f"{pct}%" if pct is not None else "-" for pct in (answer.asked_pct, answer.computed_pct))
    agreed = f"; agreed {answer.agreed_pct}%" if answer.agreed_pct is not None else ""
    say(f"asked {asked}, computed {computed}{agreed}{'; it came too late' if answer.late else ''}")
