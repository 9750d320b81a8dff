"""A story under a preset that is also published and mailed, step by step."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from html import unescape

from statuspage import (
    credit_claims,
    customer_reports,
    customers,
    incidents,
    maintenance,
    report_steps,
    subscribers,
    worker,
)
from statuspage.changes import site_change
from statuspage.customer_drafts import (
    ClaimDraft,
    ContactDraft,
    CustomerDraft,
    QualificationDraft,
    ReportDraft,
    SettlementDraft,
)
from statuspage.domain.periods import parse_period
from statuspage.drafts import IncidentDraft, MaintenanceDraft, SubscriberDraft, UpdateDraft, read_draft
from statuspage.models import Customer
from statuspage.notify import outbox
from statuspage.notify.composing import Composer
from statuspage.notify.letterhead import load_letterhead
from statuspage.offered_steps import STEPS
from statuspage.reports.claimed import claim_basis
from tests.reports.conftest import Story

BEGAN = datetime.fromisoformat("2024-01-01T00:00Z")


class Told(Story):
    """A story that is also published and mailed."""

    def read(self, path: str, now: str) -> str:
        """The words of a page as it is published at a time."""
        self.installation.publisher.publish(datetime.fromisoformat(now))
        html = (self.installation.publisher.folder / path).read_text("utf-8")
        words = re.sub(r"<[^>]+>", " ", re.sub(r"(?s).*<body[^>]*>", "", html))
        return " ".join(unescape(words).split())

    def feed(self) -> str:
        return (self.installation.publisher.folder / "feed.atom").read_text("utf-8")

    def mails(self, now: str) -> list[tuple[str, str, str]]:
        """(to, subject, text) of all that is due, taken from the outbox as a worker does."""
        moment = datetime.fromisoformat(now)
        taken: list[bytes] = []
        with self.installation.database.write() as session:
            letterhead = load_letterhead(session, self.installation.settings)
            composer = Composer(letterhead, self.installation.policy(moment, session))
            # what follows in a thread is free once the one before it is sent
            while rows := outbox.claim(session, now=moment, limit=50):
                taken += [mail.data for mail in composer.compose(session, rows, moment).messages]
                outbox.record_sent(session, [row.id for row in rows], now=moment)
        found = [message_from_bytes(data, policy=policy.default) for data in taken]
        return [(m["To"], m["Subject"], m.get_body(("plain",)).get_content()) for m in found]  # type: ignore[union-attr]

    def subscribe(self, email: str) -> None:
        with self.installation.database.write() as session:
            subscribers.add_confirmed(session, SubscriberDraft(email=email), source="test", now=BEGAN)

    def open(self, at: str, title: str, priority: str = "P1", **more: object) -> str:
        now = datetime.fromisoformat(at)
        typed = {"title": title, "priority": priority, "body": "We look.", **more}
        with self.installation.database.write() as session:
            draft = read_draft(IncidentDraft, typed)
            terms = self.installation.policy(now, session)
            return incidents.open_incident(session, draft, policy=terms, author="ada", now=now).id

    def work(self, announced: str, start: str, length: timedelta, *components: str, **values: object) -> str:
        """A maintenance that begins and ends as announced, each step published; its id."""
        now, begins = datetime.fromisoformat(announced), datetime.fromisoformat(start)
        window = {"starts_at": begins.isoformat(), "ends_at": (begins + length).isoformat()}
        typed = {"title": "Work", "body": "We work.", "components": list(components), **window, **values}
        with site_change(self.installation, now, author="ada") as change:
            draft = read_draft(MaintenanceDraft, typed)
            key = maintenance.schedule(change.session, draft, policy=change.policy, author="ada", now=now).id
        worker.advance_maintenance(self.installation, begins)
        worker.advance_maintenance(self.installation, begins + length)
        return key

    def resolve(self, incident_id: str, at: str) -> None:
        now = datetime.fromisoformat(at)
        with self.installation.database.write() as session:
            found = incidents.load_incident(session, incident_id)
            draft = read_draft(UpdateDraft, {"status": "resolved", "body": "Solved."})
            incidents.post_update(
                session, found, draft, policy=self.installation.policy(now, session), author="ada", now=now
            )

    def update(self, incident_id: str, at: str, **values: object) -> None:
        now = datetime.fromisoformat(at)
        with site_change(self.installation, now, author="ada") as change:
            found = incidents.load_incident(change.session, incident_id)
            draft = read_draft(UpdateDraft, {"body": "News.", **values})
            incidents.post_update(change.session, found, draft, policy=change.policy, author="ada", now=now)

    def step(self, report_id: str, step: str, at: str, **values: object) -> None:
        """One step of a customer's report, as a door takes it."""
        now = datetime.fromisoformat(at)
        with self.installation.database.write() as session:
            report = customer_reports.load_report(session, report_id)
            policy = self.installation.policy(now, session)
            draft = read_draft(STEPS[step].draft, values)
            STEPS[step].take(session, report, draft, policy=policy, author="ada", now=now)

    def claim(self, customer_id: str, period: str, at: str, agreed: str) -> None:
        """A claim that is agreed on at once, as a refund."""
        now, month = datetime.fromisoformat(at), parse_period(period)
        typed = {"customer": customer_id, "period": period, "reason": "It was down."}
        with self.installation.database.write() as session:
            policy, computed = claim_basis(session, self.installation.policies, customer_id, month, now)
            draft = read_draft(ClaimDraft, typed)
            claim = credit_claims.receive_claim(
                session, draft, month, policy=policy, computed_pct=computed, author="ada", now=now
            )
            settled = read_draft(SettlementDraft, {"agreed_pct": agreed, "settled_as": "refund"})
            credit_claims.settle_claim(session, claim, settled, policy=policy, author="ada", now=now)

    def customer(self, name: str, **values: object) -> str:
        terms = self.installation.policy(BEGAN)
        with self.installation.database.write() as session:
            draft = read_draft(CustomerDraft, {"name": name, "service_start": "2023-12-01", **values})
            return customers.add_customer(session, draft, policy=terms, author="ada", now=BEGAN).id

    def contact(self, customer_id: str, role: str, email: str) -> None:
        terms = self.installation.policy(BEGAN)
        with self.installation.database.write() as session:
            found = session.get_one(Customer, customer_id)
            draft = read_draft(ContactDraft, {"role": role, "email": email})
            customers.add_contact(session, found, draft, policy=terms, author="ada", now=BEGAN)

    def report_of(self, customer_id: str, report_class: str, at: str, **values: object) -> str:
        """What a customer reported, qualified as a fault at once."""
        now = datetime.fromisoformat(at)
        terms = self.installation.policy(now)
        typed = {"customer": customer_id, "report_class": report_class, "text": "It fails.", **values}
        with self.installation.database.write() as session:
            draft = read_draft(ReportDraft, typed)
            report = customer_reports.open_report(session, draft, policy=terms, author="ada", now=now)
            fault = QualificationDraft(qualified=True, not_available=True)
            report_steps.qualify(session, report, fault, policy=terms, author="ada", now=now)
            return report.id
