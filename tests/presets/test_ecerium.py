"""Ecerium's policy as stories: posted, read on the page, mailed, and counted in the report."""

from __future__ import annotations

from datetime import timedelta

from statuspage.domain.periods import parse_period
from statuspage.domain.vocabulary import MaintenanceKind
from statuspage.models import Maintenance
from statuspage.reports.customers import load_customer
from tests.presets.conftest import Tell
from tests.reports.conftest import figures, row_of

MINUTE = timedelta(minutes=1)


def test_ecerium_counts_late_work_and_whole_minutes(tell: Tell) -> None:
    story = tell("ecerium")
    story.component("gateway", "sms-gateway")
    acme = story.customer("Acme", monthly_fee="500.00")
    in_time = story.work("2024-04-01T09:00Z", "2024-04-09T09:00Z", 60 * MINUTE, "gateway", kind="scheduled")
    late = story.work("2024-04-10T09:00Z", "2024-04-12T09:00Z", 60 * MINUTE, "gateway", title="Urgent fix")
    trouble = story.open("2024-04-20T08:00:40Z", "No messages", components={"gateway": "major_outage"})
    story.report_of(acme, "Urgent", "2024-04-20T08:05Z", incident=trouble)
    story.resolve(trouble, "2024-04-20T08:50:10Z")

    with story.installation.database.read() as session:
        works = [session.get_one(Maintenance, key) for key in (in_time, late)]
        assert [work.kind for work in works] == [MaintenanceKind.SCHEDULED, MaintenanceKind.EMERGENCY]
        assert [work.excluded for work in works] == [True, False]
    assert "Unscheduled maintenance" in story.read(f"maintenance/{late}.html", "2024-04-21T09:00Z")
    assert "This time counts in the figure." in story.read(f"maintenance/{late}.html", "2024-04-21T09:00Z")
    assert "Urgent fix" in story.feed()
    levels = story.read("sla.html", "2024-04-21T09:00Z")
    assert "99.90%" in levels
    assert "43,200 minutes" in levels
    assert "At most 125.00 EUR." in levels
    subjects = [subject for to, subject, _ in story.mails("2024-04-21T09:00Z") if to == "ann@example.com"]
    assert "[Unscheduled maintenance] Urgent fix" in subjects
    with story.installation.database.read() as session:
        who = load_customer(session, acme, parse_period("2024-04"), story.installation.policies)
    row = row_of(story.report("2024-04", customer=who), "sms-gateway")
    assert figures(row)["den"] == 43_200 * 60
    assert figures(row)["counted"] == 50 * 60  # from 08:00, the minute it went down, to 08:50:10
    assert (row.met, str(row.credit_percent)) == (False, "5")


def test_ecerium_mails_the_decision_on_a_rebate(tell: Tell) -> None:
    story = tell("ecerium")
    story.component("gateway", "sms-gateway")
    acme = story.customer("Acme", monthly_fee="500.00")
    story.contact(acme, "main", "main@acme.example")
    trouble = story.open("2024-04-20T08:00Z", "No messages", components={"gateway": "major_outage"})
    report = story.report_of(acme, "Non-urgent", "2024-04-20T08:05Z", incident=trouble)
    story.step(report, "urgency", "2024-04-20T08:10Z", report_class="Urgent")
    story.resolve(trouble, "2024-04-20T20:00Z")
    story.claim(acme, "2024-04", "2024-05-02T08:00Z", agreed="25")
    told = [text for to, subject, text in story.mails("2024-05-02T09:00Z") if "is agreed" in subject]
    assert any(
        "refund of 25% of your monthly fee for 2024-04. That is 125.00 EUR" in " ".join(text.split()) for text in told
    )
    levels = story.read("sla.html", "2024-05-02T09:00Z")
    assert "Report a problem to be eligible" in levels
    assert "Given as a credit or as a refund." in levels
    assert "@eceriumofficial" in levels
    assert "Regular" not in levels
