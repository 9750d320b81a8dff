"""CM.com's policy as stories: posted, read on the page, mailed, and counted in the report."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from statuspage import (
    clocks,
)
from statuspage.components import load_page
from statuspage.errors import NoticeTooShort
from tests.presets.conftest import Tell
from tests.reports.conftest import figures, row_of

MINUTE = timedelta(minutes=1)


def test_cm_com_promises_updates_and_notice(tell: Tell) -> None:
    story = tell("cm-com")
    story.component("sms", "business-messaging")
    with story.installation.database.write() as session:
        load_page(session).escalation_email = "noc@example.com"
    with pytest.raises(NoticeTooShort):
        story.work("2024-07-01T09:00Z", "2024-07-10T20:00Z", 60 * MINUTE, "sms", kind="scheduled")
    hidden = story.open("2024-07-10T08:00Z", "Small thing", "P4")
    trouble = story.open("2024-07-10T10:00Z", "Messages wait", "P2", components={"sms": "major_outage"})
    front = story.read("index.html", "2024-07-10T10:01Z")
    late = story.read("index.html", "2024-07-10T10:31Z")
    with story.installation.database.write() as session:
        at = datetime.fromisoformat("2024-07-10T10:31Z")
        clocks.ring_due(session, policy=story.installation.policy(at), now=at)
    told = story.mails("2024-07-10T10:31Z")
    story.resolve(trouble, "2024-07-10T10:40Z")

    assert "Next update by" in front
    assert "Update was due at" in late
    assert "Small thing" not in front
    assert ("noc@example.com", "Incident escalates: P2 Messages wait") in [(to, subject) for to, subject, _ in told]
    (news,) = [text for to, subject, text in told if to == "ann@example.com"]
    assert "Next update due:" in news
    assert not (story.installation.publisher.folder / f"incidents/{hidden}.html").exists()
    levels = story.read("sla.html", "2024-07-11T09:00Z")
    for promise in ("P1 Critical", "15 minutes", "30 minutes", "14 days", "Voice"):
        assert promise in levels
    row = row_of(story.report("2024-Q3"), "business-messaging")
    assert figures(row)["downtime"] == 40 * 60
    assert row.met is False
    kept = story.communication("2024-07")
    assert (kept.updates_due, kept.updates_late) == (1, 1)


def test_cm_com_shows_beta_trunks_and_who_coordinates(tell: Tell) -> None:
    story = tell("cm-com")
    story.component("trunk-a", "voice")
    story.component("trunk-b", "voice")
    story.component("lab", "service-cloud", beta=True)
    story.outage("2024-07-02T08:00Z", 60 * MINUTE, "trunk-a")
    levels = story.read("sla.html", "2024-07-03T09:00Z")
    assert "configure a back-up trunk" in levels
    assert "High Business critical: your business is completely disrupted" in levels
    assert "Only authorised users of an account may ask for support" in levels
    assert "coordinated by the network operations centre" in levels
    assert "P5 Minor" in levels
    assert "Beta" in story.read("index.html", "2024-07-03T09:00Z")
    row = row_of(story.report("2024-Q3"), "voice")
    assert figures(row)["downtime"] == 0
