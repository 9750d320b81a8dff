"""Everything that is published, in several languages, against the tools of its format."""

from __future__ import annotations

import json
from typing import Any

import feedparser
import html5lib
import jsonschema
import pytest
from icalendar import Calendar
from lxml import etree

from tests.publishing.test_languages import site

SAMPLES = ("calm", "trouble", "working")
SPOKEN = ("", "nl/", "de/", "fr/", "es/", "it/")
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$"}
MAYBE_TIME = {"anyOf": [TIME, {"type": "null"}]}
TEXT = {"type": "string", "minLength": 1}
MAYBE_TEXT = {"type": ["string", "null"]}
STATUS = {"enum": ["operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"]}


def shape(**members: Any) -> dict[str, Any]:
    """An object with at least these members."""
    return {"type": "object", "properties": members, "required": list(members)}


def many(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


PAGE = shape(id=TEXT, name=TEXT, url=TEXT, time_zone=TEXT, updated_at=TIME)
STATE = shape(indicator={"enum": ["none", "minor", "major", "critical", "maintenance"]}, description=TEXT)
COMPONENT = shape(id=TEXT, name=TEXT, status=STATUS, created_at=TIME, updated_at=TIME, group={"type": "boolean"})
AFFECTED = shape(code=TEXT, name=TEXT, old_status=STATUS, new_status=STATUS)
UPDATE = shape(
    id=TEXT,
    status=TEXT,
    body=TEXT,
    incident_id=TEXT,
    created_at=TIME,
    updated_at=TIME,
    display_at=TIME,
    affected_components={"anyOf": [many(AFFECTED), {"type": "null"}]},
)
EVENT = shape(
    id=TEXT,
    name=TEXT,
    status=TEXT,
    created_at=TIME,
    updated_at=TIME,
    monitoring_at=MAYBE_TIME,
    resolved_at=MAYBE_TIME,
    impact={"enum": ["none", "minor", "major", "critical", "maintenance"]},
    shortlink=TEXT,
    started_at=TIME,
    page_id=TEXT,
    incident_updates=many(UPDATE),
    components=many(COMPONENT),
)
WORK = {"allOf": [EVENT, shape(scheduled_for=TIME, scheduled_until=TIME)]}
V2 = {
    "summary": shape(
        page=PAGE, status=STATE, components=many(COMPONENT), incidents=many(EVENT), scheduled_maintenances=many(WORK)
    ),
    "status": shape(page=PAGE, status=STATE),
    "components": shape(page=PAGE, components=many(COMPONENT)),
    "incidents": shape(page=PAGE, incidents=many(EVENT)),
    "incidents/unresolved": shape(page=PAGE, incidents=many(EVENT)),
    "scheduled-maintenances": shape(page=PAGE, scheduled_maintenances=many(WORK)),
    "scheduled-maintenances/upcoming": shape(page=PAGE, scheduled_maintenances=many(WORK)),
    "scheduled-maintenances/active": shape(page=PAGE, scheduled_maintenances=many(WORK)),
}
JSON_FEED = shape(
    version={"const": "https://jsonfeed.org/version/1.1"},
    title=TEXT,
    home_page_url=TEXT,
    feed_url=TEXT,
    language=TEXT,
    items=many(shape(id=TEXT, url=TEXT, title=TEXT, content_html=TEXT, content_text=TEXT, date_published=TEXT)),
)


def of_language(name: str, folder: str) -> dict[str, bytes]:
    """The files of one language, by their paths without its folder."""
    files = site(name)
    others = tuple(f"{code}/" for code in ("nl", "de", "fr", "es", "it"))
    if not folder:
        return {path: content for path, content in files.items() if not path.startswith(others)}
    return {path.removeprefix(folder): content for path, content in files.items() if path.startswith(folder)}


@pytest.mark.parametrize("folder", SPOKEN)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_page_is_valid_html(name: str, folder: str) -> None:
    pages = {path: content for path, content in of_language(name, folder).items() if path.endswith(".html")}
    assert {"index.html", "404.html", "sla.html", "uptime.html", "notices.html", "embed.html"} <= pages.keys()
    for path, content in pages.items():
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(content.decode())
        ids = [each.get("id") for each in tree.iter() if each.get("id")]
        assert len(ids) == len(set(ids)), (path, sorted(each for each in ids if ids.count(each) > 1))
        assert tree.get("lang") == (folder[:-1] or "en"), path


@pytest.mark.parametrize("folder", SPOKEN)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_feed_is_valid(name: str, folder: str) -> None:
    feeds = {p: c for p, c in of_language(name, folder).items() if p.endswith((".atom", ".rss"))}
    assert {"feed.atom", "feed.rss", "history.atom", "history.rss"} <= feeds.keys()
    for path, content in feeds.items():
        parsed = feedparser.parse(content)
        assert parsed.bozo is False, (path, parsed.get("bozo_exception"))
        root = etree.fromstring(content)
        needed = ("id", "title", "updated") if path.endswith(".atom") else ("title", "link", "description")
        space = "{http://www.w3.org/2005/Atom}" if path.endswith(".atom") else ""
        parent = root if space else root.find("channel")
        assert parent is not None
        assert all(parent.findtext(f"{space}{each}") for each in needed), path
        entries = parent.findall(f"{space}entry" if space else "item")
        assert len({entry.id for entry in parsed.entries}) == len(entries) == len(parsed.entries), path
        for entry in entries:
            wanted = ("id", "title", "updated") if space else ("guid", "title", "pubDate", "link")
            assert all(entry.findtext(f"{space}{each}") for each in wanted), path


@pytest.mark.parametrize("folder", SPOKEN)
@pytest.mark.parametrize("name", SAMPLES)
def test_calendar_is_valid(name: str, folder: str) -> None:
    content = of_language(name, folder)["maintenance.ics"]
    assert all(len(line) <= 75 for line in content.split(b"\r\n")), "RFC 5545, 3.1"
    calendar = Calendar.from_ical(content)
    assert (calendar["VERSION"], calendar.errors) == ("2.0", [])
    for event in calendar.walk("VEVENT"):
        assert event.errors == []
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY"} <= set(event)
    assert len({str(event["UID"]) for event in calendar.walk("VEVENT")}) == len(calendar.walk("VEVENT"))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_kind_of_file_is_checked(name: str) -> None:
    """Whatever is published is of a kind that a test here reads with its format's own tools."""
    for path, content in of_language(name, "").items():
        if path.startswith(("static/", "favicon.ico")):
            continue  # no words in them, the same for everybody
        match path.rpartition(".")[2]:
            case "svg":
                root = etree.fromstring(content)
                assert root.tag == "{http://www.w3.org/2000/svg}svg", path
                assert root.findtext("{http://www.w3.org/2000/svg}title"), path
            case "xml":
                root = etree.fromstring(content)
                places = root.findall("{*}url/{*}loc")
                assert root.tag == "{http://www.sitemaps.org/schemas/sitemap/0.9}urlset"
                assert len({each.text for each in places}) == len(places) > 0
            case "json":
                json.loads(content)
            case "txt":
                assert content.endswith(b"\n"), path
                assert content.decode()
            case kind:
                assert kind in ("html", "atom", "rss", "ics"), path


@pytest.mark.parametrize("name", SAMPLES)
def test_json_keeps_its_shape(name: str) -> None:
    files = of_language(name, "")
    for endpoint, schema in V2.items():
        jsonschema.Draft202012Validator(schema).validate(json.loads(files[f"api/v2/{endpoint}.json"]))
    for path in files:
        if path.startswith("api/v2/incidents/i"):
            jsonschema.Draft202012Validator(shape(page=PAGE, incident=EVENT)).validate(json.loads(files[path]))
    for folder in SPOKEN:
        feed = json.loads(of_language(name, folder)["feed.json"])
        jsonschema.Draft202012Validator(JSON_FEED).validate(feed)
        assert feed["language"] == (folder[:-1] or "en")
