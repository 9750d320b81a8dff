"""What the other mails say: notices, alarms, letters, digests, and mail to a customer's contacts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from statuspage import clocks, customers, incidents, invitations, maintenance, notices, subscribers
from statuspage.changes import Installation, site_change
from statuspage.customer_drafts import ContactDraft, CustomerDraft
from statuspage.domain.sla.policy import load_policies
from statuspage.domain.vocabulary import IncidentStatus, Priority, Role
from statuspage.drafts import IncidentDraft, MaintenanceDraft, SubscriberDraft, UpdateDraft, read_draft
from statuspage.models import Delivery, Page
from statuspage.notice_drafts import NoticeDraft
from statuspage.notify.kinds import digests, letters, quarantines
from tests.notify.conftest import Deliver, OpenIncident
from tests.notify.goldens import check_golden

MINUTE = timedelta(minutes=1)


def test_mails_of_notices(page: None, deliver: Deliver, installation: Installation, now: datetime) -> None:
    moving = NoticeDraft(title="We are moving", body="The page moves to **status.example.net**.", notify=True)
    changed = NoticeDraft(title="Service levels change", body="See [what changes](/sla).", notify=True)
    for name, draft, kind in (("notice", moving, "notice"), ("sla-change", changed, "sla_change")):
        with installation.database.write() as session:
            notices.post_notice(session, draft, author="Anna", now=now, kind=kind)
        check_golden(name, deliver(now)[-1], installation)


def test_mails_of_alarms(
    page: None, deliver: Deliver, installation: Installation, open_incident: OpenIncident, now: datetime
) -> None:
    policy = installation.policy(now)
    with installation.database.write() as session:
        found = session.get_one(Page, 1)
        found.responsible_email, found.escalation_email = "duty@example.com", "noc@example.com"
    open_incident()
    deliver(now)
    seen = set()
    for minute in range(60):
        at = now + minute * MINUTE
        with installation.database.write() as session:
            kinds = {row.kind for row in clocks.ring_due(session, policy=policy, now=at)}
        mails = deliver(at)
        for kind in kinds - seen:
            check_golden(f"alarm-{kind}", mails[-1], installation)
        seen |= kinds
    assert seen >= {"reminder", "overdue"}


def test_mail_of_a_letter(page: None, deliver: Deliver, installation: Installation, now: datetime) -> None:
    policy = installation.policy(now)
    body = "Your report 2026-4 was received.\n\nWe answer by Monday, 23 November 2026.\nThe priority is P2."
    with installation.database.write() as session:
        acme = customers.add_customer(session, CustomerDraft(name="Acme"), policy=policy, author="Anna", now=now)
        typed = read_draft(ContactDraft, {"role": "main", "email": "main@acme.example"})
        customers.add_contact(session, acme, typed, policy=policy, author="Anna", now=now)
        letters.write(session, acme, "Your report 2026-4", body, now=now)
    check_golden("letter", deliver(now)[-1], installation)


def test_mail_of_a_day(
    page: None,
    deliver: Deliver,
    installation: Installation,
    add_components: Callable[..., None],
    now: datetime,
) -> None:
    policy = installation.policy(now)
    with installation.database.write() as session:
        draft = SubscriberDraft.model_validate({"email": "dora@example.com", "frequency": "daily"})
        subscribers.add_confirmed(session, draft, source="test", now=now - timedelta(hours=1))
        opening = IncidentDraft(title="Portal is slow", body="Pages take **ten seconds**.", priority=Priority.P3)
        incident = incidents.open_incident(session, opening, policy=policy, author="Anna", now=now)
        done = UpdateDraft(body="As fast as ever.", status=IncidentStatus.RESOLVED)
        incidents.post_update(session, incident, done, policy=policy, author="Anna", now=now + 30 * MINUTE)
    deliver(now + 30 * MINUTE)
    morning = now + timedelta(hours=21)
    with installation.database.write() as session:
        assert digests.owe_due(session, now=morning) == 1
    check_golden("digest", deliver(morning)[-1], installation)


def test_mail_of_a_quarantine(page: None, deliver: Deliver, installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        session.get_one(Page, 1).responsible_email = "duty@example.com"
        draft = SubscriberDraft.model_validate({"webhook": "https://hooks.example.net/status"})
        hook = subscribers.add_confirmed(session, draft, source="test", now=now)
        hook.failing_since = now
        session.add(
            Delivery(
                kind="update",
                channel="webhook",
                subscriber_id=hook.id,
                created_at=now,
                due_at=now + timedelta(hours=2),
                attempts=4,
                last_error="answered 500: Internal Server Error",
            )
        )
        assert quarantines.isolate_due(session, now + timedelta(hours=1)) == 1
    check_golden("quarantine", deliver(now + timedelta(hours=1))[-1], installation)


def test_mail_of_an_invitation(page: None, deliver: Deliver, installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        invitations.invite(session, "bob@example.com", Role.RESPONDER, by="anna@example.com", now=now)
    check_golden("invitation", deliver(now)[-1], installation)


def test_mail_of_maintenance_to_a_contact(
    page: None, deliver: Deliver, installation: Installation, now: datetime
) -> None:
    installation.policies = load_policies("optimy")
    work = {"title": "New disks", "body": "We swap **disks**.", "kind": "scheduled", "components": ["portal"]}
    window = {"starts_at": "2026-12-06T04:00Z", "ends_at": "2026-12-06T05:00Z"}
    with site_change(installation, now, author="Anna") as change:
        policy = change.policy
        acme = customers.add_customer(
            change.session, CustomerDraft(name="Acme"), policy=policy, author="Anna", now=now
        )
        typed = read_draft(ContactDraft, {"role": "main", "email": "main@acme.example"})
        customers.add_contact(change.session, acme, typed, policy=policy, author="Anna", now=now)
        draft = read_draft(MaintenanceDraft, {**work, **window})
        maintenance.schedule(change.session, draft, policy=policy, author="Anna", now=now)
    to_contact = [mail for mail in deliver(now) if mail.recipient == "main@acme.example"]
    check_golden("maintenance-to-a-contact", to_contact[-1], installation)
    assert to_contact[-1].message["List-Unsubscribe"] is None
