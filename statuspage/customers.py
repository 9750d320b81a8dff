"""Verbs on customers: add, change, set the tier from a date, and keep their contacts.

Every change leaves an audit event, which is also the log of contact changes (OP14).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from statuspage import audit
from statuspage.addresses import Address, read_address
from statuspage.customer_drafts import ContactDraft, CustomerChange, CustomerDraft, TierDraft
from statuspage.domain.periods import local_date
from statuspage.domain.sla.policy import Policy
from statuspage.errors import NotFound, Problem, Refused
from statuspage.identifiers import new_id
from statuspage.models import Contact, Customer, CustomerReport, CustomerTier

ONE_EACH = ("main", "backup")
NEEDED_ROLE = {"administrator": "administrator", "named": "reporter"}
"""The contact's role a reporter must have, by the policy's `openers`."""


def add_customer(session: Session, draft: CustomerDraft, *, policy: Policy, author: str, now: datetime) -> Customer:
    """Add a customer. Raises Refused: a name there is, a tier the policy has not, or none where it has tiers."""
    _check_name(session, draft.name)
    _check_dates(draft.service_start, draft.service_end)
    tier = _check_tier(draft.tier, policy)
    customer = Customer(
        id=new_id(),
        name=draft.name,
        plan=draft.plan.strip(),
        has_sla=draft.has_sla,
        service_start=draft.service_start,
        service_end=draft.service_end,
        first_order_on=draft.first_order_on,
        renews_on=draft.renews_on,
        monthly_fee=None if draft.monthly_fee is None else str(draft.monthly_fee),
        created_at=now,
    )
    if tier is not None:
        begins = draft.service_start or local_date(now, policy.zone)
        customer.tiers.append(CustomerTier(tier=tier, from_date=begins))
    session.add(customer)
    _note(session, "customer.add", customer, author, now, name=customer.name, tier=tier)
    session.flush()
    return customer


def change_customer(
    session: Session, customer: Customer, change: CustomerChange, *, author: str, now: datetime
) -> Customer:
    """Change the fields that are given. Raises Refused."""
    values: dict[str, Any] = {name: getattr(change, name) for name in change.model_fields_set}
    if values.get("name", "") is None:
        raise Refused(Problem("name", "must not be empty"))
    if "name" in values and values["name"] != customer.name:
        _check_name(session, values["name"])
    if values.get("monthly_fee") is not None:
        values["monthly_fee"] = str(values["monthly_fee"])
    if "plan" in values:
        values["plan"] = (values["plan"] or "").strip()
    _check_dates(values.get("service_start", customer.service_start), values.get("service_end", customer.service_end))
    for name, value in values.items():
        setattr(customer, name, value)
    _note(session, "customer.change", customer, author, now, **{name: str(value) for name, value in values.items()})
    session.flush()
    return customer


def set_tier(
    session: Session, customer: Customer, draft: TierDraft, *, policy: Policy, author: str, now: datetime
) -> CustomerTier:
    """The customer's tier from a date on; a second one of the same date replaces the first. Raises Refused."""
    tier = _check_tier(draft.tier, policy) or ""
    row = next((each for each in customer.tiers if each.from_date == draft.from_date), None)
    if row is None:
        row = CustomerTier(tier=tier, from_date=draft.from_date)
        customer.tiers.append(row)
        customer.tiers.sort(key=lambda each: each.from_date)
    row.tier = tier
    _note(session, "customer.tier", customer, author, now, tier=tier, from_date=str(draft.from_date))
    session.flush()
    return row


def add_contact(
    session: Session, customer: Customer, draft: ContactDraft, *, policy: Policy, author: str, now: datetime
) -> Contact:
    """Add a contact: one main, one backup, and as many named reporters as the policy
    allows (OP33). Raises Refused."""
    address = read_address(draft.email)
    held = [each for each in customer.contacts if each.role == draft.role]
    if any(each.email_key == address.key for each in held):
        raise Refused(Problem("email", f"is a contact of this role already: {address.address}"))
    if draft.role in ONE_EACH and held:
        raise Refused(Problem("role", f"there is a {draft.role} contact already: {held[0].email}"))
    limit = policy.tickets.named_openers
    if draft.role == "reporter" and limit is not None and len(held) >= limit:
        raise Refused(Problem("role", f"the policy allows {limit} named reporters, and there are {len(held)}"))
    contact = Contact(
        id=new_id(),
        role=draft.role,
        name=draft.name.strip(),
        email=address.address,
        email_key=address.key,
        created_at=now,
    )
    customer.contacts.append(contact)
    _note(session, "customer.contact_add", customer, author, now, role=draft.role, email=address.address)
    session.flush()
    return contact


