"""site.toml: read, applied, written."""

from __future__ import annotations

import tomllib
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.changes import Installation
from statuspage.components import load_component, load_components, load_page
from statuspage.errors import Refused
from statuspage.models import ComponentGroup, StatusChange
from statuspage.site import apply_site, describe_site, missing_from
from statuspage.site_file import read_site, site_text

EXAMPLE = """
[page]
name = "Example"
url = "https://status.example.com"
timezone = "Europe/Amsterdam"
languages = ["en", "nl"]
support_url = "https://example.com/support"

[[group]]
name = "Voice"
[[group.component]]
slug = "sip-trunk-a"
name = "SIP trunk A"
service = "voice"
description = ""
beta = false
hidden = false
[[group.component.monitor]]
kind = "http"
target = "https://api.example.com/health"
every = "30s"
timeout = "5s"
expect_status = [200]
expect_body = "ok"
failures = 3
recoveries = 2
[[group.component]]
slug = "sip-trunk-b"
name = "SIP trunk B"

[[group]]
name = "Messaging"
[[group.component]]
slug = "sms"
name = "SMS \\"gateway\\""
"""


def apply(session: Session, text: str, now: datetime) -> list[str]:
    return apply_site(session, read_site(text), author="test", now=now)


@pytest.fixture(autouse=True)
def _page(installation: Installation) -> None:
    """The page row is there."""


def test_file_makes_the_page(session: Session, now: datetime) -> None:
    lines = apply(session, EXAMPLE, now)
    page = load_page(session)
    assert (page.name, page.timezone, page.languages) == ("Example", "Europe/Amsterdam", ["en", "nl"])
    assert [c.slug for c in load_components(session)] == ["sip-trunk-a", "sip-trunk-b", "sms"]
    groups = session.scalars(select(ComponentGroup).order_by(ComponentGroup.position)).all()
    assert [group.name for group in groups] == ["Voice", "Messaging"]
    assert load_component(session, "sip-trunk-a").service == "voice"
    assert "component sms: added to Messaging" in lines
    assert "component sip-trunk-a: monitors 0 -> 1" in lines


def test_second_time_changes_nothing(session: Session, now: datetime) -> None:
    apply(session, EXAMPLE, now)
    said = session.scalars(select(StatusChange)).all()
    assert apply(session, EXAMPLE, now) == []
    assert not session.dirty
    assert session.scalars(select(StatusChange)).all() == said


def test_export_gives_back_the_file(session: Session, now: datetime) -> None:
    apply(session, EXAMPLE, now)
    text = site_text(describe_site(session))
    assert tomllib.loads(text)["group"][0]["component"][0] == tomllib.loads(EXAMPLE)["group"][0]["component"][0]
    assert apply(session, text, now) == []
    assert tomllib.loads(text)["group"][1]["component"][0]["name"] == 'SMS "gateway"'


def test_only_differences_are_changed(session: Session, now: datetime) -> None:
    apply(session, EXAMPLE, now)
    lines = apply(session, EXAMPLE.replace('name = "SIP trunk B"', 'name = "Trunk B"\nhidden = true'), now)
    assert lines == [
        "component sip-trunk-b: name 'SIP trunk B' -> 'Trunk B'",
        "component sip-trunk-b: hidden False -> True",
    ]


def test_order_of_the_file_rules(session: Session, now: datetime) -> None:
    apply(session, EXAMPLE, now)
    voice, messaging = EXAMPLE[EXAMPLE.index("[[group]]") :].split("[[group]]")[1:]
    lines = apply(session, "[[group]]" + messaging + "\n[[group]]" + voice, now)
    groups = session.scalars(select(ComponentGroup).order_by(ComponentGroup.position)).all()
    assert [group.name for group in groups] == ["Messaging", "Voice"]
    assert lines == ["groups: in the order of the file"]


def test_unmentioned_component_stays(session: Session, now: datetime) -> None:
    apply(session, EXAMPLE, now)
    site = read_site('[[component]]\nslug = "web"\nname = "Website"')
    assert apply_site(session, site, author="test", now=now)[0] == "component web: added"
    assert missing_from(session, site) == ["sip-trunk-a", "sip-trunk-b", "sms"]
    assert load_page(session).name == "Example"
    assert apply(session, site_text(describe_site(session)), now) == []


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('[page]\ncolour = "red"', "page.colour"),
        ("[page]\nname = 5", "page.name"),
        ('[page]\ntimezone = "Mars/Base"', "page.timezone"),
        ('[page]\nurl = "javascript:alert(1)"', "page.url"),
        ("[page]\nlanguages = []", "page.languages"),
        ('[page]\nlanguages = ["../etc"]', "page.languages.0"),
        ('[[group]]\nname = "A"\nshow = true', "group.0.show"),
        ('[[component]]\nslug = "A b"\nname = "x"', "component.0.slug"),
        ('[[component]]\nslug = "a"', "component.0.name"),
        ('[[component]]\nslug = "a"\nname = "x"\nbeta = "no"', "component.0.beta"),
        ('[[component]]\nslug = "a"\nname = "x"\n[[component]]\nslug = "a"\nname = "y"', "group.component.slug"),
        ('[[group]]\nname = "A"\n[[group]]\nname = "A"', "group.name"),
        ('[[component]]\nslug="a"\nname="x"\n[[component.monitor]]\nkind="icmp"', "component.0.monitor.0.kind"),
        ('[[component]]\nslug="a"\nname="x"\n[[component.monitor]]\nkind="http"', "component.0.monitor.0.target"),
        (
            '[[component]]\nslug="a"\nname="x"\n[[component.monitor]]\nkind="dns"\ntarget="a.b"\nevery="soon"',
            "component.0.monitor.0.every",
        ),
        ("[page", ""),
        ("x = " + "[" * 5000, ""),
    ],
)
def test_wrong_key_is_named(text: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_site(text)
    assert [problem.field for problem in refused.value.problems] == [field]
