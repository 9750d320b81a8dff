"""Texts per language: on pages, in feeds and calendar, and refused where the page does not speak the language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from statuspage import notices
from statuspage.changes import Installation
from statuspage.components import change_page, load_page
from statuspage.drafts import MoveDraft, PageChange, read_draft
from statuspage.errors import Refused
from statuspage.maintenance import load_maintenance, move
from statuspage.notice_drafts import NoticeDraft
from statuspage.notify.news import load_news, spoken_news
from tests.publishing.conftest import Operator, files, operator  # noqa: F401 - fixtures

DUTCH = {"nl": {"title": "Bellen lukt niet", "body": "We **zoeken** het uit."}}
Files = Callable[[], dict[str, bytes]]


@pytest.fixture
def speaks_dutch(operator: Operator) -> Operator:  # noqa: F811
    """An operator of a page in English, Dutch and French."""
    with operator.change() as change:
        page = load_page(change.session)
        change_page(change.session, page, PageChange(languages=["en", "nl", "fr"]), now=operator.now)
        page.relaid_in = page.revision + 1
    return operator


def test_each_language_reads_its_own(speaks_dutch: Operator, files: Files) -> None:  # noqa: F811
    key = speaks_dutch.open(translations=DUTCH)
    site = {path: content.decode() for path, content in files().items() if path.endswith((".html", ".atom", ".json"))}
    assert "Bellen lukt niet" in site["nl/index.html"]
    assert "<strong>zoeken</strong>" in site[f"nl/incidents/{key}.html"]
    assert "<h1>Bellen lukt niet</h1>" in site[f"nl/incidents/{key}.html"]
    assert "Bellen lukt niet" in site["nl/feed.atom"]
    assert "Bellen" not in site["index.html"] + site["fr/index.html"] + site["api/v2/summary.json"]


def test_original_is_marked_as_such(speaks_dutch: Operator, files: Files) -> None:  # noqa: F811
    key = speaks_dutch.open(translations=DUTCH)
    speaks_dutch.update(key, status="identified")
    french = files()[f"fr/incidents/{key}.html"].decode()
    assert '<h1 lang="en">Voice: calls fail</h1>' in french
    assert french.count('<div class="prose" lang="en">') == 2
    dutch = files()[f"nl/incidents/{key}.html"].decode()
    assert dutch.count('<div class="prose" lang="en">') == 1
    assert dutch.count('<div class="prose">') == 1
    assert ' lang="en"' not in files()[f"incidents/{key}.html"].decode().split("<main")[1].split("</main>")[0]


def test_title_may_come_later(speaks_dutch: Operator, files: Files) -> None:  # noqa: F811
    key = speaks_dutch.open()
    speaks_dutch.update(key, translations={"nl": {"title": "Bellen lukt niet"}})
    assert "<h1>Bellen lukt niet</h1>" in files()[f"nl/incidents/{key}.html"].decode()


def test_work_speaks_each_language(speaks_dutch: Operator, files: Files) -> None:  # noqa: F811
    starts_at = speaks_dutch.now + timedelta(days=20)
    key = speaks_dutch.schedule(starts_at, translations={"nl": {"title": "Nieuwe firmware"}})
    speaks_dutch.advance(starts_at)
    dutch = files()[f"nl/maintenance/{key}.html"].decode()
    assert "<h1>Nieuwe firmware</h1>" in dutch
    assert "Het onderhoud is begonnen" in dutch, "the product's own words are in each language"
    assert "SUMMARY:Nieuwe firmware" in files()["nl/maintenance.ics"].decode()


def test_reason_speaks_each_language(speaks_dutch: Operator, files: Files) -> None:  # noqa: F811
    dutch = {"title": "Nieuwe schijf", "reason_text": "Een schijf begeeft het."}
    said = {"reason_text": "A disk fails.", "confirm": True, "translations": {"nl": dutch}}
    key = speaks_dutch.schedule(speaks_dutch.now + timedelta(hours=3), **said)
    page, french, calendar = (
        files()[f"{path}"].decode()
        for path in (f"nl/maintenance/{key}.html", f"fr/maintenance/{key}.html", "nl/maintenance.ics")
    )
    assert "Een schijf begeeft het." in page
    assert "A disk fails." not in page
    assert ' lang="en">A disk fails.' in french
    assert "Een schijf begeeft het." in calendar.replace("\r\n ", "")
    installation = speaks_dutch.installation
    with installation.database.read() as session:
        (update,) = load_maintenance(session, key).updates
        news = spoken_news(load_news(session, update.id, installation.policy(speaks_dutch.now)), "nl")
    assert (news.title, getattr(news, "reason_text", None)) == ("Nieuwe schijf", "Een schijf begeeft het.")
    with speaks_dutch.change() as change:
        later = read_draft(
            MoveDraft,
            {
                **window_in(speaks_dutch.now, 5),
                "body": "Later.",
                "confirm": True,
                "reason_text": "Another disk fails.",
            },
        )
        work = load_maintenance(change.session, key)
        move(change.session, work, later, policy=change.policy, author="operator", now=speaks_dutch.now)
    page = files()[f"nl/maintenance/{key}.html"].decode()
    assert "<h1>Nieuwe schijf</h1>" in page
    assert "Een schijf" not in page, "that was the reason of the window before"


def window_in(now: datetime, hours: int) -> dict[str, str]:
    start = now + timedelta(hours=hours)
    return {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}


def test_notice_is_told_in_dutch(speaks_dutch: Operator, files: Files) -> None:  # noqa: F811
    draft = read_draft(NoticeDraft, {"title": "We move", "body": "Soon.", "translations": {"nl": {"body": "Gauw."}}})
    with speaks_dutch.change() as change:
        notices.post_notice(change.session, draft, author="operator", now=speaks_dutch.now)
    dutch = files()["nl/notices.html"].decode()
    assert '<h2 lang="en">We move</h2>' in dutch
    assert "<p>Gauw.</p>" in dutch


def test_unspoken_language_is_refused(speaks_dutch: Operator) -> None:
    with pytest.raises(Refused, match="nl, fr") as caught:
        speaks_dutch.open(translations={"de": {"title": "Kein Anruf"}})
    assert [problem.field for problem in caught.value.problems] == ["translations.de"]
    with pytest.raises(Refused, match="original"):
        speaks_dutch.open(translations={"en": {"title": "No calls"}})


def test_page_speaks_known_languages(installation: Installation, operator: Operator) -> None:  # noqa: F811
    with operator.change() as change, pytest.raises(Refused, match="de, es, fr, it, nl") as caught:
        page = load_page(change.session)
        change_page(change.session, page, PageChange(languages=["en", "pt"]), now=operator.now)
    assert [problem.field for problem in caught.value.problems] == ["languages"]
