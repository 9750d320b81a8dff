"""The whole path with the real parts: an operator's form, the files, the feeds, and the mail that arrives.

One page runs as `python app.py` for all of it; what fails on the way is made to fail for real.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import httpx2 as httpx
import pytest

from statuspage import subscribers
from statuspage.changes import open_installation, site_change
from statuspage.components import add_component
from statuspage.drafts import ComponentDraft, SubscriberDraft
from statuspage.settings import Settings
from tests.mail import MailServer, Received, running_mail_server
from tests.running import RunningPage, running_page, wait_until

PASSWORD = "a long enough password"
READER = "reader@example.org"


@dataclass
class Site:
    """A running page with a mail server, an administrator's browser, and its instance folder."""

    page: RunningPage
    mail: MailServer
    browser: httpx.Client
    folder: Path

    def post_form(self, path: str, form_at: str, **fields: Any) -> httpx.Response:
        """Fill the form that stands at `form_at` and send it to `path`."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.browser.get(form_at).text)
        assert token, f"no form at {form_at}"
        return self.browser.post(path, data={"csrf_token": token[1], **fields})

    def post_incident(self, title: str, **fields: Any) -> httpx.Response:
        values = {
            "title": title,
            "priority": "P1",
            "status": "investigating",
            "body": "We are looking into it.",
            "components.voice": "major_outage",
            "cause": "own",
            "notify": "yes",
            **fields,
        }
        return self.post_form("/admin/incidents", "/admin/incidents/new", **values)

    def published(self, path: str) -> str:
        return (self.folder / "public" / path).read_text(encoding="utf-8")

    def waiting_deliveries(self) -> list[int]:
        """Ids of the deliveries that were refused and are due again later."""
        with closing(sqlite3.connect(self.folder / "statuspage.db", timeout=10)) as database:
            waiting = "SELECT id FROM delivery WHERE state = 'due' AND attempts > 0 AND lease_until IS NULL"
            return [row[0] for row in database.execute(waiting)]

    def mails_about(self, title: str) -> list[Received]:
        """What the reader got; a P1 alarms the administrator too."""
        mails = [mail for mail in self.mail.mails() if mail.recipient == READER]
        return [mail for mail in mails if title in str(mail.message["Subject"])]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("story") / "instance"
    with (
        running_mail_server(tmp_path_factory.mktemp("story-mails")) as mail,
        running_page(folder, MAIL_SERVER="127.0.0.1", MAIL_PORT=str(mail.port)) as page,
    ):
        link = page.process.stdout.readline()  # type: ignore[union-attr]
        path = re.search(r"(/admin/setup/\S+)", link)
        assert path, link
        with httpx.Client(base_url=page.url, follow_redirects=True, timeout=30) as browser:
            site = Site(page, mail, browser, folder)
            answer = site.post_form(path[1], path[1], email="ada@example.com", password=PASSWORD)
            assert answer.status_code == 200
            add_voice_and_a_reader(folder)
            yield site


def add_voice_and_a_reader(folder: Path) -> None:
    """A component and a confirmed subscriber, by another process, as a command would."""
    installation = open_installation(Settings(statuspage_instance=folder))
    now = datetime.now(UTC)
    with site_change(installation, now, author="test") as change:
        add_component(change.session, ComponentDraft(name="Voice"), author="test", now=now)
        draft = SubscriberDraft(email=READER)
        subscribers.add_confirmed(change.session, draft, source="test", now=now)
    installation.database.dispose()


@pytest.fixture(autouse=True)
def well(site: Site) -> Iterator[None]:
    """Every test begins and ends with a mail server that behaves."""
    site.mail.behave()
    yield
    site.mail.behave()


def test_form_reaches_files_feeds_and_mail(site: Site) -> None:
    answer = site.post_incident("Calls fail")
    incident_id = str(answer.url).rsplit("/", 1)[-1]
    assert "Published" in answer.text
    assert "Next update due" in answer.text
    front, api = site.published("index.html"), json.loads(site.published("api/v2/summary.json"))
    assert "Calls fail" in front
    assert "Next update by" in front
    assert api["incidents"][0]["id"] == incident_id
    assert api["components"][0]["status"] == "major_outage"
    entry = feedparser.parse(site.published("feed.atom")).entries[0]
    assert entry.title == "[P1 Investigating] Calls fail"
    assert wait_until(lambda: site.mails_about("Calls fail"))
    (mail,) = site.mails_about("Calls fail")
    assert mail.recipient == "reader@example.org"
    assert mail.message["Subject"] == "[P1 Investigating] Calls fail"
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"/incidents/{incident_id}" in mail.text


def test_updates_of_one_incident_thread(site: Site) -> None:
    path = str(site.post_incident("Texts are late").url)
    site.post_form(f"{path}/updates", path, status="resolved", body="All sent.", notify="yes")
    assert wait_until(lambda: len(site.mails_about("Texts are late")) == 2)
    first, second = site.mails_about("Texts are late")
    assert second.message["In-Reply-To"] in (first.message["References"] or "") + first.message["Message-ID"]
    assert "Resolved" in second.message["Subject"]
    summary = json.loads(site.published("api/v2/incidents.json"))
    assert next(i for i in summary["incidents"] if i["name"] == "Texts are late")["status"] == "resolved"


def test_update_appears_before_any_mail(site: Site) -> None:
    site.mail.behave("slow 3")
    site.post_incident("Voicemail is down")
    assert "Voicemail is down" in site.published("index.html")
    assert site.mails_about("Voicemail is down") == []
    assert wait_until(lambda: site.mails_about("Voicemail is down"))


def test_refused_form_keeps_what_was_typed(site: Site) -> None:
    before = site.published("api/v2/incidents.json")
    answer = site.post_incident("", body="A long text that must not be lost")
    assert answer.status_code == 422
    assert "A long text that must not be lost" in answer.text
    assert 'href="#title"' in answer.text
    assert site.published("api/v2/incidents.json") == before


def test_refusing_mail_server_loses_no_mail(site: Site) -> None:
    site.mail.behave("mail4xx")
    site.post_incident("Numbers cannot be ported")
    assert "Numbers cannot be ported" in site.published("index.html")
    with httpx.Client(base_url=site.page.url) as visitor:
        assert visitor.get("/").status_code == 200
    assert wait_until(lambda: site.waiting_deliveries())
    assert site.mails_about("Numbers cannot be ported") == []
    site.mail.behave()
    for delivery in site.waiting_deliveries():
        site.post_form("/admin/deliveries/retry", "/admin/incidents/new", id=delivery)
    assert wait_until(lambda: site.mails_about("Numbers cannot be ported"))


def test_killed_worker_comes_back_and_sends(site: Site) -> None:
    site.mail.behave("slow 2")
    site.post_incident("Fax is slow")
    for child in site.page.children():
        if b"worker" in Path(f"/proc/{child}/cmdline").read_bytes():
            os.kill(child, signal.SIGKILL)
    site.mail.behave()
    assert wait_until(lambda: site.mails_about("Fax is slow"), seconds=60)
    assert len({mail.message["Message-ID"] for mail in site.mails_about("Fax is slow")}) == 1
