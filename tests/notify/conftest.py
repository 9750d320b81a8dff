"""A mail server in its own process, subscribers by mail and by webhook, and posts to tell them of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from sqlalchemy import select

from statuspage import incidents, subscribers
from statuspage.changes import Installation
from statuspage.components import load_page
from statuspage.domain.vocabulary import ComponentStatus, Priority
from statuspage.drafts import IncidentDraft, SubscriberDraft, UpdateDraft
from statuspage.models import Delivery, Incident, Subscriber
from statuspage.notify.delivery import Report, deliver_due
from statuspage.notify.hooking import HOOKS
from statuspage.settings import Settings
from tests.mail import MailServer, Received, deliver_mail


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


PostUpdate = Callable[..., None]


@pytest.fixture
def post_update(installation: Installation, now: datetime) -> PostUpdate:
    """A function that posts an update, `at` so many minutes on: post_update(incident, status="resolved", at=5).

    Without an incident it is the latest one's."""

    def post(incident: Incident | None, at: int = 0, status: str = "identified", **more: object) -> None:
        draft = UpdateDraft.model_validate({"status": status, "body": f"Now {status}.", **more})
        later = now + timedelta(minutes=at)
        with installation.database.write() as session:
            latest = select(Incident).order_by(Incident.created_at.desc())
            found = session.get_one(Incident, incident.id) if incident else session.scalars(latest).first()
            assert found is not None
            policy = installation.policy(later)
            incidents.post_update(session, found, draft, policy=policy, author="Anna", now=later)

    return post


Deliver = Callable[[datetime], list[Received]]


@pytest.fixture
def page(installation: Installation, add_components: Callable[..., None], now: datetime) -> None:
    """A page in Amsterdam with one reader who chose two components."""
    add_components("SIP trunk A", "Portal", group="Voice")
    with installation.database.write() as session:
        row = load_page(session)
        row.name, row.timezone = "Example Telecom", "Europe/Amsterdam"
        row.support_url = "https://example.com/support"
        draft = SubscriberDraft(email="anna+status@bücher.example", components=["portal", "sip-trunk-a"])
        subscribers.add_confirmed(session, draft, source="test", now=now)


@pytest.fixture
def deliver(installation: Installation, mail_server: MailServer) -> Deliver:
    """A function that sends what is due and gives all that was ever received."""

    def send(at: datetime) -> list[Received]:
        deliver_mail(installation, lambda: at)
        return mail_server.mails()

    return send


AddHook = Callable[..., str]
PostHooks = Callable[..., Report]


@pytest.fixture
def local_hooks(installation: Installation) -> None:
    """The receiver on this machine may be reached by what operators enter."""
    allowed = (ip_network("127.0.0.0/8"),)
    installation.settings = installation.settings.model_copy(update={"probe_allow_private": allowed})


@pytest.fixture
def add_hook(installation: Installation, now: datetime) -> AddHook:
    """A function that adds a confirmed subscriber by channel and URL; its id."""

    def add(url: str, channel: str = "webhook", **wishes: Any) -> str:
        draft = SubscriberDraft.model_validate({channel: url, **wishes})
        with installation.database.write() as session:
            return subscribers.add_confirmed(session, draft, source="test", now=now).id

    return add


@pytest.fixture
def post_hooks(installation: Installation, now: datetime) -> PostHooks:
    """One run so long after the post: post_hooks(minutes=6)."""

    def deliver(total: float = 2, **after: float) -> Report:
        at = now + timedelta(**after)
        return deliver_due(installation, lambda: at, replace(HOOKS, total=total))

    return deliver


def subscriber_of(installation: Installation, subscriber_id: str) -> Subscriber:
    """The subscriber as stored now."""
    with installation.database.read() as session:
        return session.get_one(Subscriber, subscriber_id)


def rows_of(installation: Installation, channel: str = "webhook") -> list[Delivery]:
    """What a channel is or was owed, in its order."""
    with installation.database.read() as session:
        query = select(Delivery).where(Delivery.channel == channel).order_by(Delivery.id)
        return list(session.scalars(query))
