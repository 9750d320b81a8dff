"""Customers in the admin: the list, one with its tiers and contacts, and the forms that change them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import credit_claims, customer_reports, customers
from statuspage.customer_drafts import ContactDraft, CustomerChange, CustomerDraft, TierDraft
from statuspage.domain.periods import local_date
from statuspage.domain.sla.policy import Policy
from statuspage.drafts import read_draft
from statuspage.errors import Refused
from statuspage.models import Customer
from statuspage.reports.periods import offered_periods
from statuspage.standing import contacts_missing, is_covered, tier_on
from statuspage.web import current
from statuspage.web.admin.door import admin, go, show, tell, user
from statuspage.web.forms import Form

DATES = ("service_start", "service_end", "first_order_on", "renews_on")
PERIODS_SHOWN = 6
Take = Callable[[Session, Customer, Policy, datetime], object]


@admin.get("/customers")
def list_customers() -> Response:
    """Customers by name, and who has no main or backup contact."""
    installation, now = current.installation(), current.now()
    sought = request.args.get("q", "").strip()[:200]
    with installation.database.read() as session:
        policy = installation.policy(now, session)
        found = customers.load_customers(session, sought=sought)
        today = local_date(now, policy.zone)
        rows = [(each, tier_on(each, today), contacts_missing(each), is_covered(each, policy)) for each in found]
        return show("customers/list.html", rows=rows, sought=sought, policy=policy)


@admin.get("/customers/new")
def new_customer() -> Response:
    """The form that adds a customer."""
    return _show_new(Form())


@admin.post("/customers")
def create_customer() -> Response:
    """Add it."""
    form, now = Form(request.form), current.now()
    installation = current.installation()
    try:
        draft = read_draft(CustomerDraft, {**_values(form), "tier": form.filled("tier")})
        with installation.database.write() as session:
            policy = installation.policy(now, session)
            added = customers.add_customer(session, draft, policy=policy, author=user().email, now=now)
    except Refused as refused:
        form.refuse_all(refused)
        return _show_new(form, 422)
    tell(_("%(name)s is added.", name=added.name))
    return go("show_customer", customer_id=added.id)


@admin.get("/customers/<customer_id>")
def show_customer(customer_id: str) -> Response:
    """One customer with tiers, contacts, reports and claims."""
    return show_one(customer_id)


@admin.post("/customers/<customer_id>")
def change_customer(customer_id: str) -> Response:
    """Change its facts."""
    form = Form(request.form)

    def take(session: Session, customer: Customer, _policy: Policy, now: datetime) -> None:
        change = read_draft(CustomerChange, _values(form))
        customers.change_customer(session, customer, change, author=user().email, now=now)

    return _save(customer_id, "edit", form, take)


@admin.post("/customers/<customer_id>/tiers")
def set_customer_tier(customer_id: str) -> Response:
    """Set the tier from a date on."""
    form = Form(request.form)

    def take(session: Session, customer: Customer, policy: Policy, now: datetime) -> None:
        draft = read_draft(TierDraft, {"tier": form.value("tier"), "from_date": form.value("from_date")})
        customers.set_tier(session, customer, draft, policy=policy, author=user().email, now=now)

    return _save(customer_id, "tier", form, take)


@admin.post("/customers/<customer_id>/contacts")
def add_customer_contact(customer_id: str) -> Response:
    """Add a contact."""
    form = Form(request.form)

    def take(session: Session, customer: Customer, policy: Policy, now: datetime) -> None:
        typed = {name: form.value(name) for name in ("role", "email", "name")}
        draft = read_draft(ContactDraft, typed)
        customers.add_contact(session, customer, draft, policy=policy, author=user().email, now=now)

    return _save(customer_id, "contact", form, take)


@admin.post("/customers/<customer_id>/contacts/confirm")
def confirm_customer_contacts(customer_id: str) -> Response:
    """Note that the customer confirmed its contacts today."""

    def take(session: Session, customer: Customer, policy: Policy, now: datetime) -> None:
        customers.confirm_contacts(session, customer, policy=policy, author=user().email, now=now)

    return _save(customer_id, "contact", Form(), take)


@admin.post("/customers/<customer_id>/contacts/<contact_id>/remove")
def remove_customer_contact(customer_id: str, contact_id: str) -> Response:
    """Take a contact away."""

    def take(session: Session, customer: Customer, _policy: Policy, now: datetime) -> None:
        customers.remove_contact(session, customer, contact_id, author=user().email, now=now)

    return _save(customer_id, "contact", Form(), take)


def show_one(customer_id: str, forms: dict[str, Form] | None = None, status: int = 200) -> Response:
    """The page of one customer; `forms` are those that were refused, by name (edit, tier, contact, claim)."""
    installation, now = current.installation(), current.now()
    with installation.database.read() as session:
        policy = installation.policy(now, session)
        found = customers.load_customer(session, customer_id)
        return show(
            "customers/show.html",
            status,
            customer=found,
            policy=policy,
            tier=tier_on(found, local_date(now, policy.zone)),
            missing=contacts_missing(found),
            covered=is_covered(found, policy),
            reports=customer_reports.load_reports(session, customer_id=found.id, limit=10),
            report_count=customers.count_reports(session, found),
            claims=credit_claims.load_claims(session, customer_id=found.id),
            periods=offered_periods(session, installation.policies, now)[:PERIODS_SHOWN],
            forms={"edit": _filled(found), "tier": Form(), "contact": Form(), "claim": Form(), **(forms or {})},
        )


def _save(customer_id: str, which: str, form: Form, take: Take) -> Response:
    installation, now = current.installation(), current.now()
    try:
        with installation.database.write() as session:
            found = customers.load_customer(session, customer_id)
            take(session, found, installation.policy(now, session), now)
    except Refused as refused:
        form.refuse_all(refused)
        return show_one(customer_id, {which: form}, 422)
    tell(_("%(name)s is saved.", name=found.name))
    return go("show_customer", customer_id=customer_id)


def _show_new(form: Form, status: int = 200) -> Response:
    policy = current.installation().policy(current.now())
    return show("customers/new.html", status, form=form, policy=policy)


def _values(form: Form) -> dict[str, Any]:
    dates = {name: form.filled(name) for name in DATES}
    texts = {"name": form.value("name"), "plan": form.value("plan"), "monthly_fee": form.filled("monthly_fee")}
    return {**texts, **dates, "has_sla": {"yes": True, "no": False}.get(form.value("has_sla"))}


def _filled(customer: Customer) -> Form:
    typed = {name: str(getattr(customer, name) or "") for name in (*DATES, "name", "plan", "monthly_fee")}
    return Form({**typed, "has_sla": {True: "yes", False: "no", None: ""}[customer.has_sla]})
