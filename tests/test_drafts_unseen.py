"""A draft is nowhere outside: not in a file, not behind a public door, not in anybody's mail, figure or clock."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from pathlib import Path

import brotli
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from statuspage import clocks, incidents, proposals, subscribers
from statuspage.changes import Installation, site_change
from statuspage.components import add_component, load_page
from statuspage.domain.sla.policy import override
from statuspage.domain.vocabulary import Cause, ComponentStatus, Priority
from statuspage.drafts import ComponentDraft, IncidentDraft, SubscriberDraft, UpdateDraft
from statuspage.errors import Refused
from statuspage.models import AuditEvent, Delivery, Incident, StatusChange

SECRET = "Xyzzy plugh"
WORDS = "Nothing of this gets out: frobozz."


@pytest.fixture
def kept(installation: Installation, now: datetime) -> Incident:
    """A draft of two hours ago on a page with a component and a subscriber, all published since."""
    with site_change(installation, now - timedelta(days=2), author="test") as change:
        add_component(change.session, ComponentDraft(name="API"), author="test", now=change.now)
        reader = SubscriberDraft(email="reader@example.com", confirmed=True)
        subscribers.add_confirmed(change.session, reader, source="import", now=change.now)
    installation.publisher.publish(now, everything=True)
    with site_change(installation, now, author="ann") as change:
        draft = IncidentDraft(
            title=SECRET,
            priority=Priority.P1,
            body=WORDS,
            components={"api": ComponentStatus.MAJOR_OUTAGE},
            cause=Cause.THIRD_PARTY,
            started_at=now - timedelta(hours=2),
        )
        row = proposals.keep(change.session, draft, policy=change.policy, author="ann", now=now)
        incidents.add_note(change.session, row, WORDS, author="ann", now=now)
    assert change.publish_error is None
    return row


def test_interruption_is_not_kept_where_promised(installation: Installation, kept: Incident, now: datetime) -> None:
    with site_change(installation, now, author="ann") as change:
        terms = override(change.policy, {"incidents.interruptions_public": True})
        row = incidents.load_incident(change.session, kept.id)
        draft = proposals.draft_of(row)
        with pytest.raises(Refused, match="every interruption on the page at once"):
            proposals.keep(change.session, draft, policy=terms, author="ann", now=now)
        slow = draft.model_copy(update={"components": {"api": ComponentStatus.DEGRADED_PERFORMANCE}})
        assert proposals.keep(change.session, slow, policy=terms, author="ann", now=now).draft
        minor = draft.model_copy(update={"priority": Priority.P5})
        opened = incidents.open_incident(change.session, minor, policy=terms, author="ann", now=now)
        assert opened.public_at == now


def published(installation: Installation) -> dict[str, bytes]:
    folder = installation.settings.public_folder
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: _text(path) for name, path in files.items() if not name.startswith("static/")}


def _text(path: Path) -> bytes:
    unpack = {".gz": gzip.decompress, ".br": brotli.decompress}
    return unpack.get(path.suffix, bytes)(path.read_bytes())


def test_no_file_betrays_a_draft(installation: Installation, kept: Incident, now: datetime) -> None:
    before = published(installation)
    installation.publisher.publish(now, everything=True)
    after = published(installation)
    assert before.keys() == after.keys()
    for name, content in after.items():
        for betrayed in (SECRET, "frobozz", kept.id, "major_outage"):
            if betrayed != "major_outage" or name in ("api/v2/summary.json", "api/v2/components.json", "badge.svg"):
                assert betrayed.encode() not in content, name
    marker = ".published"
    assert {name for name in after if name != marker and before[name] != after[name]} == set()


def test_page_revision_stays(installation: Installation, kept: Incident, now: datetime) -> None:
    with installation.database.read() as session:
        assert load_page(session).updated_at == now - timedelta(days=2)


def test_no_door_betrays_a_draft(client: FlaskClient, kept: Incident) -> None:
    for path in (
        f"/incidents/{kept.id}",
        f"/incidents/{kept.id}.html",
        f"/api/v2/incidents/{kept.id}.json",
        f"/nl/incidents/{kept.id}",
        f"/api/v1/incidents/{kept.id}",
        f"/admin/incidents/{kept.id}/publish",
    ):
        answer = client.get(path)
        unknown = client.get(path.replace(kept.id, "0" * 12))
        assert answer.status_code == unknown.status_code
        assert answer.status_code in (303, 401, 404), path
        assert SECRET not in answer.text
    for path in ("/subscribe", "/metrics", "/readyz"):
        assert SECRET not in client.get(path).text


def test_following_a_draft_is_unknown(client: FlaskClient, kept: Incident) -> None:
    answers = [
        client.post("/subscribe", data={"email": "guess@example.com", "incident": name})
        for name in (kept.id, "0" * 12)
    ]
    assert answers[0].status_code == answers[1].status_code
    assert SECRET not in answers[0].text


def test_nobody_hears_and_no_clock_runs(installation: Installation, kept: Incident, now: datetime) -> None:
    later = now + timedelta(hours=3)
    with installation.database.write() as session:
        policy = installation.policy(later, session)
        assert not clocks.is_anything_due(session, policy=policy, now=later)
        assert session.scalar(select(func.count()).select_from(Delivery).where(Delivery.update_id.is_not(None))) == 0
        row = incidents.load_incident(session, kept.id)
        assert incidents.next_due(row, policy) is None
        claims = select(func.count()).select_from(StatusChange).where(StatusChange.incident_id == kept.id)
        assert session.scalar(claims) == 0


def test_draft_takes_no_update(installation: Installation, kept: Incident, now: datetime) -> None:
    from_draft = proposals.draft_of(kept)
    assert (from_draft.title, from_draft.cause, from_draft.body) == (SECRET, Cause.THIRD_PARTY, WORDS)
    with installation.database.write() as session:
        row = incidents.load_incident(session, kept.id)
        draft = UpdateDraft(body="More.")
        policy = installation.policy(now, session)
        with pytest.raises(Refused, match="publish it first"):
            incidents.post_update(session, row, draft, policy=policy, author="ann", now=now)


def test_published_draft_is_everywhere(installation: Installation, kept: Incident, now: datetime) -> None:
    with site_change(installation, now, author="ann") as change:
        row = incidents.load_incident(change.session, kept.id)
        proposals.publish(change.session, row, policy=change.policy, author="ann", now=now)
    assert change.queued == 1
    files = published(installation)
    assert SECRET.encode() in files["index.html"]
    assert SECRET.encode() in files[f"incidents/{kept.id}.html"]
    assert files[f"incidents/{kept.id}.html"].count(b"frobozz") < 4  # the note stays with the operators
    with installation.database.write() as session:
        row = incidents.load_incident(session, kept.id)
        with pytest.raises(Refused, match="published already"):
            proposals.discard(session, row, "Late", author="ann", now=now)


def test_discarded_draft_leaves_its_reason(installation: Installation, kept: Incident, now: datetime) -> None:
    with site_change(installation, now, author="ann") as change:
        row = incidents.load_incident(change.session, kept.id)
        with pytest.raises(Refused, match="reason"):
            proposals.discard(change.session, row, "  ", author="ann", now=now)
        proposals.discard(change.session, row, "A false alarm", author="ann", now=now)
    with installation.database.read() as session:
        assert session.get(Incident, kept.id) is None
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "incident.discard")).one()
        assert event.details is not None
        assert (event.details["title"], event.details["reason"]) == (SECRET, "A false alarm")
