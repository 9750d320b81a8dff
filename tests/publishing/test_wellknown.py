"""uptime.json, badges, sitemap, robots and security.txt."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from lxml import etree

from statuspage.publishing.badges import render_badges
from statuspage.publishing.wellknown import render_wellknown
from tests.publishing import sample


def test_uptime_holds_ninety_days_that_add_up() -> None:
    document = json.loads(dict(render_wellknown(sample.trouble()))["uptime.json"])
    assert (document["from"], document["to"]) == ("2026-08-19", "2026-11-17")
    for component in document["components"]:
        assert len(component["days"]) == 90
        for part in ("num", "den"):
            assert component["uptime"][part] == sum(day["uptime"][part] for day in component["days"])
    voice = next(each for each in document["components"] if each["slug"] == "sip-trunk-a")
    assert voice["days"][-1]["seconds_down"] == 32 * 60
    assert voice["days"][0] == {
        "date": "2026-08-19",
        "seconds_unknown": 86400,
        "uptime": {"num": 0, "den": 0, "pct": None},
    }


def test_sitemap_lists_what_there_is() -> None:
    made = dict(render_wellknown(sample.trouble()))
    root = etree.fromstring(made["sitemap.xml"])
    places = root.xpath("//*[local-name()='loc']/text()")
    site = "https://status.larkwing.example"
    assert {f"{site}/", f"{site}/history/2026-11", f"{site}/incidents/i000000open1"} <= set(places)
    assert b"Sitemap: https://status.larkwing.example/sitemap.xml" in made["robots.txt"]


def test_security_names_contact_and_end() -> None:
    text = dict(render_wellknown(sample.calm()))[".well-known/security.txt"].decode()
    assert "Contact: https://larkwing.example/support\n" in text
    assert "Expires: 2027-12-31T23:59:59Z\n" in text
    without = replace(sample.calm(), page=replace(sample.calm().page, support_url=None))
    assert ".well-known/security.txt" not in dict(render_wellknown(without))


def test_badge_says_state_in_words() -> None:
    made = dict(render_badges(sample.trouble()))
    root = etree.fromstring(made["badge.svg"])
    assert root.get("role") == "img"
    assert root.findtext("{*}title") == "Larkwing: Major Service Outage"
    assert etree.fromstring(made["components/api/badge.svg"]).findtext("{*}title") == "API: Operational"


@pytest.mark.parametrize("name", ["<script>&\"'", "x" * 300, "⛔ שלום", "bell\x07"])
def test_badge_survives_any_name(name: str) -> None:
    snapshot = sample.calm()
    made = dict(render_badges(replace(snapshot, page=replace(snapshot.page, name=name))))
    title = etree.fromstring(made["badge.svg"]).findtext("{*}title")
    assert title == f"{name.replace(chr(7), '')}: All Systems Operational"
