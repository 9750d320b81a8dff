"""Customers: tiers with a history, the contacts a policy asks for, and who may report."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import customers, maintenance
from statuspage.changes import Installation, open_installation, site_change
from statuspage.customer_drafts import ContactDraft, CustomerChange, CustomerDraft, TierDraft
from statuspage.domain.sla.policy import Policy
from statuspage.drafts import MaintenanceDraft, read_draft
from statuspage.errors import NotFound, Refused
from statuspage.models import AuditEvent, Delivery
from statuspage.standing import contacts_missing, tier_on
from tests.contracts import AUTHOR, Contract


def test_tier_changes_from_a_date(session: Session, now: datetime) -> None:
    contract = Contract(session, "twicpics")
    acme = contract.customer(tier="standard", service_start="2024-01-15")
    draft = TierDraft(tier="premium", from_date=date(2024, 5, 10))
    customers.set_tier(session, acme, draft, policy=contract.policy, author=AUTHOR, now=now)
    days = (date(2024, 1, 1), date(2024, 5, 9), date(2024, 5, 10), date(2026, 1, 1))
    assert [tier_on(acme, day) for day in days] == ["standard", "standard", "premium", "premium"]


def test_tier_must_be_one_of_the_policy(session: Session) -> None:
    with pytest.raises(Refused, match="standard, premium"):
        Contract(session, "twicpics").customer(tier="gold")
    with pytest.raises(Refused, match="no tiers"):
        Contract(session, "optimy").customer(tier="gold")


def test_same_name_comes_once(session: Session) -> None:
    contract = Contract(session, "optimy")
    contract.customer()
    with pytest.raises(Refused, match="already"):
        contract.customer()


def test_change_leaves_the_rest(session: Session, now: datetime) -> None:
    acme = Contract(session, "ecerium").customer(monthly_fee="500.00", plan="pro")
    change = read_draft(CustomerChange, {"monthly_fee": "650.5"})
    customers.change_customer(session, acme, change, author=AUTHOR, now=now)
    assert (acme.monthly_fee, acme.plan, acme.name) == ("650.5", "pro", "Acme")


def test_service_ends_after_it_starts(session: Session) -> None:
    with pytest.raises(Refused, match="start"):
        Contract(session, "optimy").customer(service_start="2024-02-01", service_end="2024-01-01")


def test_two_named_reporters_and_no_third(session: Session) -> None:
    contract = Contract(session, "optimy")
    acme = contract.customer()
    contract.contact(acme, "reporter", "one@acme.example")
    contract.contact(acme, "reporter", "two@acme.example")
    with pytest.raises(Refused, match="allows 2 named"):
        contract.contact(acme, "reporter", "three@acme.example")
    assert customers.check_reporter(acme, "ONE@acme.example", contract.policy) == "one@acme.example"
    with pytest.raises(Refused, match=r"only a .*contact of .* may report"):
        customers.check_reporter(acme, "three@acme.example", contract.policy)


def test_main_contact_is_one_person(session: Session) -> None:
    contract = Contract(session, "optimy")
    acme = contract.customer()
    assert contacts_missing(acme) == ("main", "backup")
    contract.contact(acme, "main", "one@acme.example")
    assert contacts_missing(acme) == ("backup",)
    with pytest.raises(Refused, match="main contact already"):
        contract.contact(acme, "main", "two@acme.example")


def test_contact_changes_are_logged(session: Session, now: datetime) -> None:
    contract = Contract(session, "optimy")
    acme = contract.customer()
    contract.contact(acme, "backup", "two@acme.example")
    customers.remove_contact(session, acme, acme.contacts[0].id, author="bea", now=now)
    with pytest.raises(NotFound):
        customers.remove_contact(session, acme, "nobody", author="bea", now=now)
    session.flush()
    events = session.scalars(select(AuditEvent).where(AuditEvent.target == acme.id).order_by(AuditEvent.id)).all()
    assert [(event.action, event.actor) for event in events[1:]] == [
        ("customer.contact_add", AUTHOR),
        ("customer.contact_remove", "bea"),
    ]


def test_administrator_alone_may_report(session: Session) -> None:
    contract = Contract(session, "istockist")
    acme = contract.customer()
    contract.contact(acme, "administrator", "admin@acme.example")
    contract.contact(acme, "main", "boss@acme.example")
    contract.report(acme, "Low", "2024-04-01T10:00Z", reporter="admin@acme.example")
    for stranger in ("boss@acme.example", ""):
        with pytest.raises(Refused) as refused:
            contract.report(acme, "Low", "2024-04-01T10:00Z", reporter=stranger)
        assert [problem.field for problem in refused.value.problems] == ["reporter"]


def test_anyone_reports_where_nothing_is_said(session: Session) -> None:
    contract = Contract(session, "ecerium")
    report = contract.report(contract.customer(), "Urgent", "2024-04-01T10:00Z", reporter="a@b.example")
    assert (report.number, report.reporter) == (1, "a@b.example")


def schedule_work(session: Session, policy: Policy, now: datetime) -> None:
    """Work on a Saturday night, announced three weeks before."""
    window = {"starts_at": "2026-12-06T04:00Z", "ends_at": "2026-12-06T05:00Z"}
    draft = read_draft(MaintenanceDraft, {"title": "Disks", "body": "We swap disks.", "kind": "scheduled", **window})
    maintenance.schedule(session, draft, policy=policy, author=AUTHOR, now=now)


def test_maintenance_mail_reaches_contacts(installation: Installation, now: datetime) -> None:
    settings = installation.settings.model_copy(update={"statuspage_policy": "optimy"})
    optimy = open_installation(settings)
    with site_change(optimy, now, author=AUTHOR) as change:
        policy = change.policy
        acme = customers.add_customer(
            change.session, CustomerDraft(name="Acme"), policy=policy, author=AUTHOR, now=now
        )
        for role, email in (("main", "m@acme.example"), ("backup", "b@acme.example"), ("reporter", "r@acme.example")):
            draft = read_draft(ContactDraft, {"role": role, "email": email})
            customers.add_contact(change.session, acme, draft, policy=policy, author=AUTHOR, now=now)
    with site_change(optimy, now, author=AUTHOR) as change:
        schedule_work(change.session, change.policy, now)
    assert change.queued == 2
    with optimy.database.read() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.address)).all()
        assert [row.address for row in rows] == ["b@acme.example", "m@acme.example"]
    optimy.database.dispose()
