"""flask customer: add, change, list, tiers and contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from statuspage import customers as verbs
from statuspage.changes import Installation
from statuspage.cli.console import author, opened, page_zone, plainly, say, say_json, say_rows
from statuspage.cli.fields import read_typed, takes
from statuspage.customer_drafts import ContactDraft, CustomerChange, CustomerDraft, TierDraft
from statuspage.web.api_v1.customers import CustomerAnswer, customer_answer

customer = AppGroup("customer", help="Customers of the SLA: who they are, their tiers and contacts.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
_id = click.argument("customer_id", metavar="ID")


@customer.command("list")
@click.option("--search", "sought", default="", help="Only those whose name holds this.")
@_json
@plainly
def list_(sought: str, as_json: bool) -> None:
    """List customers by name."""
    installation, now = opened()
    with installation.database.read() as session:
        policy = installation.policy(now, session)
        found = [customer_answer(row, policy, now) for row in verbs.load_customers(session, sought=sought)]
    if as_json:
        say_json(found)
        return
    rows = [(each.id, each.tier or "-", each.plan or "-", _covered(each), each.name) for each in found]
    say_rows(rows, empty="No customer.")


@customer.command("show")
@_id
@_json
@plainly
def show(customer_id: str, as_json: bool) -> None:
    """Show the customer ID with its tiers and contacts."""
    installation, now = opened()
    with installation.database.read() as session:
        _say(installation, session, customer_id, now, as_json)


@customer.command("add")
@takes(CustomerDraft)
@_json
@plainly
def add(typed: dict[str, Any], as_json: bool) -> None:
    """Add a customer; a tier is needed where the policy has tiers."""
    installation, now = opened()
    draft = read_typed(CustomerDraft, typed, page_zone(installation))
    with installation.database.write() as session:
        policy = installation.policy(now, session)
        row = verbs.add_customer(session, draft, policy=policy, author=author(), now=now)
        _say(installation, session, row.id, now, as_json)


@customer.command("change")
@_id
@takes(CustomerChange)
@_json
@plainly
def change(customer_id: str, typed: dict[str, Any], as_json: bool) -> None:
    """Change what is given of the customer ID; an empty date or fee takes it away."""
    installation, now = opened()
    draft = read_typed(CustomerChange, typed, page_zone(installation))
    with installation.database.write() as session:
        row = verbs.load_customer(session, customer_id)
        verbs.change_customer(session, row, draft, author=author(), now=now)
        _say(installation, session, row.id, now, as_json)


@customer.command("tier")
@_id
@takes(TierDraft)
@_json
@plainly
def tier(customer_id: str, typed: dict[str, Any], as_json: bool) -> None:
    """Set the tier of the customer ID from a date on."""
    installation, now = opened()
    draft = read_typed(TierDraft, typed, page_zone(installation))
    with installation.database.write() as session:
        row = verbs.load_customer(session, customer_id)
        policy = installation.policy(now, session)
        verbs.set_tier(session, row, draft, policy=policy, author=author(), now=now)
        _say(installation, session, row.id, now, as_json)


@customer.command("contact")
@_id
@takes(ContactDraft)
@_json
@plainly
def contact(customer_id: str, typed: dict[str, Any], as_json: bool) -> None:
    """Add a contact of the customer ID: main, backup, reporter or administrator."""
    installation, now = opened()
    draft = read_typed(ContactDraft, typed, page_zone(installation))
    with installation.database.write() as session:
        row = verbs.load_customer(session, customer_id)
        policy = installation.policy(now, session)
        verbs.add_contact(session, row, draft, policy=policy, author=author(), now=now)
        _say(installation, session, row.id, now, as_json)


@customer.command("drop")
@_id
@click.argument("contact_id", metavar="CONTACT")
@plainly
def drop(customer_id: str, contact_id: str) -> None:
    """Take the contact CONTACT of the customer ID away; nothing more is sent there."""
    installation, now = opened()
    with installation.database.write() as session:
        row = verbs.load_customer(session, customer_id)
        verbs.remove_contact(session, row, contact_id, author=author(), now=now)
    say("Taken away.")


@customer.command("confirm")
@_id
@plainly
def confirm(customer_id: str) -> None:
    """Note that the customer ID confirmed its contacts today."""
    installation, now = opened()
    with installation.database.write() as session:
        row = verbs.load_customer(session, customer_id)
        verbs.confirm_contacts(session, row, policy=installation.policy(now, session), author=author(), now=now)
    say("Confirmed.")


def _say(installation: Installation, session: Session, customer_id: str, now: datetime, as_json: bool) -> None:
    row = verbs.load_customer(session, customer_id)
    answer = customer_answer(row, installation.policy(now, session), now)
    if as_json:
        say_json(answer)
        return
    say(f"{answer.id}  {answer.name}  {answer.tier or '-'}  {_covered(answer)}")
    say_rows([(each.id, each.role, each.email, each.name) for each in answer.contacts], empty="No contact.")


def _covered(answer: CustomerAnswer) -> str:
    return "SLA" if answer.covered else "no SLA"
