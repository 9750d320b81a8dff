"""The restore drill: a backup taken while everything runs, put back elsewhere; nothing old goes out again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from statuspage import incidents, migrations, proposals, subscribers, timed_posts, unsent, worker
from statuspage.backup import restore_backup, write_backup
from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import ensure_page
from statuspage.db import Base
from statuspage.domain.vocabulary import Role
from statuspage.drafts import IncidentDraft, SubscriberDraft, UpdateDraft, read_draft
from statuspage.models import Delivery, Incident, User
from statuspage.settings import Settings
from statuspage.timed_posts import Planner

pytestmark = pytest.mark.sqlite
HOUR = timedelta(hours=1)


@pytest.fixture
def busy(installation: Installation, add_components: Callable[..., None], now: datetime) -> str:
    """An incident with readers, something planned for an hour and for two ahead, and a form that was not sent."""
    Base.metadata.drop_all(installation.database.engine)
    migrations.upgrade(installation.database)
    with installation.database.write() as session:
        ensure_page(session, now)
    add_components("API")
    with site_change(installation, now, author="ada") as change:
        listener = SubscriberDraft(email="reader@example.com")
        subscribers.add_confirmed(change.session, listener, source="test", now=now)
        values = {"title": "Calls fail", "priority": "P2", "body": "We look."}
        draft = read_draft(IncidentDraft, values)
        row = incidents.open_incident(change.session, draft, policy=change.policy, author="ada", now=now)
        for hours in (1, 20):
            planner = Planner("ada", now + hours * HOUR, change.policy, now)
            said = UpdateDraft(body=f"In {hours} hours.")
            timed_posts.plan_update(change.session, row, said, planner)
        kept = proposals.keep(change.session, draft, policy=change.policy, author="ada", now=now)
        proposals.publish_later(change.session, kept, now + HOUR, author="ada", now=now)
        ada = User(email="ada@example.com", password="x", role=Role.ADMIN, active=True, created_at=now)
        change.session.add(ada)
        change.session.flush()
        unsent.keep_form(change.session, ada.id, "incident-new", "0" * 16, [("body", "Half a word")], now=now)
        return row.id


def test_backup_under_load_is_put_back_quietly(
    installation: Installation, busy: str, settings: Settings, now: datetime
) -> None:
    stop, posted = threading.Event(), threading.Event()

    def post() -> None:
        moment = now
        while not stop.is_set():
            moment += timedelta(seconds=1)
            with site_change(installation, moment, author="bob") as change:
                row = incidents.load_incident(change.session, busy)
                draft = UpdateDraft(body=f"News of {moment.isoformat()}.")
                incidents.post_update(change.session, row, draft, policy=change.policy, author="bob", now=moment)
            posted.set()

    poster = threading.Thread(target=post)
    poster.start()
    assert posted.wait(60)
    file = settings.instance / "backup.tar.gz"
    write_backup(installation, file, now + 2 * HOUR)
    stop.set()
    poster.join(60)

    elsewhere = settings.instance / "elsewhere"
    moved = settings.model_copy(update={"statuspage_instance": elsewhere, "database_url": None})
    other = open_installation(moved)
    later = now + 10 * HOUR
    restore_backup(other, file, later)
    with other.database.read() as session:
        assert set(session.scalars(select(Delivery.state))) == {"skipped"}
        said = len(incidents.load_incident(session, busy).updates)
        held = [(row.held_because, row.fields["body"]) for row in timed_posts.load_timed(session)]
        assert held == [(timed_posts.RESTORED, "In 1 hours."), (None, "In 20 hours.")]
        (draft,) = session.scalars(select(Incident).where(Incident.draft)).all()
        assert draft.publish_at is None
        assert [dict(row.fields)["body"] for row in unsent.load_all(session, "incident-new")] == ["Half a word"]
    worker.publish_later(other, later + timedelta(minutes=1))
    with other.database.read() as session:
        assert len(incidents.load_incident(session, busy).updates) == said
        assert session.scalars(select(Delivery.id).where(Delivery.state == "due")).all() == []
    page = other.publisher.folder / "incidents" / f"{busy}.html"
    assert ("We look." in page.read_text(), "In 1 hours." in page.read_text()) == (True, False)
    worker.publish_later(other, now + 21 * HOUR)
    assert "In 20 hours." in page.read_text()
    other.database.dispose()
