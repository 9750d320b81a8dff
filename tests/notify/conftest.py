"""A mail server in its own process, subscribers, and posts to tell them of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from statuspage import incidents, subscribers
from statuspage.changes import Installation
from statuspage.domain.vocabulary import ComponentStatus, Priority
from statuspage.drafts import IncidentDraft, SubscriberDraft
from statuspage.models import Incident
from statuspage.settings import Settings
from tests.mail import MailServer


@pytest.fixture
def settings(settings: Settings, mail_server: MailServer) -> Settings:
    """The instance sends to the server."""
    return settings.model_copy(update={"mail_server": "127.0.0.1", "mail_port": mail_server.port})


Subscribe = Callable[..., None]


@pytest.fixture
def subscribe(installation: Installation, now: datetime) -> Subscribe:
    """A function that adds confirmed subscribers: subscribe("a@example.com", components=["api"])."""

    def add(*addresses: str, **wishes: object) -> None:
        with installation.database.write() as session:
            for address in addresses:
                draft = SubscriberDraft.model_validate({"email": address, **wishes})
                subscribers.add_confirmed(session, draft, source="test", now=now)

    return add


OpenIncident = Callable[..., Incident]


@pytest.fixture
def open_incident(installation: Installation, now: datetime) -> OpenIncident:
    """A function that posts an incident: open_incident("Calls fail", api="major_outage")."""

    def post(
        title: str = "Calls fail",
        body: str = "Calls to mobile numbers fail. We are looking for the cause.",
        priority: Priority = Priority.P1,
        at: datetime = now,
        **components: str,
    ) -> Incident:
        statuses = {slug: ComponentStatus(word) for slug, word in components.items()}
        draft = IncidentDraft(title=title, body=body, priority=priority, components=statuses)
        with installation.database.write() as session:
            policy = installation.policy(now)
            return incidents.open_incident(session, draft, policy=policy, author="Anna", now=at)

    return post
