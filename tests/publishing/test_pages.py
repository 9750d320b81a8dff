"""The public pages: what they say, that they are valid, alike each time, safe and small."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from xml.etree.ElementTree import Element

import html5lib
import pytest

from statuspage.domain.vocabulary import ComponentStatus, IncidentStatus, Priority
from statuspage.publishing.environment import render_static
from statuspage.publishing.markup import html_of, text_of
from statuspage.publishing.pages import render_pages
from statuspage.publishing.snapshot import Snapshot, Touched
from tests.publishing import sample

SCRIPT = "<script>alert(1)</script>"

Pages = dict[str, str]


def render(snapshot: Snapshot) -> Pages:
    files = [*render_static(), *render_pages(snapshot)]
    return {path: content.decode() for path, content in files if not path.endswith(".ico")}


@pytest.fixture(scope="module")
def calm() -> Pages:
    return render(sample.calm())


@pytest.fixture(scope="module")
def trouble() -> Pages:
    return render(sample.trouble())


def parse(html: str) -> Element:
    """The document; raises at the first thing the HTML standard calls a parse error."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    assert isinstance(tree, Element)
    return tree


def words_of(html: str, start: str = "<main") -> str:
    """The text a reader sees of the main part, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index(start) :]).split()).replace(" ,", ",")


def test_every_promised_page_is_rendered(trouble: Pages) -> None:
    assert {
        "index.html",
        "history.html",
        "history/2026-11.html",
        "history/2026-09.html",
        "incidents/i000000open1.html",
        "maintenance/m000000plan1.html",
        "components/sip-trunk-a.html",
        "uptime.html",
        "sla.html",
        "embed.html",
        "404.html",
        "live.json",
    } <= set(trouble)


def test_front_page_comes_last() -> None:
    assert [path for path, _ in render_pages(sample.calm())][-1] == "index.html"


@pytest.mark.parametrize("make", [sample.calm, sample.trouble, sample.working])
def test_every_page_is_valid_html(make: Callable[[], Snapshot]) -> None:
    for path, html in render(make()).items():
        if path.endswith(".html"):
            parse(html)
            ids = re.findall(r'\sid="([^"]+)"', html)
            assert len(ids) == len(set(ids)), path


def test_same_snapshot_gives_same_bytes() -> None:
    assert list(render_pages(sample.trouble())) == list(render_pages(sample.trouble()))


def test_calm_banner_says_all_is_well(calm: Pages) -> None:
    text = words_of(calm["index.html"])
    assert text.startswith("All systems operational Planned next: New firmware on the Frankfurt exchange")
    assert "Tue 24 Nov 2026, 02:00–04:30 CET" in text


def test_banner_names_what_is_broken_since_when(trouble: Pages) -> None:
    text = words_of(trouble["index.html"])
    assert text.startswith("Major outage: SIP trunk A Since 14:02 CET")
    assert "Degraded performance: Call recording and Message reports" in text


def test_incident_says_when_we_speak_again(trouble: Pages) -> None:
    assert "Next update by 14:45 CET" in words_of(trouble["index.html"])
    assert "Next update by 16 November 2026, 14:45 CET" in words_of(trouble["incidents/i000000open1.html"])


def test_overdue_update_is_admitted(trouble: Pages) -> None:
    assert "Update was due at 14:24 CET" in words_of(trouble["index.html"])
    assert "Update was due at 16 November 2026, 14:24 CET" in words_of(trouble["incidents/i000000open2.html"])


def test_gravest_incident_comes_first(trouble: Pages) -> None:
    html = trouble["index.html"]
    assert html.index("i-i000000open1") < html.index("i-i000000open2")


def test_priority_explains_itself(trouble: Pages) -> None:
    text = words_of(trouble["index.html"])
    assert "P1 Critical : what it means The service is unusable for most people" in text
    assert "We post an update at least every 15 minutes." in text


def test_urgent_maintenance_gives_its_reason(trouble: Pages) -> None:
    text = words_of(trouble["index.html"])
    assert "Urgent Announced 09:30 CET Why so late The issuer withdraws" in text


def test_moved_maintenance_tells_its_old_window() -> None:
    details = {"old_starts_at": "2026-11-23T01:00:00Z", "old_ends_at": "2026-11-23T03:30:00Z"}
    told = sample.update("mv", "scheduled", "One night later.", sample.NOW, event="moved")
    work = replace(sample.PLANNED[0], updates=(replace(told, details=details), *sample.PLANNED[0].updates))
    text = words_of(render(sample.snapshot(works=(work,)))["maintenance/m000000plan1.html"])
    assert "Moved 16 November 2026, 14:34 CET It was Mon 23 Nov 2026, 02:00–04:30 CET. One night later." in text


def test_running_maintenance_makes_the_banner() -> None:
    snapshot = sample.working()
    names = words_of(render(snapshot)["index.html"])
    assert names.startswith("Maintenance under way: SIP trunk B Since 14:14 CET")


def test_incident_without_component_still_alarms() -> None:
    lonely = replace(sample.CALLS_FAIL, components=())
    text = words_of(render(sample.snapshot((lonely,)))["index.html"])
    assert text.startswith("Identified: Outgoing calls to Dutch mobile numbers fail Since 14:02 CET")


def test_page_without_component_says_so() -> None:
    empty = replace(sample.snapshot(works=()), components=(), groups=())
    text = words_of(render(empty)["index.html"])
    assert text.startswith("No component is listed yet No incident is open, and no maintenance is planned.")
    assert "90 days ago" not in text


def test_times_name_the_zone_in_force(trouble: Pages) -> None:
    assert "30 September 2026, 09:43 CEST" not in words_of(trouble["index.html"])
    assert "30 September 2026, 09:34 CEST" in words_of(trouble["incidents/i000000past3.html"])
    assert 'datetime="2026-09-30T07:34:00Z"' in trouble["incidents/i000000past3.html"]


def test_unknown_days_are_not_green(calm: Pages) -> None:
    row = calm["index.html"].split('id="c-api"')[1].split("</details>")[0]
    unknown = re.search(r's-unknown" d="([^"]+)"', row)
    good = re.search(r's-operational" d="([^"]+)"', row)
    assert unknown is not None
    assert good is not None
    assert unknown[1] == "M0 20h59"  # twelve days, that of the first knowledge among them
    assert good[1] == "M60 16h389"


def test_bad_day_is_taller_and_links(calm: Pages) -> None:
    row = calm["index.html"].split('id="c-sip-trunk-b"')[1].split("</details>")[0]
    bar = '<rect class="s-major_outage" x="210" y="0" width="4" height="24"/>'
    assert bar in row
    assert '<a href="/incidents/i000000past3">No calls by SIP trunk B</a>' in row
    page = calm["components/sip-trunk-b.html"]
    assert '<a href="/incidents/i000000past3" tabindex="-1"><title>30 Sept: Major outage 51 min</title>' + bar in page


def test_percentage_names_period_and_target(calm: Pages) -> None:
    row = words_of(calm["index.html"].split('id="c-sip-trunk-b"')[1].split("</details>")[0], "<summary")
    assert "99.95% 79 days" in row
    assert "99.95% = (measured − down) ÷ measured" in row
    assert "51 min of major outage" in row
    assert "Target 99.90% a month" in row


def test_days_stand_in_a_table_too(calm: Pages) -> None:
    row = words_of(calm["index.html"].split('id="c-sms-worldwide"')[1].split("</details>")[0], "<table")
    assert "Fri 16 Oct 2026" in row
    assert "Degraded performance" in row


def test_component_never_measured_claims_nothing() -> None:
    snapshot = sample.calm()
    silent = replace(
        snapshot.components[0],
        timeline=replace(snapshot.components[0].timeline, starts=(), states=()),
        status=ComponentStatus.UNKNOWN,
    )
    pages = render(replace(snapshot, components=(silent, *snapshot.components[1:])))
    assert "no data yet" in words_of(pages["index.html"])
    assert words_of(pages["index.html"]).startswith("All measured systems operational")


def test_quiet_days_are_told_in_one_line(trouble: Pages) -> None:
    text = words_of(trouble["index.html"])
    assert "12 Nov – 13 Nov 2026 No incidents reported." in text
    assert "Resolved after 4 h" in text


def test_every_month_is_listed(trouble: Pages) -> None:
    text = words_of(trouble["history.html"])
    assert "2026 November 7 September 1" in text


def test_months_link_to_their_neighbours(trouble: Pages) -> None:
    assert 'rel="prev" href="/history/2026-09"' in trouble["history/2026-11.html"]
    assert 'rel="next" href="/history/2026-11"' in trouble["history/2026-09.html"]


def test_only_touched_stories_are_rendered() -> None:
    touched = Touched(incidents=frozenset(["i000000past1"]), components=frozenset(["message-reports"]))
    paths = set(render(replace(sample.trouble(), touched=touched)))
    assert {path for path in paths if path.startswith("incidents/")} == {
        "incidents/i000000open1.html",
        "incidents/i000000open2.html",
        "incidents/i000000past1.html",
    }
    assert {path for path in paths if path.startswith(("components/", "history/", "maintenance/"))} == {
        "components/message-reports.html"
    }


def test_story_holds_nothing_of_others() -> None:
    alone = render(sample.snapshot((sample.CALLS_FAIL,), works=()))
    among = render(sample.trouble())
    for path in ("incidents/i000000open1.html", "incidents/i000000past1.html", "components/sip-trunk-a.html"):
        assert alone[path] == among[path]


def test_incremental_pages_equal_full_ones() -> None:
    snapshot = sample.trouble()
    full = render(snapshot)
    part = render(replace(snapshot, touched=Touched(components=frozenset(["sip-trunk-a"]))))
    assert all(full[path] == html for path, html in part.items())


def test_finished_incident_tells_the_worst() -> None:
    first, *rest = reversed(sample.PAST_INCIDENTS[0].updates)
    name = "Message reports"
    ended = replace(
        sample.PAST_INCIDENTS[0],
        components=(sample.affected(name, ComponentStatus.OPERATIONAL),),
        updates=(*reversed(rest), replace(first, affected=(sample.affected(name, ComponentStatus.PARTIAL_OUTAGE),))),
    )
    snapshot = sample.calm()
    pages = render(replace(snapshot, incidents=(ended, *snapshot.incidents[1:])))
    assert "Affected Partial outage Message reports" in words_of(pages["incidents/i000000past1.html"])


def test_every_update_has_a_permalink(trouble: Pages) -> None:
    html = trouble["incidents/i000000past3.html"]
    for each in sample.PAST_INCIDENTS[2].updates:
        assert f'id="{each.id}"' in html
        assert f'href="#{each.id}"' in html


def test_service_levels_come_from_the_policy() -> None:
    text = words_of(render(sample.calm())["sla.html"])
    assert "P3 Moderate Something fails, yet the work can go on 2 hours yes" in text
    assert "Announced at least 14 days before it starts." in text
    assert "99.90%" in text


@pytest.mark.parametrize("policy", ["standard", "cm-com", "ecerium", "istockist", "optimy", "twicpics"])
def test_every_preset_has_its_page(policy: str) -> None:
    pages = render(sample.snapshot((sample.CALLS_FAIL, sample.REPORTS_SLOW), policy=policy))
    parse(pages["sla.html"])
    parse(pages["index.html"])


def test_credit_bands_are_shown() -> None:
    text = words_of(render(sample.snapshot(policy="ecerium"))["sla.html"])
    assert "Availability below Of the fee 100% 5% 99% 10%" in text
    assert "At most 125.00 EUR." in text
    assert "Report a problem to be eligible" in text
    assert "rounded once to whole minutes" in text


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("twicpics", "Service Level 2 (premium): 5 business hours outside business hours best effort"),
        ("optimy", "Response times: not published."),
        ("ecerium", "Urgent action 2 business hours"),
        ("istockist", "Before you report a problem: gathered the facts"),
    ],
)
def test_promised_answers_are_shown(policy: str, said: str) -> None:
    assert said in words_of(render(sample.snapshot(policy=policy))["sla.html"])


def test_only_promised_updates_are_called_late() -> None:
    promise = "says so when we are late"
    assert promise in words_of(render(sample.snapshot(policy="cm-com"))["sla.html"])
    assert promise not in words_of(render(sample.snapshot(policy="optimy"))["sla.html"])


def test_imported_incident_shows_its_impact() -> None:
    old = replace(sample.PAST_INCIDENTS[0], priority=None)
    snapshot = sample.calm()
    pages = render(replace(snapshot, incidents=(old, *snapshot.incidents[1:])))
    assert "Minor impact" in words_of(pages["incidents/i000000past1.html"])


def hostile() -> Snapshot:
    body = f"{SCRIPT}\n\n[click](javascript:alert(1)) <img src=x onerror=alert(1)>"
    posted = replace(sample.CALLS_FAIL.updates[0], html=html_of(body), text=text_of(body))
    bad = replace(sample.CALLS_FAIL, title=SCRIPT, updates=(posted,))
    work = replace(sample.PLANNED[1], title=f'"{SCRIPT}', reason_text=SCRIPT, updates=())
    snapshot = sample.snapshot((bad,), (work,), name=f"A&B{SCRIPT}")
    return replace(
        snapshot,
        groups=tuple(replace(group, name=SCRIPT + group.name) for group in snapshot.groups),
        components=tuple(replace(each, name=SCRIPT + each.name, description=SCRIPT) for each in snapshot.components),
    )


def test_hostile_words_stay_words() -> None:
    for path, html in render(hostile()).items():
        if not path.endswith(".html"):
            continue
        tree = parse(html)
        scripts = [each for each in tree.iter("script") if not str(each.get("src", "")).startswith("/static/")]
        assert scripts == [], path
        assert not [each for each in tree.iter() if any(str(name).startswith("on") for name in each.attrib)], path
        assert not [each for each in tree.iter("a") if str(each.get("href", "")).startswith("javascript")], path
        assert not list(tree.iter("img")), path


def test_policy_of_content_is_strict(trouble: Pages) -> None:
    for path, html in trouble.items():
        if path.endswith(".html"):
            assert "default-src 'none'" in html, path
            assert not re.search(r"\sstyle=|<style|<script(?![^>]*src=)|unsafe-inline", html), path


def test_pages_ask_nobody_else(trouble: Pages) -> None:
    for path, html in trouble.items():
        if path.endswith(".html"):
            fetched = re.findall(r'<(?:script|link rel="(?:stylesheet|icon)"|img)[^>]*(?:src|href)="([^"]+)"', html)
            assert all(address.startswith("/static/") for address in fetched), path


def test_static_files_carry_their_digest(trouble: Pages) -> None:
    for html in (trouble["index.html"], trouble["sla.html"]):
        for address in re.findall(r'"/(static/[^"]+)"', html):
            assert address in trouble
            assert re.fullmatch(r"static/[\w-]+\.[0-9a-f]{10}\.\w+", address)


def test_links_lead_somewhere(trouble: Pages) -> None:
    elsewhere = re.compile(
        r"/(subscribe(\?incident=\w+)?|api/v2/.*|feed\.\w+|maintenance\.ics|components/[\w-]+/feed\.\w+)?"
    )
    for path, html in trouble.items():
        for address in re.findall(r'href="(/[^"#]*)', html) if path.endswith(".html") else ():
            known = address.lstrip("/") in trouble or f"{address.lstrip('/')}.html" in trouble
            assert known or elsewhere.fullmatch(address), f"{path} links to {address}"


def test_live_revision_follows_the_main_part() -> None:
    calm, trouble = render(sample.calm()), render(sample.trouble())
    revisions = [json.loads(pages["live.json"])["revision"] for pages in (calm, trouble)]
    assert revisions[0] != revisions[1]
    assert f'data-revision="{revisions[1]}"' in trouble["index.html"]


def test_title_and_icon_carry_the_state(trouble: Pages) -> None:
    head = trouble["index.html"].split("</head>")[0]
    assert "<title>Major outage: SIP trunk A · Larkwing</title>" in head
    assert "icon-major_outage." in head


def test_first_load_is_small(trouble: Pages) -> None:
    html = trouble["index.html"]
    loaded = [html, *(trouble[address] for address in set(re.findall(r'"/(static/[^"]+)"', html)))]
    assert sum(len(gzip.compress(each.encode())) for each in loaded) < 20_000


def test_fifty_components_stay_light() -> None:
    snapshot = sample.trouble()
    many = tuple(
        replace(snapshot.components[n % 12], id=f"c{n:0>11}", slug=f"component-{n}", name=f"Component {n}")
        for n in range(50)
    )
    html = render(replace(snapshot, components=many))["index.html"]
    assert len(gzip.compress(html.encode())) < 15_000


def test_reopened_past_due_is_not_promised_twice() -> None:
    resolved = replace(
        sample.CALLS_FAIL,
        status=IncidentStatus.RESOLVED,
        resolved_at=sample.NOW,
        next_update_due_at=None,
        priority=Priority.P1,
    )
    text = words_of(render(sample.snapshot((resolved,)))["incidents/i000000open1.html"])
    assert "Next update" not in text
    assert "after 32 min" in text


def test_yesterdays_start_names_its_day() -> None:
    old = replace(sample.CALLS_FAIL, started_at=sample.NOW - timedelta(days=1))
    assert "Since 15 Nov, 14:34 CET" in words_of(render(sample.snapshot((old,)))["index.html"])
