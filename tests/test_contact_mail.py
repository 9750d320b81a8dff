"""What customers' contacts are written: maintenance by contract, and letters about their reports."""

from __future__ import annotations

import email
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import default

import pytest
from sqlalchemy import select

from statuspage import customer_reports, customers, incidents, maintenance, subscribers
from statuspage.changes import Change, Installation, open_installation, site_change
from statuspage.customer_drafts import ContactDraft, CustomerDraft, ReportDraft
from statuspage.domain.sla.policy import load_policy
from statuspage.drafts import IncidentDraft, MaintenanceDraft, SubscriberDraft, read_draft
from statuspage.models import Contact, Customer, Delivery
from statuspage.notify import outbox
from statuspage.notify.composing import Composer
from statuspage.notify.contacts import count_obliged, count_obliged_by_recovery
from statuspage.notify.letterhead import load_letterhead
from statuspage.web.admin.attention import load_attention
from tests.contracts import AUTHOR
from tests.owed import mailing

WINDOW = {"starts_at": "2026-12-06T04:00Z", "ends_at": "2026-12-06T05:00Z"}


@pytest.fixture
def optimy(installation: Installation, now: datetime) -> Iterator[Installation]:
    """A page whose policy mails contacts, and a customer with main, backup and reporter."""
    chosen = open_installation(installation.settings.model_copy(update={"statuspage_policy": "optimy"}))
    with site_change(chosen, now, author=AUTHOR) as change:
        draft = CustomerDraft(name="Acme")
        acme = customers.add_customer(change.session, draft, policy=change.policy, author=AUTHOR, now=now)
        for role in ("main", "backup", "reporter"):
            typed = read_draft(ContactDraft, {"role": role, "email": f"{role}@acme.example"})
            customers.add_contact(change.session, acme, typed, policy=change.policy, author=AUTHOR, now=now)
    yield chosen
    chosen.database.dispose()


def announce(change: Change) -> None:
    typed = {"title": "New disks", "body": "We swap disks.", "kind": "scheduled", **WINDOW}
    draft = read_draft(MaintenanceDraft, typed)
    maintenance.schedule(change.session, draft, policy=change.policy, author=AUTHOR, now=change.now)


def mails_of(installation: Installation, now: datetime) -> list[EmailMessage]:
    """What would be sent now, by address."""
    with installation.database.write() as session:
        letterhead = load_letterhead(session, installation.settings)
        rows = outbox.claim(session, now=now, limit=50)
        composed = Composer(letterhead, installation.policy(now, session)).compose(session, rows, now)
    assert (composed.unwanted, composed.unwritable) == ([], [])
    read = [email.message_from_bytes(mail.data, policy=default) for mail in composed.messages]
    return sorted(read, key=lambda mail: str(mail["To"]))


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part
    return str(part.get_content())


def test_contacts_cannot_unsubscribe_from_maintenance(optimy: Installation, now: datetime) -> None:
    with site_change(optimy, now, author=AUTHOR) as change:
        announce(change)
    mails = mails_of(optimy, now)
    assert [mail["To"] for mail in mails] == ["backup@acme.example", "main@acme.example"]
    for mail in mails:
        assert "New disks" in mail["Subject"]
        assert "List-Unsubscribe" not in mail
        assert "unsubscribe" not in mail.as_string().lower()
        assert "a contact of a customer" in text_of(mail)


def test_contact_who_subscribed_is_told_once(optimy: Installation, now: datetime) -> None:
    with site_change(optimy, now, author=AUTHOR) as change:
        draft = SubscriberDraft(email="main@acme.example")
        subscribers.add_confirmed(change.session, draft, source="test", now=now)
    with site_change(optimy, now, author=AUTHOR) as change:
        announce(change)
    assert change.queued == 2
    with optimy.database.read() as session:
        policy = optimy.policy(now, session)
        counted = [
            count_obliged(session, components=[], subscribers=told, policy=policy, now=now) for told in (True, False)
        ]
        assert counted == [1, 2]
    mails = mails_of(optimy, now)
    assert [(mail["To"], "List-Unsubscribe" in mail) for mail in mails] == [
        ("backup@acme.example", False),
        ("main@acme.example", True),
    ]


