"""Feeds that readers can parse, with entries that keep their ids."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import feedparser
import pytest
from lxml import etree

from statuspage.publishing.entries import Telling
from statuspage.publishing.feeds import render_feeds
from statuspage.publishing.snapshot import Snapshot, Touched
from tests.publishing import sample
from tests.publishing.conftest import Operator

UGLY = [
    "<script>alert('x')</script> & <b>bold</b>",
    "]]> closes nothing &amp; &#1;",
    "Emoji 🔥👩‍💻 and שלום ‮ right to left",
    "a control \x0b character",
]


def feeds(snapshot: Snapshot) -> dict[str, bytes]:
    return dict(render_feeds(snapshot))


@pytest.mark.parametrize("snapshot", [sample.calm(), sample.trouble(), sample.working()], ids=["calm", "P1", "work"])
def test_every_feed_parses(snapshot: Snapshot) -> None:
    for path, content in feeds(snapshot).items():
        if not path.endswith(".json"):
            parsed = feedparser.parse(content)
            assert parsed.bozo is False, (path, parsed.get("bozo_exception"))
            assert parsed.feed.title
            assert len({entry.id for entry in parsed.entries}) == len(parsed.entries)


@pytest.mark.parametrize("title", UGLY)
def test_ugly_titles_come_through(title: str) -> None:
    snapshot = sample.trouble()
    incident = replace(snapshot.incidents[0], title=title)
    made = feeds(replace(snapshot, incidents=(incident, *snapshot.incidents[1:])))
    wanted = title.replace("\x0b", "")
    for path in ("feed.atom", "feed.rss", "history.atom", "history.rss"):
        assert feedparser.parse(made[path]).bozo is False
        titles = etree.fromstring(made[path]).xpath("//*[local-name()='title']/text()")
        assert any(found.endswith(wanted) for found in titles)
    assert any(item["title"].endswith(wanted) for item in json.loads(made["feed.json"])["items"])


def test_entry_says_priority_state_and_what() -> None:
    entry = feedparser.parse(feeds(sample.trouble())["feed.atom"]).entries[0]
    assert entry.title == "[P1 Identified] Outgoing calls to Dutch mobile numbers fail"
    assert entry.link == "https://status.larkwing.example/incidents/i000000open1#u00000000o13"
    assert "Next update by 16 November 2026, 14:45 CET." in entry.content[0].value
    assert [tag.term for tag in entry.tags] == ["SIP trunk A", "Call recording"]


def test_newest_update_comes_first() -> None:
    for path in ("feed.atom", "feed.rss"):
        times = [entry.published_parsed for entry in feedparser.parse(feeds(sample.trouble())[path]).entries]
        assert times == sorted(times, reverse=True)


def test_ids_outlive_a_change_of_host() -> None:
    here = sample.trouble()
    there = replace(here, page=replace(here.page, url="https://other.example"))
    for path in ("feed.atom", "history.atom", "feed.rss"):
        ids = [[entry.id for entry in feedparser.parse(feeds(s)[path]).entries] for s in (here, there)]
        assert ids[0] == ids[1]


def test_update_adds_an_entry_and_moves_the_event(operator: Operator, load: Callable[..., Snapshot]) -> None:
    incident = operator.open()
    first = feeds(load())
    operator.update(incident, status="identified")
    second = feeds(load())
    before, after = (feedparser.parse(each["feed.atom"]).entries for each in (first, second))
    assert [entry.id for entry in after[1:]] == [entry.id for entry in before]
    before, after = (feedparser.parse(each["history.atom"]).entries for each in (first, second))
    assert [entry.id for entry in before] == [entry.id for entry in after]
    assert after[0].updated_parsed > before[0].updated_parsed
    assert after[0].published_parsed == before[0].published_parsed


def test_history_has_the_shape_of_statuspage() -> None:
    root = etree.fromstring(feeds(sample.trouble())["history.atom"])
    spaces = {"a": "http://www.w3.org/2005/Atom"}
    assert root.findtext("a:title", namespaces=spaces) == "Larkwing Status - Incident History"
    assert root.findtext("a:id", namespaces=spaces) == "tag:lark00000001,2005:/history"
    assert {link.get("rel") for link in root.findall("a:link", spaces)} == {"self", "alternate"}
    entry = next(e for e in root.findall("a:entry", spaces) if "calls" in e.findtext("a:title", namespaces=spaces))
    assert entry.findtext("a:id", namespaces=spaces).startswith("tag:lark00000001,2005:Incident/")
    paragraphs = entry.findtext("a:content", namespaces=spaces).splitlines()
    assert paragraphs[-1].startswith(
        "<p><small>Nov <var data-var='date'>16</var>, <var data-var='time'>14:04</var> CET</small><br />"
        "<strong>Investigating</strong> - "
    )
    assert "<strong>Update</strong> - " in paragraphs[-2]
    assert "<strong>Identified</strong> - " in paragraphs[0]


def test_maintenance_in_rss_tells_its_window() -> None:
    snapshot = sample.calm()
    channel = etree.fromstring(feeds(snapshot)["history.rss"]).find("channel")
    assert channel.findtext("description") == "Statuspage"
    planned, done = (channel.xpath(f"item[title='{m.title}']")[0] for m in snapshot.maintenances[:2])
    assert planned.findtext("description").startswith(
        "<p><strong>THIS IS A SCHEDULED EVENT Nov 24, 02:00 - 04:30 CET"
    )
    window = snapshot.maintenances[0]
    assert parsedate_to_datetime(planned.findtext("pubDate")) == window.starts_at
    assert parsedate_to_datetime(planned.findtext("maintenanceEndDate")) == window.ends_at.astimezone(UTC)
    assert parsedate_to_datetime(done.findtext("pubDate")) == snapshot.maintenances[1].updates[0].posted_at
    incident = channel.xpath(f"item[title='{snapshot.incidents[0].title}']")[0]
    assert incident.find("maintenanceEndDate") is None
    assert incident.findtext("guid") == incident.findtext("link")


def test_component_feed_tells_of_it_alone() -> None:
    made = feeds(sample.trouble())
    entries = feedparser.parse(made["components/sip-trunk-b/feed.atom"]).entries
    assert len(entries) == 4
    assert all("SIP trunk B" in [tag.term for tag in entry.tags] for entry in entries)


def test_only_touched_components_get_feeds() -> None:
    snapshot = replace(sample.trouble(), touched=Touched(components=frozenset(["api"]), named=frozenset(["api"])))
    assert [path for path in feeds(snapshot) if path.startswith("components/")] == [
        "components/api/feed.atom",
        "components/api/feed.rss",
    ]


def test_json_feed_is_version_one_dot_one() -> None:
    feed = json.loads(feeds(sample.trouble())["feed.json"])
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://status.larkwing.example/feed.json"
    assert {"id", "url", "title", "content_html", "content_text", "date_published"} <= set(feed["items"][0])


def test_feed_holds_the_hundred_newest() -> None:
    snapshot = sample.trouble()
    incident = snapshot.incidents[0]
    update = incident.updates[0]
    many = tuple(
        replace(update, id=f"many{n:08}", posted_at=update.posted_at - timedelta(minutes=n)) for n in range(120)
    )
    entries = Telling(replace(snapshot, incidents=(replace(incident, updates=many),))).of_updates()
    assert len(entries) == 100
    assert entries[0].url.endswith("#many00000000")


def test_feeds_of_an_empty_page_are_valid() -> None:
    empty = replace(sample.calm(), incidents=(), maintenances=())
    for path, content in feeds(empty).items():
        assert path.endswith(".json") or feedparser.parse(content).bozo is False
