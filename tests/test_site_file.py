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
from statuspage.models import AuditEvent, ComponentGroup, StatusChange
from statuspage.monitors import load_monitors
from statuspage.site import apply_site, describe_site, missing_from
from statuspage.site_file import read_site, site_text
from statuspage.templates import load_templates

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
    assert "component sip-trunk-a: monitor http https://api.example.com/health added" in lines


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


MONITORED = """
[[component]]
slug = "api"
name = "API"
[[component.monitor]]
kind = "http"
name = "Health"
target = "https://api.example.com/health"
latency = "800ms"
method = "POST"
expect_status = [200, 204]
expect_json = { path = "data.ok", value = true }
certificate_warning = "21d"
[component.monitor.headers]
Accept = "application/json"
Authorization = "Bearer of-the-secret"
[[component.monitor]]
kind = "dns"
target = "example.com"
record = "MX"
expect_answer = "10 mail.example.com."
every = "5m"
enabled = false
[[component.monitor]]
kind = "heartbeat"
name = "Backup"
period = "1d"
grace = "2h"
"""


def test_monitors_keep_their_history(session: Session, now: datetime) -> None:
    apply(session, MONITORED, now)
    before = {row.kind: row.id for row in load_monitors(session)}
    assert apply(session, MONITORED, now) == []

    changed = MONITORED.replace('latency = "800ms"', 'latency = "400ms"').replace('"1d"', '"2d"')
    assert apply(session, changed, now) == [
        "component api: monitor Health: latency changed",
        "component api: monitor Backup: period changed",
    ]
    assert {row.kind: row.id for row in load_monitors(session)} == before

    without = MONITORED.split('[[component.monitor]]\nkind = "dns"')[0]
    assert len(apply(session, without, now)) == 3
    assert [row.kind for row in load_monitors(session)] == ["http"]


def test_secret_headers_leave_no_trace(session: Session, now: datetime) -> None:
    apply(session, MONITORED, now)
    text = site_text(describe_site(session))

    assert "of-the-secret" not in text
    assert 'Authorization = "(kept)"' in text
    assert 'Accept = "application/json"' in text
    assert "enabled = false" in text
    assert apply(session, text, now) == []
    monitor = load_monitors(session)[0]
    assert monitor.settings["headers"]["Authorization"] == "Bearer of-the-secret"
    events = session.scalars(select(AuditEvent)).all()
    assert events
    assert not any("of-the-secret" in str(event.details) for event in events)


def test_kept_header_needs_one_to_keep(session: Session, now: datetime) -> None:
    text = MONITORED.replace("Bearer of-the-secret", "(kept)")
    with pytest.raises(Refused) as refused:
        apply(session, text, now)
    assert refused.value.problems[0].field == "component.api.monitor.0.headers"


def test_heartbeat_says_its_period_as_every() -> None:
    site = read_site('[[component]]\nslug="a"\nname="x"\n[[component.monitor]]\nkind="heartbeat"\nevery="5m"')
    ((_, component),) = site.components
    assert component.monitor[0].period == "5m"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('kind="http"\ntarget="https://a.b/"\nevery="5s"', "every"),
        ('kind="http"\ntarget="https://a.b/"\nperiod="5m"', "period"),
        ('kind="http"\ntarget="https://a.b/"\nlatency="6s"', "latency"),
        ('kind="http"\ntarget="https://a.b/"\nexpect_json={path="a b"}', "expect_json.path"),
        ('kind="tcp"\ntarget="a.b:99999"', "target"),
        ('kind="tls"\ntarget="a.b"', "target"),
        ('kind="dns"\ntarget="a.b"\nrecord="ANY"', "record"),
        ('kind="heartbeat"', "period"),
        ('kind="heartbeat"\nperiod="1h"\ntarget="https://a.b/"', "target"),
    ],
)
def test_wrong_monitor_is_refused_by_its_key(line: str, key: str) -> None:
    with pytest.raises(Refused) as refused:
        read_site(f'[[component]]\nslug="a"\nname="x"\n[[component.monitor]]\n{line}')
    assert refused.value.problems[0].field == f"component.0.monitor.0.{key}"


def test_templates_go_out_and_come_back(session: Session, now: datetime) -> None:
    words = 'title = "{{components}} down"\nbody = "We look.\\n\\nMore soon."\n'
    text = f'{EXAMPLE}\n[[template]]\nname = "Outage"\n{words}'
    text += '[template.translations.nl]\nbody = "We kijken."\n'
    assert "template Outage: added" in apply(session, text, now)
    assert apply(session, text, now) == []
    exported = site_text(describe_site(session))
    assert apply(session, exported, now) == []
    changed = exported.replace("We kijken.", "We zoeken het uit.")
    assert apply(session, changed, now) == ["template Outage: changed"]
    (row,) = load_templates(session)
    assert (row.body, row.texts) == ("We look.\n\nMore soon.", {"nl": {"body": "We zoeken het uit."}})
    with pytest.raises(Refused, match="is not known"):
        apply(session, text.replace("components}}", "weather}}"), now)
    with pytest.raises(Refused, match="stands there twice"):
        read_site(text + '[[template]]\nname = "outage"\nbody = "x"\n')