def test_recovery_counts_the_contacts(optimy: Installation, now: datetime) -> None:
    with site_change(optimy, now, author=AUTHOR) as change:
        typed = {"title": "Down", "body": "We look.", "priority": "P1"}
        draft = read_draft(IncidentDraft, typed)
        incident = incidents.open_incident(change.session, draft, policy=change.policy, author=AUTHOR, now=now)
        subscribers.add_confirmed(change.session, SubscriberDraft(email="main@acme.example"), source="test", now=now)
        counted = [
            count_obliged_by_recovery(change.session, incident, subscribers=told, policy=change.policy, now=now)
            for told in (True, False)
        ]
    assert counted == [1, 2]


def test_nobody_is_told_under_another_policy(installation: Installation, optimy: Installation, now: datetime) -> None:
    with site_change(installation, now, author=AUTHOR) as change:
        announce(change)
    assert change.queued == 0


def test_removed_contact_gets_nothing_more(optimy: Installation, now: datetime) -> None:
    with site_change(optimy, now, author=AUTHOR) as change:
        announce(change)
    with optimy.database.write() as session:
        contact = session.scalars(select(Contact).where(Contact.role == "main")).one()
        customers.remove_contact(session, contact.customer, contact.id, author=AUTHOR, now=now)
    assert [mail["To"] for mail in mails_of(optimy, now)] == ["backup@acme.example"]


def test_board_knows_whose_contacts_are_missing(optimy: Installation, now: datetime) -> None:
    with optimy.database.write() as session:
        draft, policy = CustomerDraft(name="Bolt"), optimy.policy(now, session)
        customers.add_customer(session, draft, policy=policy, author=AUTHOR, now=now)
    with optimy.database.read() as session:
        soon = load_attention(session, optimy, now)
        later = load_attention(session, optimy, now + timedelta(days=400))
    assert [(each.name, roles) for each, roles in soon.missing] == [("Bolt", ("main", "backup"))]
    assert soon.unconfirmed == []
    assert [each.name for each in later.unconfirmed] == ["Acme", "Bolt"]


def test_letter_goes_to_who_reported(optimy: Installation, now: datetime) -> None:
    with optimy.database.write() as session:
        customer = session.scalars(select(Customer)).one()
        typed = {"customer": customer.id, "report_class": "High", "text": "Forms fail.\n\nAll of them."}
        draft = read_draft(ReportDraft, {**typed, "reporter": "reporter@acme.example"})
        policy = optimy.policy(now, session)
        customer_reports.open_report(session, draft, policy=policy, author=AUTHOR, now=now)
    (mail,) = mails_of(optimy, now)
    assert (mail["To"], mail["Subject"]) == ("reporter@acme.example", "Report 1 received")
    assert "All of them." in text_of(mail)
    with optimy.database.read() as session:
        assert session.scalars(select(Delivery.kind)).all() == ["letter"]


@pytest.mark.parametrize(
    ("preset", "event", "told"),
    [
        ("optimy", "incident", ["all@example.com"]),
        ("optimy", "maintenance", ["a2@example.com", "all@example.com", "b@example.com", "voice@example.com"]),
        ("optimy", "recovery", ["a2@example.com", "all@example.com", "b@example.com"]),
        ("standard", "maintenance", ["all@example.com", "voice@example.com"]),
        ("standard", "sla_change", ["a2@example.com", "all@example.com", "b@example.com", "voice@example.com"]),
    ],
)
def test_events_reach_who_chose_and_who_must_hear(preset: str, event: str, told: list[str]) -> None:
    with mailing(load_policy(preset)) as page:
        for service in ("platform", "voice"):
            page.add_component(service)
        page.add_subscriber({"email": "all@example.com", "confirmed": True})
        page.add_subscriber({"email": "voice@example.com", "services": ["voice"], "confirmed": True})
        page.add_subscriber({"email": "new@example.com"})
        page.add_customer({"customer": "A", "main": "ALL@example.com", "backup": "a2@example.com"})
        page.add_customer({"customer": "B", "main": "b@example.com"})
        page.tell(event, ["voice"] if event == "maintenance" else ["platform"])
        assert page.to() == told
        assert page.without_backup() == ["B"]
