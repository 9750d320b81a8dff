"""The public pages: what they say, that they are valid, alike each time, safe and small."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from statuspage.domain.vocabulary import ComponentStatus, IncidentStatus, Priority
from statuspage.publishing.markup import html_of, text_of
from statuspage.publishing.pages import render_pages
from statuspage.publishing.snapshot import Snapshot, Touched
from tests.publishing import sample
from tests.publishing.rendering import Pages, parse, render, words_of

SCRIPT = "<script>alert(1)</script>"


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


def test_banner_admits_what_is_not_measured_now() -> None:
    snapshot = sample.calm()
    dark = [replace(each, status=ComponentStatus.UNKNOWN) for each in snapshot.components]
    one = replace(snapshot, components=(dark[0], *snapshot.components[1:]))
    name = dark[0].name
    banner = words_of(render(one)["index.html"])
    assert banner.startswith("All measured systems operational")
    assert f" Unknown: {name} " in banner
    banner = words_of(render(replace(snapshot, components=tuple(dark)))["index.html"])
    assert banner.startswith("Nothing is measured at the moment")


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