def remove_contact(session: Session, customer: Customer, contact_id: str, *, author: str, now: datetime) -> None:
    """Take a contact away; nothing more is sent there. Raises NotFound."""
    contact = next((each for each in customer.contacts if each.id == contact_id), None)
    if contact is None:
        raise NotFound("contact", contact_id)
    _note(session, "customer.contact_remove", customer, author, now, role=contact.role, email=contact.email)
    customer.contacts.remove(contact)
    session.flush()


def confirm_contacts(session: Session, customer: Customer, *, policy: Policy, author: str, now: datetime) -> None:
    """The customer says that its contacts are right (OP34)."""
    customer.contacts_confirmed_on = local_date(now, policy.zone)
    _note(session, "customer.contacts_confirm", customer, author, now)
    session.flush()


def check_reporter(customer: Customer, email: str, policy: Policy) -> str:
    """The reporter's address, if the policy lets this person open a report (IS2, OP33). Raises Refused."""
    openers = policy.tickets.openers
    if openers == "anyone":
        return _read_reporter(email).address if email.strip() else ""
    if not email.strip():
        raise Refused(Problem("reporter", "say who reported it: the policy does not let everybody"))
    key = _read_reporter(email).key
    role = NEEDED_ROLE.get(openers)
    for contact in customer.contacts:
        if contact.email_key == key and role in (None, contact.role):
            return contact.email
    wanted = f"{role} contact" if role else "contact"
    raise Refused(Problem("reporter", f"only a {wanted} of {customer.name} may report, and {email.strip()} is none"))


def _read_reporter(email: str) -> Address:
    """The address, refused under the field's own name."""
    try:
        return read_address(email)
    except Refused as refused:
        raise Refused(Problem("reporter", problem.message) for problem in refused.problems) from None


def load_customer(session: Session, customer_id: str) -> Customer:
    """One customer with tiers and contacts. Raises NotFound."""
    found = session.scalar(select(Customer).where(Customer.id == customer_id).options(*_WHOLE))
    if found is None:
        raise NotFound("customer", customer_id)
    return found


def load_customers(session: Session, *, sought: str = "") -> Sequence[Customer]:
    """All customers by name, or those whose name holds a text."""
    query = select(Customer).order_by(func.lower(Customer.name), Customer.id).options(*_WHOLE)
    if sought:
        query = query.where(func.lower(Customer.name).contains(sought.lower(), autoescape=True))
    return session.scalars(query).all()


def count_reports(session: Session, customer: Customer) -> int:
    """How many reports a customer ever made."""
    return session.scalar(select(func.count()).where(CustomerReport.customer_id == customer.id)) or 0


_WHOLE = (selectinload(Customer.tiers), selectinload(Customer.contacts))


def _check_name(session: Session, name: str) -> None:
    if session.scalar(select(Customer.id).where(Customer.name == name)) is not None:
        raise Refused(Problem("name", f"there is a customer {name!r} already"))


def _check_dates(start: date | None, end: date | None) -> None:
    if start is not None and end is not None and end < start:
        raise Refused(Problem("service_end", "must not be before the service's start"))


def _check_tier(tier: str | None, policy: Policy) -> str | None:
    known = [each.id for each in policy.tiers]
    if tier is None and not known:
        return None
    if tier not in known:
        said = f"expected one of {', '.join(known)}" if known else "the policy has no tiers"
        raise Refused(Problem("tier", said))
    return tier


def _note(
    session: Session, action: str, customer: Customer, author: str, now: datetime, **details: str | None
) -> None:
    audit.record(session, action, actor=author, target=customer.id, details=details, now=now)
