"""Drafts that publish themselves: at their time, never before, and not once that was taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from statuspage import incidents, proposals, worker
from statuspage.audit import load_events
from statuspage.changes import Installation, site_change
from statuspage.domain.vocabulary import Scope
from statuspage.drafts import IncidentChange, IncidentDraft, read_draft
from statuspage.errors import Refused
from statuspage.models import Incident
from tests.web.admin.conftest import Operator, cast, enter, hashed, rob
from tests.web.api_v1.conftest import Api, fields_of, make_api

__all__ = ["cast", "enter", "hashed", "make_api", "rob"]


@pytest.fixture
def waiting(installation: Installation, add_components: Callable[..., None], now: datetime) -> str:
    """The id of a draft that publishes itself in an hour."""
    add_components("API")
    with site_change(installation, now, author="ada") as change:
        draft = read_draft(
            IncidentDraft,
            {"title": "Old phones stop working", "priority": "P3", "body": "As we said.", "components": {}},
        )
        row = proposals.keep(change.session, draft, policy=change.policy, author="ada", now=now)
        proposals.publish_later(change.session, row, now + timedelta(hours=1), author="ada", now=now)
    return row.id


def said_publicly(installation: Installation) -> list[str]:
    files = [path for path in installation.publisher.folder.rglob("*") if path.suffix in (".html", ".json", ".atom")]
    return [path.name for path in files if "Old phones" in path.read_text()]


def stored(installation: Installation, incident_id: str) -> Incident:
    with installation.database.read() as session:
        return incidents.load_incident(session, incident_id)


def test_draft_publishes_itself_at_its_time(installation: Installation, waiting: str, now: datetime) -> None:
    early, due = now + timedelta(minutes=59), now + timedelta(hours=1, seconds=1)
    worker.publish_later(installation, early)
    assert (stored(installation, waiting).draft, said_publicly(installation)) == (True, [])
    worker.publish_later(installation, due)
    found = stored(installation, waiting)
    assert (found.draft, found.public_at, found.started_at, found.publish_at) == (False, due, due, None)
    assert found.updates[-1].author == "ada"
    assert f"{waiting}.html" in said_publicly(installation)
    worker.publish_later(installation, due + timedelta(minutes=1))
    assert len(stored(installation, waiting).updates) == 1


def test_cancelled_draft_stays_one(installation: Installation, waiting: str, now: datetime) -> None:
    with site_change(installation, now, author="bob") as change:
        row = incidents.load_incident(change.session, waiting)
        words = IncidentChange(body="Said otherwise.", publish_at=None)
        proposals.change(change.session, row, words, policy=change.policy, author="bob", now=now)
    worker.publish_later(installation, now + timedelta(hours=2))
    found = stored(installation, waiting)
    assert (found.draft, found.updates[0].body) == (True, "Said otherwise.")
    with installation.database.read() as session:
        assert load_events(session)[0].action == "incident.publish_later"


def test_what_is_refused_waits_with_a_note(installation: Installation, waiting: str, now: datetime) -> None:
    with installation.database.write() as session:
        session.get_one(Incident, waiting).title = "x" * 255
        row = incidents.load_incident(session, waiting)
        row.updates[0].texts = {"xx": {"body": "a language that the page lost"}}
    worker.publish_later(installation, now + timedelta(hours=2))
    found = stored(installation, waiting)
    assert (found.draft, found.publish_at) == (True, None)
    assert found.updates[-1].body.startswith("Not published at its time: translations.xx")


def test_time_lies_ahead_at_every_door(
    installation: Installation, waiting: str, now: datetime, make_api: Callable[[Scope], Api], rob: Operator
) -> None:
    with site_change(installation, now, author="ada") as change, pytest.raises(Refused, match="must lie ahead"):
        row = incidents.load_incident(change.session, waiting)
        proposals.publish_later(change.session, row, now, author="ada", now=now)
    api = make_api(Scope.WRITE)
    words: dict[str, Any] = {"title": "Later", "priority": "P3", "body": "x", "publish_at": "2090-01-01T00:00:00Z"}
    made = api.post("/incidents", words).json
    assert (made["draft"], made["publish_at"]) == (True, "2090-01-01T00:00:00Z")
    assert fields_of(api.patch(f"/incidents/{made['id']}", {"publish_at": "2020-01-01T00:00:00Z"})) == ["publish_at"]
    assert api.patch(f"/incidents/{made['id']}", {"publish_at": None}).json["publish_at"] is None
    page = f"/admin/incidents/{made['id']}/publish"
    assert rob.post(f"{page}/later", {"publish_at": "2020-01-01T10:00"}).status_code == 422
    assert rob.post(f"{page}/later", {"publish_at": ""}).status_code == 422
    assert rob.post(f"{page}/later", {"publish_at": "2090-01-01T10:00"}).status_code == 303
    assert "Publishes itself" in rob.get(page).text
    assert rob.post(f"{page}/later", {"do": "cancel"}).status_code == 303
    assert api.get(f"/incidents/{made['id']}").json["publish_at"] is None
