"""iStockist's policy as stories: posted, read on the page, mailed, and counted in the report."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from statuspage import (
    proposals,
)
from statuspage.changes import site_change
from statuspage.domain.periods import parse_period
from statuspage.drafts import IncidentDraft, read_draft
from statuspage.errors import Refused
from statuspage.reports.customer_record import shares_in_time
from tests.presets.conftest import Tell
from tests.reports.conftest import figures, row_of

MINUTE = timedelta(minutes=1)


def test_istockist_tells_every_interruption(tell: Tell) -> None:
    story = tell("istockist")
    story.component("api", "api")
    story.work("2024-04-01T09:00Z", "2024-04-02T21:00Z", 200 * MINUTE, "api", title="Network upgrade")
    trouble = story.open("2024-04-10T08:00Z", "Orders fail", components={"api": "major_outage"})
    front = story.read("index.html", "2024-04-10T08:05Z")
    story.resolve(trouble, "2024-04-10T22:20Z")

    assert "Orders fail" in front
    subjects = [subject for _, subject, _ in story.mails("2024-04-10T22:20Z")]
    assert "[P1 Investigating] Orders fail" in subjects
    assert "[Maintenance scheduled] Network upgrade" in subjects
    assert "98" in story.read("sla.html", "2024-04-11T09:00Z")
    row = row_of(story.report("2024-04"), "api")
    assert figures(row)["removed"] == 200 * 60
    assert figures(row)["downtime"] == 860 * 60
    assert row.met  # exactly 98%: 860 of 43,000 minutes
    assert row.figure
    assert row.figure.percent(4) == "98.0000"


def test_istockist_lowers_a_report_and_closes_it(tell: Tell) -> None:
    story = tell("istockist")
    acme = story.customer("Acme", plan="pro")
    story.contact(acme, "administrator", "admin@acme.example")
    report = story.report_of(acme, "Critical", "2024-04-08T08:00Z", reporter="admin@acme.example")
    story.step(report, "acknowledge", "2024-04-08T09:00Z")
    story.step(report, "workaround", "2024-04-08T10:00Z", text="Use the app.")
    story.step(report, "closing", "2024-04-08T15:00Z", reason="no_client_response")
    told = [(subject, text) for to, subject, text in story.mails("2024-04-08T15:00Z") if to == "admin@acme.example"]
    assert any("now has class Medium, before Critical" in text for _, text in told)
    assert any("We closed your report: we had no answer from you." in text for _, text in told)
    levels = story.read("sla.html", "2024-04-08T16:00Z")
    assert "searched the frequently asked questions" in levels
    assert "09:00-17:00 (Irish time)" in levels
    assert "support@istockist.com" in levels
    assert "A fault is a problem that repeats" in levels
    with story.installation.database.read() as session:
        now = datetime.fromisoformat("2024-05-01T00:00Z")
        shares = shares_in_time(session, story.installation.policy(now, session), parse_period("2024-04"), now)
    assert {name: share.met for name, share in shares.items()} == {"Critical": None, "Medium": True, "Low": None}


def test_istockist_hides_no_interruption(tell: Tell) -> None:
    story = tell("istockist")
    story.component("api", "api")
    at = datetime.fromisoformat("2024-04-10T08:00Z")
    down = {"title": "API", "priority": "P3", "body": "We look.", "components": {"api": "major_outage"}}
    with site_change(story.installation, at, author="ada") as change, pytest.raises(Refused, match="interruption"):
        draft = read_draft(IncidentDraft, down)
        proposals.keep(change.session, draft, policy=change.policy, author="ada", now=at)
    trouble = story.open(
        "2024-04-10T08:00Z",
        "API",
        components={"api": "major_outage"},
        priority="P3",
        cause="third_party",
        provider="Northern Fibre",
    )
    assert "A third party: Northern Fibre" in story.read(f"incidents/{trouble}.html", "2024-04-10T08:05Z")
