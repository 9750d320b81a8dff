"""Optimy's policy as stories: posted, read on the page, mailed, and counted in the report."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from statuspage.errors import Refused
from statuspage.models import Component, Hook
from tests.presets.conftest import Tell
from tests.presets.story import BEGAN
from tests.reports.conftest import figures

MINUTE = timedelta(minutes=1)


def test_optimy_keeps_business_hours_free(tell: Tell) -> None:
    story = tell("optimy")
    story.component("platform", "platform")
    acme = story.customer("Acme")
    story.contact(acme, "main", "main@acme.example")
    story.contact(acme, "backup", "backup@acme.example")
    with pytest.raises(Refused, match="outside business hours"):
        story.work("2024-04-01T09:00Z", "2024-04-16T15:00Z", 60 * MINUTE, "platform", kind="scheduled")
    with pytest.raises(Refused, match="needs a reason"):
        story.work("2024-04-11T09:00Z", "2024-04-13T06:00Z", 60 * MINUTE, "platform")
    work = story.work("2024-04-01T09:00Z", "2024-04-13T06:00Z", 200 * MINUTE, "platform", kind="regular")
    with pytest.raises(Refused, match="same week"):
        story.work("2024-04-01T09:00Z", "2024-04-14T06:00Z", 60 * MINUTE, "platform", kind="regular")
    outage = story.outage("2024-04-20T08:00Z", 43 * MINUTE, "platform", title="Site down")

    told = story.mails("2024-04-20T09:00Z")
    work_told = [to for to, subject, _ in told if subject == "[Maintenance scheduled] Work"]
    assert {"main@acme.example", "backup@acme.example"} <= set(work_told)
    for_contact = next(text for to, _, text in told if to == "main@acme.example")
    assert "Unsubscribe" not in for_contact
    page = story.read(f"maintenance/{work}.html", "2024-04-20T09:00Z")
    assert "Regular" in page
    assert "This time is left out of the figure." in page
    assert "5 business days" in story.read("sla.html", "2024-04-20T09:00Z")
    (row,) = [row for row in story.report("2024-04").rows if row.figure and row.figure.downtime]
    assert figures(row)["den"] == 43_000 * 60
    assert row.figure
    assert (row.figure.percent(4), row.met) == ("99.9000", True)
    assert [entry.id for entry in row.outages] == [outage]


def test_optimy_names_its_monitor_and_mails_recoveries(tell: Tell) -> None:
    story = tell("optimy")
    story.component("platform", "platform")
    with story.installation.database.write() as session:
        component = session.scalars(select(Component)).one()
        session.add(
            Hook(
                id="h1",
                name="Neutral Probes Ltd",
                kind="alert",
                token_digest="d",
                component_id=component.id,
                created_at=BEGAN,
            )
        )
    acme = story.customer("Acme")
    story.contact(acme, "main", "main@acme.example")
    story.contact(acme, "backup", "backup@acme.example")
    trouble = story.open("2024-04-20T12:00Z", "Database lost", components={"platform": "major_outage"})
    story.update(trouble, "2024-04-20T14:00Z", status="resolved", snapshot_at="2024-04-19T10:00Z")

    told = [(to, text) for to, subject, text in story.mails("2024-04-20T14:00Z") if "Resolved" in subject]
    assert {"main@acme.example", "backup@acme.example", "ann@example.com"} == {to for to, _ in told}
    assert all("may be lost, more than the agreed" in text for _, text in told)
    levels = story.read("sla.html", "2024-04-20T15:00Z")
    assert "measured by Neutral Probes Ltd" in levels
    assert "in 1 outage" in levels
    assert "Response times: not published." in levels
    assert "Customer Success Executive" in levels
    assert "19 d 11 h 2 h in 1 outage" in levels  # the total to date beside what was down
    assert "may be lost, more than the agreed" in story.read(f"incidents/{trouble}.html", "2024-04-20T15:00Z")
    assert "may be lost" in story.feed()


def test_optimy_says_when_nobody_was_warned(tell: Tell) -> None:
    story = tell("optimy")
    story.component("platform", "platform")
    work = story.work(
        "2024-04-13T06:10Z",
        "2024-04-13T06:00Z",
        60 * MINUTE,
        "platform",
        kind="emergency",
        reason="security_no_notice",
        works_on="network",
        effect="suspended",
    )
    (mailed,) = [text for _, subject, text in story.mails("2024-04-13T08:00Z") if "Emergency" in subject][:1]
    for said in ("No prior notice", "Work on: Network", "Unavailable meanwhile"):
        assert said in mailed
        assert said in story.read(f"maintenance/{work}.html", "2024-04-13T08:00Z")
        assert said in story.feed()
