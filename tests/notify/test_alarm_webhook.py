"""Alarms by webhook: taken, refused, never to a private address that nobody allowed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network

import pytest
from sqlalchemy import select

from statuspage import clocks
from statuspage.changes import Installation
from statuspage.models import Delivery, Page
from statuspage.notify.delivery import deliver_due
from statuspage.notify.hooking import HOOKS
from tests.hooks import Receiver
from tests.notify.conftest import OpenIncident

LOCAL = ip_network("127.0.0.0/8")


@pytest.fixture
def late(installation: Installation, receiver: Receiver, open_incident: OpenIncident, now: datetime) -> datetime:
    """An incident whose update is late, and a webhook that is owed the news."""
    open_incident()
    at = now + timedelta(minutes=21)
    with installation.database.write() as session:
        session.get_one(Page, 1).alarm_webhook = f"http://localhost:{receiver.port}/alarms"
        clocks.ring_due(session, policy=installation.policy(now), now=at)
    return at


def allowing(installation: Installation) -> Installation:
    return replace(installation, settings=installation.settings.model_copy(update={"probe_allow_private": (LOCAL,)}))


def states(installation: Installation) -> list[str]:
    with installation.database.read() as session:
        return list(
            session.scalars(select(Delivery.state).where(Delivery.channel == "webhook").order_by(Delivery.id))
        )


def test_alarm_arrives_as_json(installation: Installation, receiver: Receiver, late: datetime) -> None:
    assert deliver_due(allowing(installation), lambda: late, HOOKS).sent == 2

    kinds = {posted.json["kind"]: posted.json for posted in receiver.wait_for(2)}
    assert set(kinds) == {"overdue", "escalation"}
    assert kinds["overdue"]["minutes_late"] == 6
    assert receiver.got()[0].headers["host"].startswith("localhost:")
    assert states(installation) == ["sent", "sent"]


def test_private_address_is_refused(installation: Installation, receiver: Receiver, late: datetime) -> None:
    assert deliver_due(installation, lambda: late, HOOKS).sent == 0
    assert receiver.got() == []
    assert states(installation) == ["due", "due"]


@pytest.mark.parametrize("answer", ["302", "500"])
def test_refusal_and_redirect_are_retried(
    installation: Installation, receiver: Receiver, late: datetime, answer: str
) -> None:
    receiver.behave(answer)
    running = allowing(installation)
    assert deliver_due(running, lambda: late, HOOKS).retrying == 2
    assert deliver_due(running, lambda: late, HOOKS).retrying == 0
    assert len(receiver.got()) == 2
    receiver.behave("taken")
    assert deliver_due(running, lambda: late + timedelta(minutes=1), HOOKS).sent == 2
