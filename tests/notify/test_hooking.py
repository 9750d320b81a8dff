"""Webhooks and chats, each row of the fault table, against a real receiver in a process of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from statuspage import bounces, incidents, maintenance, notices, reminders, subscribers
from statuspage.changes import Installation, site_change
from statuspage.components import add_component
from statuspage.domain.sla.policy import load_policies
from statuspage.domain.vocabulary import ComponentStatus, Priority
from statuspage.drafts import ComponentDraft, IncidentDraft, MaintenanceDraft, SubscriberDraft
from statuspage.models import Delivery, Page, Subscriber
from statuspage.notice_drafts import NoticeDraft
from statuspage.notify import outbox
from statuspage.notify.delivery import Report, deliver_due
from statuspage.notify.hooking import HOOK_REQUESTS, HOOKS, WAITS
from statuspage.notify.kinds import quarantines
from statuspage.notify.webhook_signature import signed_headers
from tests.hooks import Receiver
from tests.notify.conftest import OpenIncident, PostUpdate
from tests.running import wait_until

LOCAL = (ip_network("127.0.0.0/8"),)
ONE_IS_ENOUGH = (
    'schema = 1\nid = "voice"\nname = "Voice"\n[availability]\ndefault_target = "99.9"\n'
    '[[service]]\nid = "voice"\nname = "Voice"\nrule = "any"\n'
    '[[priority]]\nid = "P3"\nname = "P3"\npublic = true\n'
)
Add = Callable[..., str]
Run = Callable[..., Report]


@pytest.fixture
def installation(installation: Installation) -> Installation:
    """The receiver on this machine may be reached by what operators enter."""
    installation.settings = installation.settings.model_copy(update={"probe_allow_private": LOCAL})
    return installation


@pytest.fixture
def add(installation: Installation, now: datetime) -> Add:
    """A function that adds a confirmed subscriber by channel and URL; its id."""

    def add(url: str, channel: str = "webhook", **wishes: Any) -> str:
        draft = SubscriberDraft.model_validate({channel: url, **wishes})
        with installation.database.write() as session:
            return subscribers.add_confirmed(session, draft, source="test", now=now).id

    return add


@pytest.fixture
def run(installation: Installation, now: datetime) -> Run:
    """One run so long after the post: run(minutes=6)."""

    def deliver(total: float = 2, **after: float) -> Report:
        at = now + timedelta(**after)
        return deliver_due(installation, lambda: at, replace(HOOKS, total=total))

    return deliver


def subscriber_of(installation: Installation, subscriber_id: str) -> Subscriber:
    with installation.database.read() as session:
        return session.get_one(Subscriber, subscriber_id)


def rows_of(installation: Installation, channel: str = "webhook") -> list[Delivery]:
    with installation.database.read() as session:
        query = select(Delivery).where(Delivery.channel == channel).order_by(Delivery.id)
        return list(session.scalars(query))


def test_webhook_is_signed_and_told(
    installation: Installation,
    add: Add,
    run: Run,
    receiver: Receiver,
    open_incident: OpenIncident,
    add_components: Callable[..., None],
    now: datetime,
) -> None:
    add_components("API")
    subscriber = subscriber_of(installation, add(receiver.url()))
    open_incident(api="major_outage")
    assert run().sent == 1
    posted = receiver.wait_for(1)[0]
    assert subscriber.secret is not None
    stamp = {name: posted.headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    assert stamp == signed_headers(subscriber.secret, stamp["webhook-id"], posted.body, now)
    assert Webhook(subscriber.secret)._whsecret
    incident = posted.json["incident"]
    assert (incident["name"], incident["status"], incident["impact"]) == ("Calls fail", "investigating", "critical")
    assert incident["incident_updates"][0]["body"].startswith("Calls to mobile numbers fail.")
    assert incident["components"][0]["name"] == "API"
    assert posted.json["page"]["status_indicator"] == "critical"
    assert f"/unsubscribe/{subscriber.token}" in posted.json["meta"]["unsubscribe"]


@pytest.mark.parametrize("channel", ["slack", "teams", "discord", "mattermost", "google_chat"])
def test_chat_is_told(
    installation: Installation, add: Add, run: Run, receiver: Receiver, open_incident: OpenIncident, channel: str
) -> None:
    subscriber = subscriber_of(installation, add(receiver.url(), channel))
    open_incident()
    assert run().sent == 1
    body = receiver.wait_for(1)[0].body.decode()
    assert "Calls fail" in body
    assert f"/manage/{subscriber.token}" in body
    assert "webhook-signature" not in receiver.got()[0].headers


def test_failures_follow_the_schedule(
    installation: Installation, add: Add, run: Run, receiver: Receiver, open_incident: OpenIncident, now: datetime
) -> None:
    subscriber_id = add(receiver.url("500"))
    open_incident()
    run()
    tried_at = timedelta()
    for tries, wait in enumerate(WAITS, start=1):
        row = rows_of(installation)[0]
        since = row.due_at - now
        assert (row.state, row.attempts) == ("due", tries)
        assert wait <= since - tried_at <= wait * 1.2
        assert run(seconds=since.total_seconds() - 1).retrying == 0
        run(seconds=since.total_seconds())
        tried_at = since
    assert len(receiver.got()) == len(WAITS) + 1
    assert rows_of(installation)[0].state == "dead"
    assert len({posted.headers["webhook-id"] for posted in receiver.got()}) == 1
    reason = subscriber_of(installation, subscriber_id).suppressed_for
    assert reason == "given up: answered 500: words"


def test_waits_are_those_of_the_standard() -> None:
    hours = [round(outbox.retry_wait(1, n, WAITS) / timedelta(hours=1), 4) for n in range(1, len(WAITS) + 1)]
    lengths = [5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24]
    assert all(least <= wait <= least * 1.2 + 0.001 for least, wait in zip(lengths, hours, strict=True))


def test_redirect_is_a_failure(
    installation: Installation, add: Add, run: Run, receiver: Receiver, open_incident: OpenIncident
) -> None:
    add(receiver.url("301"))
    open_incident()
    assert run().retrying == 1
    assert rows_of(installation)[0].last_error == "answered 301: words"
    assert not (receiver.folder / "followed").exists()


def test_gone_address_is_disabled(
    installation: Installation, add: Add, run: Run, receiver: Receiver, open_incident: OpenIncident, now: datetime
) -> None:
    subscriber_id = add(receiver.url("410"))
    open_incident()
    assert run().dead == 1
    found = subscriber_of(installation, subscriber_id)
    assert (found.suppressed_at, found.suppressed_for) == (now, "answered 410: words")
    open_incident("Another")
    assert run(hours=1) == Report()


def test_wish_to_wait_is_heeded(
    installation: Installation, add: Add, run: Run, receiver: Receiver, open_incident: OpenIncident, now: datetime
) -> None:
    subscriber_id = add(receiver.url("wait/7200"))
    open_incident()
    assert run().retrying == 1
    assert rows_of(installation)[0].due_at == now + timedelta(hours=2)
    assert subscriber_of(installation, subscriber_id).failing_since is None


def test_silent_host_holds_up_no_other(
    installation: Installation, add: Add, receiver: Receiver, open_incident: OpenIncident, now: datetime
) -> None:
    for n in range(40):
        add(receiver.url(f"silent/?{n}"))
    for n in range(20):
        add(f"http://localhost:{receiver.port}/taken/{n}")
    open_incident()
    stop = threading.Event()
    patient = replace(HOOKS, total=60)
    run = threading.Thread(target=deliver_due, args=(installation, lambda: now, patient), kwargs={"stop": stop})
    run.start()
    assert wait_until(lambda: sum("taken" in posted.path for posted in receiver.got()) == 20, 50)
    stop.set()
    run.join(60)
    assert sorted(row.state for row in rows_of(installation)) == ["due"] * 40 + ["sent"] * 20


def test_silence_is_a_failure(
    installation: Installation, add: Add, run: Run, receiver: Receiver, open_incident: OpenIncident
) -> None:
    add(receiver.url("silent"))
    open_incident()
    assert run(total=1).retrying == 1
    assert "no answer within" in (rows_of(installation)[0].last_error or "")


def test_service_of_rule_any_is_not_down(
    installation: Installation,
    add: Add,
    run: Run,
    receiver: Receiver,
    open_incident: OpenIncident,
    tmp_path: Path,
    now: datetime,
) -> None:
    path = tmp_path / "voice.toml"
    path.write_text(ONE_IS_ENOUGH)
    installation.policies = load_policies(str(path))
    with site_change(installation, now, author="ann") as change:
        for name in ("Trunk A", "Trunk B"):
            add_component(change.session, ComponentDraft(name=name, service="voice"), author="ann", now=now)
    add(receiver.url())
    open_incident(priority=Priority.P3, **{"trunk-a": "major_outage"})
    assert run().sent == 1
    assert json.loads(receiver.got()[0].body)["page"]["status_indicator"] == "minor"


def test_endless_answer_counts_as_taken(add: Add, run: Run, receiver: Receiver, open_incident: OpenIncident) -> None:
    add(receiver.url("endless"))
    open_incident()
    assert run().sent == 1


def test_private_address_is_not_posted_to(
    installation: Installation, add: Add, run: Run, receiver: Receiver, open_incident: OpenIncident
) -> None:
    subscriber_id = add(receiver.url())
    with installation.database.write() as session:
        session.get_one(Subscriber, subscriber_id).by_operator = False
    open_incident()
    assert run().retrying == 1
    assert "not public" in (rows_of(installation)[0].last_error or "")
    assert receiver.got() == []


def test_hour_of_failures_is_quarantined(
    installation: Installation, add: Add, run: Run, receiver: Receiver, open_incident: OpenIncident, now: datetime
) -> None:
    with installation.database.write() as session:
        session.get_one(Page, 1).responsible_email = "ops@example.com, noc@example.com"
    subscriber_id = add(receiver.url("500"))
    open_incident()
    run()
    run(minutes=40)
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
    run(hours=30)
    found = subscriber_of(installation, subscriber_id)
    assert (found.quarantined_at, found.failing_since) == (None, None)


def test_quarantine_tries_one_at_a_time(
    installation: Installation, add: Add, run: Run, receiver: Receiver, open_incident: OpenIncident, now: datetime
) -> None:
    add(receiver.url("500"))
    for n in range(5):
        open_incident(f"Trouble {n}")
    run()
    with installation.database.write() as session:
        quarantines.isolate_due(session, now + timedelta(hours=2))
    before = len(receiver.got())
    run(hours=2)
    assert len(receiver.got()) - before == 1
    receiver.behave("taken")
    assert run(days=1).sent == 5


def test_quarantine_is_lifted_by_hand(
    installation: Installation, add: Add, run: Run, receiver: Receiver, open_incident: OpenIncident, now: datetime
) -> None:
    subscriber_id = add(receiver.url("500"))
    open_incident()
    run()
    run(minutes=40)
    later = now + timedelta(hours=1)
    receiver.behave("taken")
    with installation.database.write() as session:
        quarantines.isolate_due(session, later)
        bounces.restore(session, session.get_one(Subscriber, subscriber_id), now=later)
    assert run(hours=1).sent == 1


def test_nothing_but_the_request_comes_first(
    installation: Installation, receiver: Receiver, run: Run, open_incident: OpenIncident, now: datetime
) -> None:
    draft = SubscriberDraft(webhook=receiver.url())
    with installation.database.write() as session:
        subscriber = subscribers.subscribe(session, draft, source="api:test", now=now)
        token, secret = subscriber.token, subscriber.secret
    open_incident()
    assert run() == Report()
    assert deliver_due(installation, lambda: now, HOOK_REQUESTS).sent == 1
    posted = receiver.wait_for(1)[0].json
    assert posted["confirmation"] == {"url": f"https://status.example.com/confirm/{token}", "secret": secret}
    assert f"/confirm/{token}" in posted["incident"]["incident_updates"][0]["body"]
    with installation.database.write() as session:
        subscribers.confirm(session, token, now=now)
    open_incident("Another")
    assert run().sent == 1


def test_component_change_is_told(
    installation: Installation,
    add: Add,
    run: Run,
    receiver: Receiver,
    add_components: Callable[..., None],
    now: datetime,
) -> None:
    add_components("API", "SIP trunk")
    add(receiver.url(), components=["api"])
    add(receiver.url("other"), components=["sip-trunk"])
    draft = IncidentDraft(
        title="Calls fail", body="Some.", priority=Priority.P2, components={"api": ComponentStatus.PARTIAL_OUTAGE}
    )
    with site_change(installation, now, author="Anna") as change:
        incidents.open_incident(change.session, draft, policy=change.policy, author="Anna", now=now)
    assert run().sent == 2
    told = next(each.json for each in receiver.wait_for(2) if "component" in each.json)
    assert told["component"]["name"] == "API"
    assert told["component_update"]["old_status"] == "operational"
    assert told["component_update"]["new_status"] == "partial_outage"


def test_change_of_terms_is_told(
    installation: Installation, add: Add, run: Run, receiver: Receiver, now: datetime
) -> None:
    add(receiver.url())
    add(receiver.url("slack"), "slack")
    draft = NoticeDraft(title="New service levels", body="From January.", notify=True)
    with installation.database.write() as session:
        notices.post_notice(session, draft, author="Anna", now=now)
    assert run().sent == 2
    webhook = next(each.json for each in receiver.wait_for(2) if "notice" in each.json)
    assert webhook["incident"]["name"] == "New service levels"
    assert webhook["incident"]["impact"] == "none"


def test_reminder_says_when_it_was_made(
    installation: Installation,
    add: Add,
    run: Run,
    receiver: Receiver,
    add_components: Callable[..., None],
    now: datetime,
) -> None:
    add_components("API")
    add(receiver.url())
    starts_at = now + timedelta(days=28)
    draft = MaintenanceDraft(
        title="New switch",
        body="Calls may drop.",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        components=["api"],
    )
    with installation.database.write() as session:
        maintenance.schedule(session, draft, policy=installation.policy(now), author="Anna", now=now)
    assert run().sent == 1
    with installation.database.write() as session:
        day_before = starts_at - timedelta(hours=24)
        reminders.remind_due(session, policy=installation.policy(day_before), now=day_before)
    assert run(days=27).sent == 1
    announced, reminded = (posted.json["incident"] for posted in receiver.wait_for(2))
    assert announced["scheduled_reminded_at"] is None
    assert reminded["scheduled_reminded_at"] == day_before.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert reminded["id"] == announced["id"]


def test_updates_come_in_their_order(
    add: Add, run: Run, receiver: Receiver, open_incident: OpenIncident, post_update: PostUpdate
) -> None:
    add(receiver.url())
    incident = open_incident()
    receiver.behave("500")
    run()
    post_update(incident, status="resolved", at=3)
    receiver.behave("taken")
    run(minutes=4)
    run(minutes=5)
    bodies = [each.json["incident"]["incident_updates"][0]["status"] for each in receiver.got()]
    assert bodies == ["investigating", "investigating", "resolved"]
