"""A reader hears in their own language where an operator wrote in it: by mail, by webhook, by chat."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_network

from statuspage import incidents, maintenance, reminders, subscribers, windows
from statuspage.changes import Installation
from statuspage.components import load_page
from statuspage.domain.vocabulary import Priority
from statuspage.drafts import (
    CancelDraft,
    IncidentDraft,
    MaintenanceDraft,
    MoveDraft,
    SubscriberDraft,
    Translation,
)
from statuspage.notify.channels import HOOKS
from statuspage.notify.delivery import deliver_due
from tests.hooks import Receiver
from tests.notify.conftest import Deliver, Subscribe

DUTCH = {"nl": Translation(title="Bellen lukt niet", body="We **zoeken** het uit.")}
DRAFT = IncidentDraft(title="Calls fail", body="We look.", priority=Priority.P1, translations=DUTCH)


def _open(installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        policy = installation.policy(now)
        incidents.open_incident(session, DRAFT, policy=policy, author="Anna", now=now)


def _speak(installation: Installation) -> None:
    with installation.database.write() as session:
        load_page(session).languages = ["en", "nl", "fr"]


def test_mail_is_in_readers_language(
    page: None, subscribe: Subscribe, deliver: Deliver, installation: Installation, now: datetime
) -> None:
    _speak(installation)
    for language in ("en", "nl", "fr"):
        subscribe(f"{language}@example.com", language=language)
    _open(installation, now)
    mails = {mail.recipient: mail.message for mail in deliver(now)}
    dutch, french = mails["nl@example.com"], mails["fr@example.com"]
    assert "Bellen lukt niet" in str(dutch["Subject"])
    assert "zoeken" in dutch.as_string()
    assert "Calls fail" in str(french["Subject"])
    assert "Calls fail" in str(mails["en@example.com"]["Subject"])


def test_webhook_is_in_readers_language(installation: Installation, receiver: Receiver, now: datetime) -> None:
    _speak(installation)
    local = installation.settings.model_copy(update={"probe_allow_private": (ip_network("127.0.0.0/8"),)})
    installation.settings = local
    with installation.database.write() as session:
        draft = SubscriberDraft(webhook=receiver.url(), language="nl")
        subscribers.add_confirmed(session, draft, source="test", now=now)
    _open(installation, now)
    later = now + timedelta(seconds=1)
    assert deliver_due(installation, lambda: later, HOOKS).sent == 1
    told = receiver.wait_for(1)[0].json["incident"]
    assert told["name"] == "Bellen lukt niet"
    assert told["incident_updates"][0]["body"] == "We zoeken het uit."


def test_every_step_of_work_is_said_in_readers_language(
    page: None, subscribe: Subscribe, deliver: Deliver, installation: Installation, receiver: Receiver, now: datetime
) -> None:
    _speak(installation)
    subscribe("nl@example.com", language="nl")
    local = installation.settings.model_copy(update={"probe_allow_private": (ip_network("127.0.0.0/8"),)})
    installation.settings = local
    starts_at = now + timedelta(days=28)
    window = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}
    with installation.database.write() as session:
        slack = SubscriberDraft(slack=receiver.url(), language="nl")
        subscribers.add_confirmed(session, slack, source="test", now=now)
        policy, acting = installation.policy(now), {"author": "Anna", "now": now}
        draft = MaintenanceDraft(title="New switch", body="Calls may drop.", components=["portal"], **window)
        work = maintenance.schedule(session, draft, policy=policy, **acting)
        later = {name: at + timedelta(days=1) for name, at in window.items()}
        maintenance.move(session, work, MoveDraft(body="Later.", **later), policy=policy, **acting)
        day_before = later["starts_at"] - timedelta(hours=24)
        reminders.remind_due(session, policy=policy, now=day_before)
    deliver(day_before)
    with installation.database.write() as session:
        for at in later.values():
            windows.advance_due(session, now=at)
        other = maintenance.schedule(session, draft, policy=policy, **acting)
        maintenance.cancel(session, other, CancelDraft(body="Not needed."), **acting)
    end = later["ends_at"] + timedelta(minutes=1)
    told = [str(mail.message["Subject"]) for mail in deliver(end) if mail.recipient == "nl@example.com"]
    said = {subject.partition("]")[0].removeprefix("[Onderhoud ") for subject in told}
    assert said == {"gepland", "verplaatst", "begonnen", "klaar", "geannuleerd", "[Herinnering aan onderhoud"}
    deliver_due(installation, lambda: end, HOOKS)
    posted = " ".join(each.body.decode() for each in receiver.got())
    assert "Onderhoud verplaatst" in posted
    assert "U koos" not in posted
    assert "Eerder" in posted
