"""Customers: add, list, read, change, set the tier from a date, keep the contacts."""

from __future__ import annotations

from datetime import date, datetime

from statuspage import customers
from statuspage.customer_drafts import ContactDraft, CustomerChange, CustomerDraft, TierDraft
from statuspage.domain.periods import local_date
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import Scope
from statuspage.models import Customer
from statuspage.standing import contacts_missing, is_covered, tier_on
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, page_of_all


class TierAnswer(Shape):
    """A level and the date it began."""

    tier: str
    from_date: date


class ContactAnswer(Shape):
    """A person at a customer."""

    id: str
    role: str
    name: str
    email: str


class CustomerAnswer(Shape):
    """A customer. `tier` is today's; `contacts_missing` names the empty ones of main and backup; money is text.
    `covered` is whether the SLA holds for it: as `has_sla` says, else (null) as the policy has it for the plan."""

    id: str
    name: str
    plan: str
    has_sla: bool | None
    covered: bool
    tier: str | None
    tiers: list[TierAnswer]
    contacts: list[ContactAnswer]
    contacts_missing: list[str]
    contacts_confirmed_on: date | None
    service_start: date | None
    service_end: date | None
    first_order_on: date | None
    renews_on: date | None
    monthly_fee: str | None
    created_at: UtcInstant


@endpoint("GET", "/customers", scope=Scope.READ, query=PageQuery, gives=Items[CustomerAnswer])
def list_customers(call: Call, query: PageQuery) -> Answer:
    """Customers by name."""
    with call.read() as session:
        policy = call.installation.policy(call.now, session)
        rows = customers.load_customers(session)
        items, following = page_of_all(rows, query, lambda row: customer_answer(row, policy, call.now))
    return call.answered(Items[CustomerAnswer](items=items, next=following))


@endpoint("GET", "/customers/<customer_id>", scope=Scope.READ, gives=CustomerAnswer)
def show_customer(call: Call, customer_id: str) -> Answer:
    """One customer."""
    with call.read() as session:
        row = customers.load_customer(session, customer_id)
        return call.answered(customer_answer(row, call.installation.policy(call.now, session), call.now))


@endpoint("POST", "/customers", scope=Scope.WRITE, body=CustomerDraft, gives=CustomerAnswer, status=201)
def create_customer(call: Call, draft: CustomerDraft) -> Answer:
    """Add a customer; a tier is needed where the policy has tiers."""
    with call.write() as session:
        policy = call.installation.policy(call.now, session)
        row = customers.add_customer(session, draft, policy=policy, author=call.author, now=call.now)
        return _created(call, row, policy)


@endpoint("PATCH", "/customers/<customer_id>", scope=Scope.WRITE, body=CustomerChange, gives=CustomerAnswer)
def change_customer(call: Call, customer_id: str, draft: CustomerChange) -> Answer:
    """Change the fields that are given."""
    with call.write() as session:
        row = customers.load_customer(session, customer_id)
        customers.change_customer(session, row, draft, author=call.author, now=call.now)
        return call.answered(customer_answer(row, call.installation.policy(call.now, session), call.now))


@endpoint(
    "POST", "/customers/<customer_id>/tiers", scope=Scope.WRITE, body=TierDraft, gives=CustomerAnswer, status=201
)
def set_customer_tier(call: Call, customer_id: str, draft: TierDraft) -> Answer:
    """Set the tier from a date on. A report takes the one of its period's first day."""
    with call.write() as session:
        policy = call.installation.policy(call.now, session)
        row = customers.load_customer(session, customer_id)
        customers.set_tier(session, row, draft, policy=policy, author=call.author, now=call.now)
        return _created(call, row, policy)


@endpoint(
    "POST",
    "/customers/<customer_id>/contacts",
    scope=Scope.WRITE,
    body=ContactDraft,
    gives=CustomerAnswer,
    status=201,
)
def add_customer_contact(call: Call, customer_id: str, draft: ContactDraft) -> Answer:
    """Add a contact. There is one main and one backup; the policy limits the reporters."""
    with call.write() as session:
        policy = call.installation.policy(call.now, session)
        row = customers.load_customer(session, customer_id)
        customers.add_contact(session, row, draft, policy=policy, author=call.author, now=call.now)
        return _created(call, row, policy)


@endpoint("DELETE", "/customers/<customer_id>/contacts/<contact_id>", scope=Scope.WRITE, status=204)
def remove_customer_contact(call: Call, customer_id: str, contact_id: str) -> Answer:
    """Take a contact away; what was still to be sent there is not."""
    with call.write() as session:
        row = customers.load_customer(session, customer_id)
        customers.remove_contact(session, row, contact_id, author=call.author, now=call.now)
        return call.answered(None)


@endpoint("POST", "/customers/<customer_id>/contacts/confirm", scope=Scope.WRITE, gives=CustomerAnswer, status=201)
def confirm_customer_contacts(call: Call, customer_id: str) -> Answer:
    """Note that the customer confirmed its contacts today."""
    with call.write() as session:
        policy = call.installation.policy(call.now, session)
        row = customers.load_customer(session, customer_id)
        customers.confirm_contacts(session, row, policy=policy, author=call.author, now=call.now)
        return _created(call, row, policy)


def _created(call: Call, row: Customer, policy: Policy) -> Answer:
    return call.created(customer_answer(row, policy, call.now), f"/api/v1/customers/{row.id}")


def customer_answer(row: Customer, policy: Policy, now: datetime) -> CustomerAnswer:
    """A customer as it stands now."""
    return CustomerAnswer(
        id=row.id,
        name=row.name,
        plan=row.plan,
        has_sla=row.has_sla,
        covered=is_covered(row, policy),
        tier=tier_on(row, local_date(now, policy.zone)),
        tiers=[TierAnswer(tier=each.tier, from_date=each.from_date) for each in row.tiers],
        contacts=[
            ContactAnswer(id=each.id, role=each.role, name=each.name, email=each.email) for each in row.contacts
        ],
        contacts_missing=list(contacts_missing(row)),
        contacts_confirmed_on=row.contacts_confirmed_on,
        service_start=row.service_start,
        service_end=row.service_end,
        first_order_on=row.first_order_on,
        renews_on=row.renews_on,
        monthly_fee=row.monthly_fee,
        created_at=row.created_at,
    )
