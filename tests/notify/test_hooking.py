"""Webhooks and chats, each row of the fault table, against a real receiver in a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from standardwebhooks import Webhook

from statuspage import subscribers
from statuspage.changes import Installation
from statuspage.drafts import SubscriberDraft
from statuspage.models import Subscriber
from statuspage.notify import outbox
from statuspage.notify.delivery import Report, deliver_due
from statuspage.notify.hooking import HOOK_REQUESTS, HOOKS, WAITS
from statuspage.notify.webhook_signature import signed_headers
from tests.hooks import Receiver
from tests.notify.conftest import AddHook, OpenIncident, PostHooks, PostUpdate, rows_of, subscriber_of
from tests.running import wait_until

pytestmark = pytest.mark.usefixtures("local_hooks")


def test_webhook_is_signed_and_told(
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    open_incident: OpenIncident,
    add_components: Callable[..., None],
    now: datetime,
) -> None:
    add_components("API")
    subscriber = subscriber_of(installation, add_hook(receiver.url()))
    open_incident(api="major_outage")
    assert post_hooks().sent == 1
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
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    open_incident: OpenIncident,
    channel: str,
) -> None:
    subscriber = subscriber_of(installation, add_hook(receiver.url(), channel))
    open_incident()
    assert post_hooks().sent == 1
    body = receiver.wait_for(1)[0].body.decode()
    assert "Calls fail" in body
    assert f"/manage/{subscriber.token}" in body
    assert "webhook-signature" not in receiver.got()[0].headers


def test_failures_follow_the_schedule(
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
    tried_at = timedelta()
    for tries, wait in enumerate(WAITS, start=1):
        row = rows_of(installation)[0]
        since = row.due_at - now
        assert (row.state, row.attempts) == ("due", tries)
        assert wait <= since - tried_at <= wait * 1.2
        assert post_hooks(seconds=since.total_seconds() - 1).retrying == 0
        post_hooks(seconds=since.total_seconds())
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
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    open_incident: OpenIncident,
) -> None:
    add_hook(receiver.url("301"))
    open_incident()
    assert post_hooks().retrying == 1
    assert rows_of(installation)[0].last_error == "answered 301: words"
    assert not (receiver.folder / "followed").exists()


def test_gone_address_is_disabled(
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    open_incident: OpenIncident,
    now: datetime,
) -> None:
    subscriber_id = add_hook(receiver.url("410"))
    open_incident()
    assert post_hooks().dead == 1
    found = subscriber_of(installation, subscriber_id)
    assert (found.suppressed_at, found.suppressed_for) == (now, "answered 410: words")
    open_incident("Another")
    assert post_hooks(hours=1) == Report()


def test_wish_to_wait_is_heeded(
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    open_incident: OpenIncident,
    now: datetime,
) -> None:
    subscriber_id = add_hook(receiver.url("wait/7200"))
    open_incident()
    assert post_hooks().retrying == 1
    assert rows_of(installation)[0].due_at == now + timedelta(hours=2)
    assert subscriber_of(installation, subscriber_id).failing_since is None


def test_silent_host_holds_up_no_other(
    installation: Installation, add_hook: AddHook, receiver: Receiver, open_incident: OpenIncident, now: datetime
) -> None:
    for n in range(40):
        add_hook(receiver.url(f"silent/?{n}"))
    for n in range(20):
        add_hook(f"http://localhost:{receiver.port}/taken/{n}")
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
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    open_incident: OpenIncident,
) -> None:
    add_hook(receiver.url("silent"))
    open_incident()
    assert post_hooks(total=1).retrying == 1
    assert "no answer within" in (rows_of(installation)[0].last_error or "")


def test_endless_answer_counts_as_taken(
    add_hook: AddHook, post_hooks: PostHooks, receiver: Receiver, open_incident: OpenIncident
) -> None:
    add_hook(receiver.url("endless"))
    open_incident()
    assert post_hooks().sent == 1


def test_private_address_is_not_posted_to(
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    open_incident: OpenIncident,
) -> None:
    subscriber_id = add_hook(receiver.url())
    with installation.database.write() as session:
        session.get_one(Subscriber, subscriber_id).by_operator = False
    open_incident()
    assert post_hooks().retrying == 1
    assert "not public" in (rows_of(installation)[0].last_error or "")
    assert receiver.got() == []


def test_nothing_but_the_request_comes_first(
    installation: Installation, receiver: Receiver, post_hooks: PostHooks, open_incident: OpenIncident, now: datetime
) -> None:
    draft = SubscriberDraft(webhook=receiver.url())
    with installation.database.write() as session:
        subscriber = subscribers.subscribe(session, draft, source="api:test", now=now)
        token, secret = subscriber.token, subscriber.secret
    open_incident()
    assert post_hooks() == Report()
    assert deliver_due(installation, lambda: now, HOOK_REQUESTS).sent == 1
    posted = receiver.wait_for(1)[0].json
    assert posted["confirmation"] == {"url": f"https://status.example.com/confirm/{token}", "secret": secret}
    assert f"/confirm/{token}" in posted["incident"]["incident_updates"][0]["body"]
    with installation.database.write() as session:
        subscribers.confirm(session, token, now=now)
    open_incident("Another")
    assert post_hooks().sent == 1


def test_followed_incident_is_posted_until_resolved(
    installation: Installation,
    receiver: Receiver,
    post_hooks: PostHooks,
    open_incident: OpenIncident,
    post_update: PostUpdate,
    now: datetime,
) -> None:
    incident = open_incident()
    with installation.database.write() as session:
        draft = SubscriberDraft(webhook=receiver.url(), incident=incident.id)
        token = subscribers.subscribe(session, draft, source="api:test", now=now).token
    assert deliver_due(installation, lambda: now, HOOK_REQUESTS).sent == 1
    assert receiver.got()[0].json["confirmation"]["url"].endswith(f"/confirm/{token}")
    with installation.database.write() as session:
        subscribers.confirm(session, token, now=now)
    open_incident("Another")
    for minutes, status in enumerate(("monitoring", "resolved", "postmortem"), start=1):
        post_update(incident, status=status, at=minutes)
    post_hooks(minutes=9)
    told = [posted.json["incident"] for posted in receiver.got()[1:]]
    assert [(each["id"], each["status"]) for each in told] == [
        (incident.id, "monitoring"),
        (incident.id, "resolved"),
    ]


def test_updates_come_in_their_order(
    add_hook: AddHook, post_hooks: PostHooks, receiver: Receiver, open_incident: OpenIncident, post_update: PostUpdate
) -> None:
    add_hook(receiver.url())
    incident = open_incident()
    receiver.behave("500")
    post_hooks()
    post_update(incident, status="resolved", at=3)
    receiver.behave("taken")
    post_hooks(minutes=4)
    post_hooks(minutes=5)
    bodies = [each.json["incident"]["incident_updates"][0]["status"] for each in receiver.got()]
    assert bodies == ["investigating", "investigating", "resolved"]
