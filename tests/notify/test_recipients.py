from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select

from statuspage import incidents, subscribers
from statuspage.changes import Installation
from statuspage.domain.vocabulary import IncidentStatus, NoticeKind, Priority
from statuspage.drafts import SubscriberDraft, UpdateDraft
from statuspage.models import Delivery, Subscriber
from statuspage.notify.recipients import count_recipients
from tests.notify.conftest import OpenIncident, Subscribe

INCIDENT, MAINTENANCE = NoticeKind.INCIDENT, NoticeKind.MAINTENANCE


@pytest.fixture
def cast(add_components: Callable[..., None], subscribe: Subscribe) -> None:
    """Alice hears all; Bob the API alone; Carol P1 alone; Dora maintenance alone."""
    add_components("API", "Portal")
    subscribe("alice@example.com")
    subscribe("bob@example.com", components=["api"])
    subscribe("carol@example.com", min_priority="P1")
    subscribe("dora@example.com", kinds=["maintenance"])


@pytest.mark.parametrize(
    ("components", "kind", "priority", "number"),
    [
        (["api"], INCIDENT, Priority.P1, 3),
        (["portal"], INCIDENT, Priority.P1, 2),
        (["portal", "api"], INCIDENT, Priority.P2, 2),
        ([], INCIDENT, Priority.P2, 2),
        ([], INCIDENT, Priority.P1, 3),
        (["portal"], MAINTENANCE, None, 3),
        (["api"], MAINTENANCE, None, 4),
        (["api"], INCIDENT, None, 0),
    ],
)
def test_audience_follows_wishes(
    cast: None,
    installation: Installation,
    components: list[str],
    kind: NoticeKind,
    priority: Priority | None,
    number: int,
) -> None:
    with installation.database.read() as session:
        assert count_recipients(session, components=components, kind=kind, priority=priority) == number


@pytest.mark.parametrize("column", ["confirmed_at", "unsubscribed_at", "suppressed_at"])
def test_only_listening_subscribers_hear(cast: None, installation: Installation, now: datetime, column: str) -> None:
    with installation.database.write() as session:
        alice = session.scalars(select(Subscriber).where(Subscriber.address == "alice@example.com")).one()
        setattr(alice, column, None if column == "confirmed_at" else now)
        session.flush()
        assert count_recipients(session, components=["portal"], kind=INCIDENT, priority=Priority.P1) == 1


def test_who_heard_the_beginning_hears_the_end(
    cast: None, open_incident: OpenIncident, installation: Installation, now: datetime
) -> None:
    incident = open_incident(priority=Priority.P1, api="major_outage")
    with installation.database.write() as session:
        found = incidents.load_incident(session, incident.id)
        policy = installation.policy(now)
        for draft in (
            UpdateDraft(body="Lowered.", priority=Priority.P3),
            UpdateDraft(body="Over.", status=IncidentStatus.RESOLVED),
        ):
            assert (
                count_recipients(session, components=[], kind=INCIDENT, priority=draft.priority, incident=found) == 3
            )
            incidents.post_update(session, found, draft, policy=policy, author="Anna", now=now)
        heard = session.scalars(select(Subscriber.address).join(Delivery)).all()
    assert sorted(heard) == ["alice@example.com"] * 3 + ["bob@example.com"] * 3 + ["carol@example.com"] * 3


def test_old_list_brings_nobody_back(cast: None, installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        bob = session.scalars(select(Subscriber).where(Subscriber.address == "bob@example.com")).one()
        subscribers.unsubscribe(session, bob, source="test", now=now)
        draft = SubscriberDraft(email="Bob@Example.com")
        assert subscribers.add_confirmed(session, draft, source="import", now=now) is bob
        assert bob.unsubscribed_at == now
