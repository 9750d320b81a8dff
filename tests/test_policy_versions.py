"""Versions of the policy: kept, readable, and a new one announced on the page, in the feeds and by mail, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import func, select

from statuspage import customers, policy_versions, subscribers, worker
from statuspage.changes import Installation
from statuspage.components import load_page
from statuspage.customer_drafts import ContactDraft, CustomerDraft
from statuspage.domain.sla.policy import Policy, PolicyBook, load_policy, override
from statuspage.drafts import SubscriberDraft, read_draft
from statuspage.models import Delivery, Notice, Page, PolicyVersion
from statuspage.notify import outbox
from statuspage.notify.composing import Composer
from statuspage.notify.letterhead import load_letterhead
from statuspage.publishing.site import Publisher

OLD = override(load_policy("cm-com"), {"version": "1.0", "effective_from": date(2024, 1, 1)})
NEW = override(OLD, {"version": "2.0", "effective_from": date(2027, 1, 1), "maintenance.scheduled_lead": "7d"})


def run_under(installation: Installation, *versions: Policy) -> Installation:
    """The installation as it starts with these versions."""
    book = PolicyBook(versions)
    publisher = Publisher(installation.publisher.folder, installation.database, book, "https://status.example.com")
    return replace(installation, policies=book, publisher=publisher)


def notices_of(installation: Installation) -> list[Notice]:
    with installation.database.read() as session:
        return list(session.scalars(select(Notice).order_by(Notice.posted_at)))


@pytest.fixture
def known(installation: Installation, now: datetime) -> Installation:
    """An installation that has seen version 1.0, with two subscribers to everything and one to incidents alone."""
    with installation.database.write() as session:
        for address, kinds in (
            ("ann@example.com", ["incident", "sla"]),
            ("bob@example.com", ["sla"]),
            ("cleo@example.com", ["incident"]),
        ):
            draft = SubscriberDraft(email=address, kinds=kinds)
            subscribers.add_confirmed(session, draft, source="test", now=now)
    running = run_under(installation, OLD)
    worker.announce_policy(running, now)
    return running


def public(installation: Installation, path: str) -> str:
    return Path(installation.publisher.folder, path).read_text("utf-8")


def test_first_version_is_not_announced(known: Installation) -> None:
    assert notices_of(known) == []
    with known.database.read() as session:
        assert session.scalars(select(PolicyVersion.version)).all() == ["1.0"]


def test_new_version_is_announced_once(known: Installation, now: datetime) -> None:
    running = run_under(known, OLD, NEW)
    with running.database.write() as session:
        session.get_one(Page, 1).languages = ["en", "nl"]
    worker.announce_policy(running, now)
    worker.announce_policy(running, now + timedelta(minutes=1))

    (notice,) = notices_of(running)
    assert notice.title == "Our service levels change on 1 January 2027"
    assert notice.ends_at is not None
    assert notice.ends_at > datetime(2027, 1, 29, tzinfo=now.tzinfo)
    front, feed = public(running, "index.html"), public(running, "feed.atom")
    assert notice.title in front
    assert f"[SLA change] {notice.title}" in feed
    assert "https://status.example.com/sla/2027-01-01" in feed
    assert "Ons serviceniveau verandert op 1 januari 2027" in public(running, "nl/index.html")
    assert "https://status.example.com/nl/sla/2027-01-01" in public(running, "nl/feed.atom")


def test_new_version_is_mailed_to_who_chose_it(known: Installation, now: datetime) -> None:
    running = run_under(known, OLD, NEW)
    worker.announce_policy(running, now)

    with running.database.write() as session:
        rows = outbox.claim(session, now=now, limit=10)
        composed = Composer(load_letterhead(session, running.settings), NEW).compose(session, rows, now)
    mails = [message_from_bytes(mail.data, policy=policy.default) for mail in composed.messages]
    assert sorted(mail["To"] for mail in mails) == ["ann@example.com", "bob@example.com"]
    assert mails[0]["Subject"] == "[SLA change] Our service levels change on 1 January 2027"
    assert "https://status.example.com/sla/2027-01-01" in mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert mails[0]["List-Unsubscribe-Post"]


def test_new_version_is_mailed_to_contacts(known: Installation, now: datetime) -> None:
    with known.database.write() as session:
        acme = customers.add_customer(session, CustomerDraft(name="Acme"), policy=OLD, author="ada", now=now)
        for role, address in (("main", "ann@example.com"), ("backup", "carl@acme.example")):
            draft = read_draft(ContactDraft, {"role": role, "email": address})
            customers.add_contact(session, acme, draft, policy=OLD, author="ada", now=now)
    running = run_under(known, OLD, NEW)
    worker.announce_policy(running, now)

    with running.database.write() as session:
        rows = outbox.claim(session, now=now, limit=10)
        composed = Composer(load_letterhead(session, running.settings), NEW).compose(session, rows, now)
    parsed = [message_from_bytes(m.data, policy=policy.default) for m in composed.messages]
    mails = {mail["To"]: mail for mail in parsed}
    assert sorted(mails) == ["ann@example.com", "bob@example.com", "carl@acme.example"]
    assert mails["carl@acme.example"]["Subject"] == mails["bob@example.com"]["Subject"]
    assert mails["carl@acme.example"]["List-Unsubscribe"] is None


def test_other_wording_is_no_news(known: Installation, now: datetime) -> None:
    worded = override(OLD, {"page.support_hours": "Always"})
    worker.announce_policy(run_under(known, worded), now)

    assert notices_of(known) == []


def test_corrected_terms_are_kept_but_no_news(known: Installation, now: datetime) -> None:
    corrected = override(OLD, {"maintenance.scheduled_lead": "7d"})
    worker.announce_policy(run_under(known, corrected), now)

    assert notices_of(known) == []
    with known.database.read() as session:
        assert session.scalar(select(func.count()).select_from(PolicyVersion)) == 2


def test_other_page_zone_is_no_news(installation: Installation, now: datetime) -> None:
    running = run_under(installation, load_policy("standard"))
    for zone in ("UTC", "Europe/Amsterdam"):
        with running.database.write() as session:
            load_page(session).timezone = zone
        worker.announce_policy(running, now)
    assert notices_of(running) == []


def test_older_version_is_no_news(known: Installation, now: datetime) -> None:
    older = override(OLD, {"version": "0.9", "effective_from": date(2020, 1, 1)})
    worker.announce_policy(run_under(known, older, OLD), now)

    assert notices_of(known) == []
    with known.database.read() as session:
        assert session.scalar(select(func.count()).select_from(PolicyVersion)) == 1 + 1
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0


def test_every_version_stays_readable(known: Installation, now: datetime) -> None:
    running = run_under(known, OLD, NEW)
    worker.announce_policy(running, now)

    sla = public(running, "sla.html")
    assert 'href="/sla/2024-01-01"' in sla
    assert 'href="/sla/2027-01-01"' in sla
    assert "14 days before" in sla
    coming = public(running, "sla/2027-01-01.html")
    assert "7 days before" in coming
    assert "announced and not yet in force" in coming


def test_version_outlives_its_file(known: Installation, now: datetime) -> None:
    """The file was replaced by the next version instead of being put beside it."""
    later = datetime(2027, 2, 1, tzinfo=now.tzinfo)
    running = run_under(known, NEW)
    worker.announce_policy(running, later)

    assert "no longer in force" in public(running, "sla/2024-01-01.html")
    assert "14 days before" in public(running, "sla/2024-01-01.html")
    assert notices_of(running)[0].title == "Our service levels have changed"


def test_digest_ignores_order_and_defaults() -> None:
    assert policy_versions.digest_of(OLD) == policy_versions.digest_of(override(OLD, {"version": "1.0"}))
    assert policy_versions.digest_of(OLD) != policy_versions.digest_of(NEW)
