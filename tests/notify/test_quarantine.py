from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from statuspage import bounces
from statuspage.changes import Installation
from statuspage.models import Page, Subscriber
from statuspage.notify.kinds import quarantines
from tests.hooks import Receiver
from tests.notify.conftest import AddHook, OpenIncident, PostHooks, rows_of, subscriber_of

pytestmark = pytest.mark.usefixtures("local_hooks")


def test_hour_of_failures_is_quarantined(
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    open_incident: OpenIncident,
    now: datetime,
) -> None:
    with installation.database.write() as session:
        session.get_one(Page, 1).responsible_email = "ops@example.com, noc@example.com"
    subscriber_id = add_hook(receiver.url("500"))
    open_incident()
    post_hooks()
    post_hooks(minutes=40)
    with installation.database.write() as session:
        assert quarantines.isolate_due(session, now + timedelta(minutes=59)) == 0
        assert quarantines.isolate_due(session, now + timedelta(minutes=61)) == 1
        assert quarantines.isolate_due(session, now + timedelta(minutes=62)) == 0
    mails = rows_of(installation, "email")
    assert [(row.kind, row.address) for row in mails] == [
        ("quarantine", "ops@example.com"),
        ("quarantine", "noc@example.com"),
    ]
    receiver.behave("taken")
    post_hooks(hours=30)
    found = subscriber_of(installation, subscriber_id)
    assert (found.quarantined_at, found.failing_since) == (None, None)


def test_quarantine_tries_one_at_a_time(
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    open_incident: OpenIncident,
    now: datetime,
) -> None:
    add_hook(receiver.url("500"))
    for n in range(5):
        open_incident(f"Trouble {n}")
    post_hooks()
    with installation.database.write() as session:
        quarantines.isolate_due(session, now + timedelta(hours=2))
    before = len(receiver.got())
    post_hooks(hours=2)
    assert len(receiver.got()) - before == 1
    receiver.behave("taken")
    assert post_hooks(days=1).sent == 5


def test_quarantine_is_lifted_by_hand(
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    open_incident: OpenIncident,
    now: datetime,
) -> None:
    subscriber_id = add_hook(receiver.url("500"))
    open_incident()
    post_hooks()
    post_hooks(minutes=40)
    later = now + timedelta(hours=1)
    receiver.behave("taken")
    with installation.database.write() as session:
        quarantines.isolate_due(session, later)
        bounces.restore(session, session.get_one(Subscriber, subscriber_id), now=later)
    assert post_hooks(hours=1).sent == 1
