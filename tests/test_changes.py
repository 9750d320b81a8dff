"""site_change: what is true, what is public and what is owed, whatever fails on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from statuspage.changes import Installation, site_change
from statuspage.components import change_page, load_page
from statuspage.drafts import IncidentDraft, PageChange
from statuspage.errors import Refused
from statuspage.incidents import open_incident
from statuspage.models import Delivery, Incident, StatusChange, Subscriber

VOICE = IncidentDraft.model_validate(
    {"title": "Calls fail", "priority": "P1", "body": "Looking.", "components": {"voice": "major_outage"}}
)


def post(installation: Installation, now: datetime, draft: IncidentDraft = VOICE) -> str:
    with site_change(installation, now, author="ada") as change:
        incident = open_incident(change.session, draft, policy=change.policy, author="ada", now=now)
    return incident.id


def count(installation: Installation, table: type) -> int:
    with installation.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def front_page(installation: Installation) -> str:
    path = installation.settings.public_folder / "index.html"
    return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.fixture(autouse=True)
def voice(add_components: Callable[..., None]) -> None:
    add_components("Voice")


def test_change_is_public_when_the_block_ends(installation: Installation, now: datetime) -> None:
    incident_id = post(installation, now)
    assert "Calls fail" in front_page(installation)
    status = json.loads((installation.settings.public_folder / "api/v2/status.json").read_text())
    assert status["status"]["indicator"] == "critical"
    assert (installation.settings.public_folder / f"incidents/{incident_id}.html").exists()


def test_subscribers_are_counted_in_the_change(installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        for name in ("ada", "bob"):
            session.add(
                Subscriber(
                    id=name,
                    address=f"{name}@example.com",
                    address_key=f"{name}@example.com",
                    token=name,
                    created_at=now,
                    confirmed_at=now,
                )
            )
    with site_change(installation, now, author="ada") as change:
        open_incident(change.session, VOICE, policy=change.policy, author="ada", now=now)
    assert change.queued == 2
    assert count(installation, Delivery) == 2


def test_refusal_writes_nothing(installation: Installation, now: datetime) -> None:
    before = front_page(installation)
    draft = VOICE.model_copy(update={"components": {"nope": "major_outage"}})
    with pytest.raises(Refused):
        post(installation, now, draft)
    assert count(installation, Incident) == 0
    assert front_page(installation) == before


def test_error_after_the_verb_writes_nothing(installation: Installation, now: datetime) -> None:
    before = front_page(installation)
    with pytest.raises(ZeroDivisionError), site_change(installation, now, author="ada") as change:
        open_incident(change.session, VOICE, policy=change.policy, author="ada", now=now)
        1 / 0  # noqa: B018 - the crash is the point
    assert count(installation, Incident) == 0
    assert front_page(installation) == before


def test_failed_commit_publishes_nothing(installation: Installation, now: datetime) -> None:
    before = front_page(installation)
    with pytest.raises(IntegrityError), site_change(installation, now, author="ada") as change:
        open_incident(change.session, VOICE, policy=change.policy, author="ada", now=now)
        check_keys_at_commit(change.session)
        change.session.execute(
            text(
                "INSERT INTO status_change (component_id, at, status, cause, recorded_at)"
                " VALUES ('nobody', '2026-01-01', 'operational', 'own', '2026-01-01')"
            )
        )
    assert count(installation, Incident) == 0
    assert count(installation, StatusChange) == 1
    assert front_page(installation) == before


def check_keys_at_commit(session: Session) -> None:
    """From now on a row that points nowhere fails the commit, not its own statement."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA defer_foreign_keys=ON"))
    else:
        key = "status_change ALTER CONSTRAINT fk_status_change_component_id_component"
        session.execute(text(f"ALTER TABLE {key} DEFERRABLE INITIALLY DEFERRED"))


def test_failed_publish_keeps_the_change(installation: Installation, now: datetime) -> None:
    public = installation.settings.public_folder
    aside = public.with_name("aside")
    public.rename(aside)
    public.write_text("not a folder")
    with site_change(installation, now, author="ada") as change:
        open_incident(change.session, VOICE, policy=change.policy, author="ada", now=now)
    assert change.published is False
    assert change.publish_error
    public.unlink()
    aside.rename(public)
    assert "Calls fail" not in front_page(installation)
    with installation.database.read() as session:
        assert installation.publisher.is_stale(session, now)
    installation.publisher.publish(now)
    assert "Calls fail" in front_page(installation)


def test_every_change_raises_the_revision(installation: Installation, now: datetime) -> None:
    with installation.database.read() as session:
        before = load_page(session).revision
    incident_id = post(installation, now + timedelta(minutes=1))
    with installation.database.read() as session:
        page = load_page(session)
        assert page.revision == before + 1
        assert session.get_one(Incident, incident_id).changed_in == page.revision
        assert page.relaid_in < page.revision


def test_standard_policy_follows_the_page_s_zone(installation: Installation, now: datetime) -> None:
    with site_change(installation, now, author="ada") as change:
        change_page(change.session, load_page(change.session), PageChange(timezone="Europe/Amsterdam"), now=now)
    with site_change(installation, now, author="ada") as change:
        assert change.policy.zone.key == "Europe/Amsterdam"
    assert installation.policy(now) == change.policy
