"""Subscribers in the admin: asked by channel, seen in quarantine, written to again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from statuspage import subscribers
from statuspage.changes import Installation
from statuspage.drafts import SubscriberDraft
from statuspage.models import Delivery, Subscriber
from tests.web.admin.conftest import Operator


def test_address_is_asked_by_its_channel(alice: Operator, installation: Installation) -> None:
    response = alice.post("/admin/subscribers", {"channel": "webhook", "address": "http://10.0.0.1/hook"})
    assert response.status_code == 303
    with installation.database.read() as session:
        found = session.scalars(select(Subscriber)).one()
        assert (found.channel, found.by_operator, found.confirmed_at) == ("webhook", True, None)
    assert "http://10.0.0.1/hook" in alice.get("/admin/subscribers?kind=pending").text


def test_bad_address_is_shown_again(alice: Operator) -> None:
    response = alice.post("/admin/subscribers", {"channel": "slack", "address": "nonsense"})
    assert response.status_code == 422
    assert "nonsense" in response.text


def test_quarantined_is_seen_and_lifted(alice: Operator, installation: Installation) -> None:
    now = datetime.now(UTC)
    with installation.database.write() as session:
        draft = SubscriberDraft(slack="https://hooks.slack.com/services/T/B/secret")
        found = subscribers.add_confirmed(session, draft, source="test", now=now)
        found.failing_since, found.quarantined_at = now - timedelta(hours=2), now
        due = Delivery(kind="notice", channel="slack", subscriber_id=found.id, last_error="answered 500: words")
        due.created_at, due.due_at, due.attempts = now, now + timedelta(hours=5), 3
        session.add(due)
        subscriber_id = found.id
    page = alice.get("/admin/subscribers?kind=quarantined").text
    assert "answered 500: words" in page
    assert "Slack" in page
    assert "B/secret" not in page
    assert alice.post(f"/admin/subscribers/{subscriber_id}/restore").status_code == 303
    with installation.database.read() as session:
        assert session.get_one(Subscriber, subscriber_id).quarantined_at is None
        assert session.scalars(select(Delivery.due_at)).one() < datetime.now(UTC)


def test_deliveries_are_chosen_by_channel(alice: Operator, installation: Installation) -> None:
    now = datetime.now(UTC)
    with installation.database.write() as session:
        for channel in ("email", "slack"):
            row = Delivery(kind="alarm", channel=channel, address=f"to-{channel}", created_at=now, due_at=now)
            session.add(row)
    page = alice.get("/admin/deliveries?channel=slack").text
    assert "to-slack" in page
    assert "to-email" not in page
    assert alice.get("/admin/deliveries?channel=pigeon").status_code == 404


def test_board_counts_the_quarantined(alice: Operator, installation: Installation) -> None:
    assert "in quarantine" not in alice.get("/admin/").text
    now = datetime.now(UTC)
    with installation.database.write() as session:
        draft = SubscriberDraft(slack="https://hooks.slack.com/services/T/B/secret")
        subscribers.add_confirmed(session, draft, source="test", now=now).quarantined_at = now
    assert "1 in quarantine" in alice.get("/admin/").text
