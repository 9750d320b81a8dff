"""Customers under a preset's policy: short ways to add one, report something and read where it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from statuspage import customer_reports, customers
from statuspage.components import ensure_page
from statuspage.customer_drafts import ContactDraft, CustomerDraft, ReportDraft
from statuspage.domain.sla.policy import Policy, load_policy
from statuspage.drafts import read_draft
from statuspage.models import Customer, CustomerReport
from statuspage.standing import Timer, report_standing

AUTHOR = "ada"


def at(text: str) -> datetime:
    """An instant: at("2024-04-10T08:07Z")."""
    return datetime.fromisoformat(text)


class Contract:
    """One preset and the session in which its customers are told of."""

    def __init__(self, session: Session, preset: str) -> None:
        self.session = session
        ensure_page(session, at("2024-01-01T00:00Z"))
        self.policy: Policy = load_policy(preset)

    def customer(self, name: str = "Acme", now: str = "2024-01-01T00:00Z", **values: Any) -> Customer:
        if self.policy.tiers:
            values.setdefault("tier", self.policy.tiers[0].id)
        draft = read_draft(CustomerDraft, {"name": name, **values})
        return customers.add_customer(self.session, draft, policy=self.policy, author=AUTHOR, now=at(now))

    def contact(self, customer: Customer, role: str, email: str) -> None:
        draft = read_draft(ContactDraft, {"role": role, "email": email})
        customers.add_contact(
            self.session, customer, draft, policy=self.policy, author=AUTHOR, now=at("2024-01-01T00:00Z")
        )

    def report(self, who: Customer, report_class: str, now: str, **values: Any) -> CustomerReport:
        values.setdefault("customer", who.id)
        typed = {"report_class": report_class, "text": "It fails.", **values}
        draft = read_draft(ReportDraft, typed)
        return customer_reports.open_report(self.session, draft, policy=self.policy, author=AUTHOR, now=at(now))

    def timer(self, report: CustomerReport, now: str, measure: str | None = None) -> Timer:
        timers = report_standing(report, self.policy, now=at(now)).timers
        return next(timer for timer in timers if measure in (None, timer.measure))


def entries(report: CustomerReport) -> list[str]:
    """The report's log, mails aside."""
    return [entry.entry for entry in report.entries if "mail" not in entry.entry.lower()]
