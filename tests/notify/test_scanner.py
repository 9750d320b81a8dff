"""A mail scanner follows every link of every mail that people get, and nothing changes by it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from sqlalchemy import select

from statuspage import invitations, maintenance, notices, subscribers
from statuspage.changes import Installation, site_change
from statuspage.db import Base
from statuspage.domain.vocabulary import Role
from statuspage.drafts import MaintenanceDraft, SubscriberDraft, read_draft
from statuspage.notice_drafts import NoticeDraft
from statuspage.notify.kinds import digests
from tests.mail import Received
from tests.notify.conftest import Deliver, OpenIncident, PostUpdate, Subscribe

_LINK = re.compile(r"https://status\.example\.com(/[^\s\"'<>]*)")
WINDOW = {"starts_at": "2026-12-06T04:00Z", "ends_at": "2026-12-06T05:00Z"}


def links_of(mail: Received) -> set[str]:
    """The paths of all links, the header's too; without what follows #, which stays in the browser."""
    said = f"{mail.text} {mail.html} {mail.message['List-Unsubscribe'] or ''}"
    return {urlsplit(path).path for path in _LINK.findall(said)}


def stored(installation: Installation) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with installation.database.read() as session:
        tables = Base.metadata.sorted_tables
        return {table.name: sorted(map(tuple, session.execute(select(table))), key=repr) for table in tables}


def test_following_every_link_changes_nothing(
    page: None,
    client: FlaskClient,
    deliver: Deliver,
    subscribe: Subscribe,
    open_incident: OpenIncident,
    post_update: PostUpdate,
    installation: Installation,
    now: datetime,
) -> None:
    subscribe("dora@example.com", frequency="daily")
    with installation.database.write() as session:
        for address in ("new@example.com", "dora@example.com"):
            draft = SubscriberDraft.model_validate({"email": address})
            subscribers.subscribe(session, draft, source="form", now=now)
        invitations.invite(session, "bob@example.com", Role.RESPONDER, by="anna@example.com", now=now)
        news = NoticeDraft(title="We are moving", body="See [where to](/notices).", notify=True)
        notices.post_notice(session, news, author="Anna", now=now, kind="notice")
    with site_change(installation, now, author="Anna") as change:
        work = {"title": "New disks", "body": "We swap disks.", "kind": "scheduled", "components": ["portal"]}
        plan = read_draft(MaintenanceDraft, {**work, **WINDOW})
        maintenance.schedule(change.session, plan, policy=change.policy, author="Anna", now=now)
    incident = open_incident(portal="major_outage")
    post_update(incident, at=5, status="resolved")
    morning = now + timedelta(hours=21)
    deliver(now + timedelta(minutes=5))
    with installation.database.write() as session:
        assert digests.owe_due(session, now=morning) >= 1
    mails = deliver(morning)
    kinds = {mail.message["Message-ID"].lstrip("<").partition("-")[0] for mail in mails}
    assert kinds >= {"confirmation", "already", "invitation", "digest"}
    links = set().union(*map(links_of, mails))
    assert {path.split("/")[1] for path in links} >= {"confirm", "manage", "unsubscribe", "incidents", "admin"}
    before = stored(installation)
    for path in sorted(links):
        for method in ("HEAD", "GET", "OPTIONS"):
            assert client.open(path, method=method).status_code < 500
    assert stored(installation) == before
