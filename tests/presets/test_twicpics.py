"""TwicPics' policy as stories: posted, read on the page, mailed, and counted in the report."""

from __future__ import annotations

from statuspage.domain.periods import parse_period
from statuspage.reports.customers import load_customer
from tests.presets.conftest import Tell
from tests.reports.conftest import figures


def test_twicpics_counts_what_a_customer_reported(tell: Tell) -> None:
    story = tell("twicpics")
    story.component("images")
    acme = story.customer("Acme", tier="premium", monthly_fee="100.00")
    calm = story.customer("Calm", tier="premium")
    trouble = story.open("2024-04-10T08:00Z", "No images", components={"images": "major_outage"})
    story.report_of(acme, "Critical Anomaly", "2024-04-10T08:07Z", incident=trouble)
    assert "No images" in story.read("index.html", "2024-04-10T08:10Z")
    story.resolve(trouble, "2024-04-10T08:47Z")

    told = story.mails("2024-04-10T08:47Z")
    assert [subject for to, subject, _ in told if to == "ann@example.com"] == [
        "[P1 Investigating] No images",
        "[P1 Resolved] No images",
    ]
    levels = story.read("sla.html", "2024-04-10T09:00Z")
    assert "99.50%" in levels
    assert "99.99%" in levels
    assert "Platform history" in levels
    assert "09:00-19:00 (French time)" in levels
    period = parse_period("2024-04")
    with story.installation.database.read() as session:
        books = story.installation.policies
        reporter = load_customer(session, acme, period, books)
        silent = load_customer(session, calm, period, books)
    (row,) = story.report("2024-04", customer=reporter).rows
    assert figures(row)["counted"] == 40 * 60
    assert (row.met, str(row.credit_percent)) == (False, "5")
    (other,) = story.report("2024-04", customer=silent).rows
    assert figures(other)["counted"] == 0


def test_twicpics_tells_each_step_and_lists_support(tell: Tell) -> None:
    story = tell("twicpics")
    story.component("images", "solution")
    acme = story.customer("Acme", tier="premium", monthly_fee="100.00")
    story.contact(acme, "main", "main@acme.example")
    trouble = story.open("2024-04-10T08:00Z", "No images", components={"images": "major_outage"})
    report = story.report_of(acme, "Critical Anomaly", "2024-04-10T08:07Z", incident=trouble)
    story.update(trouble, "2024-04-10T08:20Z", workaround_at="2024-04-10T08:30Z")
    story.step(report, "diagnosis", "2024-04-10T08:25Z", text="A carrier.", cause="third_party")
    story.step(report, "workaround", "2024-04-10T08:30Z", text="Use the other address.")
    story.resolve(trouble, "2024-04-10T08:47Z")
    story.step(report, "resolution", "2024-04-10T09:00Z", text="The carrier repaired it.")

    told = story.mails("2024-04-10T09:00Z")
    to_acme = [subject for to, subject, _ in told if to == "main@acme.example"]
    for said in ("received", "qualified", "diagnosis", "work-around", "service restored", "resolved"):
        assert any(subject.endswith(f"Report 1: {said}") or f"Report 1 {said}" in subject for subject in to_acme), (
            said
        )
    assert any("outside our service" in text for to, _, text in told if to == "main@acme.example")
    assert any("Work-around planned for 10 April 2024" in text for to, _, text in told)
    levels = story.read("sla.html", "2024-04-10T09:00Z")
    assert "Dedicated point of contact no yes" in levels
    assert "Given as a credit for later use, never as money." in levels
    assert "does not suspend payment, and is the only remedy" in levels
    assert "Work-around planned for" in story.feed()
