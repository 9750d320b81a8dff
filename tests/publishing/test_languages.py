"""The page in several languages: every path, nothing left in English, links that stay in their language."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from datetime import date
from functools import cache

import feedparser
import pytest
from icalendar import Calendar

from statuspage.domain.periods import Period
from statuspage.publishing.site import render_site
from statuspage.publishing.snapshot import Snapshot
from statuspage.publishing.wording import words_of
from statuspage.translations.catalogues import Untranslated
from tests.publishing import sample

LANGUAGES = ("en", "nl", "de", "fr", "es", "it")


@cache
def site(name: str) -> dict[str, bytes]:
    """A sample page in all languages; a text without a translation is an error."""
    snapshot: Snapshot = getattr(sample, name)()
    with warnings.catch_warnings():
        warnings.simplefilter("error", Untranslated)
        return dict(render_site(replace(snapshot, page=replace(snapshot.page, languages=LANGUAGES))))


@pytest.mark.parametrize("name", ["calm", "trouble", "working"])
def test_every_language_has_every_page(name: str) -> None:
    files = site(name)
    plain = {
        path
        for path in files
        if path.endswith((".html", ".atom", ".rss", ".ics"))
        and path[:3] not in {f"{language}/" for language in LANGUAGES}
    }
    for language in LANGUAGES[1:]:
        assert {path.removeprefix(f"{language}/") for path in files if path.startswith(f"{language}/")} >= plain


def test_page_speaks_its_language() -> None:
    german = site("trouble")["de/index.html"].decode()
    assert '<html lang="de">' in german
    assert "Nächstes Update bis" in german
    assert "Next update by" not in german
    assert "Komponenten" in german
    assert "November" in site("trouble")["fr/history.html"].decode().replace("novembre", "November")


def test_shipped_policy_speaks_each_language() -> None:
    german, dutch = (site("trouble")[f"{language}/sla.html"].decode() for language in ("de", "nl"))
    assert "P1 Kritisch" in german
    assert "Der Dienst ist für die meisten unbenutzbar" in german
    assert "P1 Kritiek" in dutch
    assert "P1 Critical" in site("trouble")["sla.html"].decode()


def test_numbers_follow_the_language() -> None:
    pages = {language: site("trouble")[f"{language}/sla.html"].decode() for language in ("de", "nl", "fr")}
    assert "99,90\N{NO-BREAK SPACE}%" in pages["de"]
    assert "99,90%" in pages["nl"]
    assert re.search(r"99,90\s%", pages["fr"])
    for language in LANGUAGES[1:]:
        index = site("trouble")[f"{language}/index.html"].decode()
        assert re.findall(r">\d+\.\d+\s?%", index) == []


def test_french_marks_keep_to_their_words() -> None:
    for path, content in site("trouble").items():
        if path.startswith("fr/") and path.endswith("index.html"):
            assert "Panne majeure\N{NO-BREAK SPACE}: SIP trunk A" in content.decode()


def test_periods_are_named() -> None:
    spanish, english = words_of("es", sample.ZONE), words_of("en", sample.ZONE)
    month, quarter = Period(date(2026, 11, 1)), Period(date(2026, 10, 1), "quarter")
    assert spanish.sentence(spanish.period(month)) == "Noviembre de 2026"
    assert (spanish.period(quarter), english.period(quarter)) == ("T4 2026", "Q4 2026")
    assert (spanish.number(43_200), english.number(43_200)) == ("43.200", "43,200")


def test_alternates_name_each_other() -> None:
    incident = next(path for path in site("trouble") if path.startswith("incidents/"))
    address = f"/{incident.removesuffix('.html')}"
    for path in (incident, f"nl/{incident}"):
        html = site("trouble")[path].decode()
        found = dict(
            re.findall(r'rel="alternate" hreflang="([\w-]+)" href="https://status\.larkwing\.example([^"]*)"', html)
        )
        assert found == {"x-default": address, "en": address} | {each: f"/{each}{address}" for each in LANGUAGES[1:]}


def test_links_stay_in_their_language() -> None:
    for path, content in site("trouble").items():
        if not (path.startswith("nl/") and path.endswith(".html")):
            continue
        links = re.findall(r'<a [^>]*href="(/[^"]*)"(?![^>]*hreflang)', content.decode())
        strays = [link for link in links if not link.startswith(("/nl", "/api/"))]
        assert strays == [], path


def test_feeds_and_calendar_are_told_alike() -> None:
    feed = feedparser.parse(site("working")["nl/feed.atom"])
    assert feed.feed.language == "nl"
    assert feed.feed.links[0].href.startswith("https://status.larkwing.example/nl/")
    english = feedparser.parse(site("working")["feed.atom"])
    assert [entry.id for entry in feed.entries] == [entry.id for entry in english.entries]
    assert any("onderhoud" in entry.title.lower() for entry in feed.entries)
    name = str(Calendar.from_ical(site("working")["nl/maintenance.ics"])["X-WR-CALNAME"])
    assert name.endswith("onderhoud")
