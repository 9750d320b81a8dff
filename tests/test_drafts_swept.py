"""A draft is nowhere outside: a sweep over every file, door, mail and post with drafts of every origin open."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import brotli
import pytest
from flask import Flask
from sqlalchemy import update

from statuspage import detections, hooks, incidents, proposals, subscribers, worker
from statuspage.changes import Change, Installation, site_change
from statuspage.components import add_component, change_page, load_page
from statuspage.domain.vocabulary import ComponentStatus, Priority
from statuspage.drafts import ComponentDraft, IncidentChange, IncidentDraft, PageChange, SubscriberDraft
from statuspage.hook_drafts import AlertDraft, HookDraft
from statuspage.models import Subscriber
from statuspage.notify.channels import CHANNELS
from statuspage.notify.delivery import deliver_due
from statuspage.settings import Settings
from tests.hooks import Receiver
from tests.mail import MailServer

MARKS = ("Xyzzy", "frobozz", "plugh")
SEEN = "Decoy"
"""An incident that is published: what carries no word of it would prove nothing."""
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
OPERATOR = "noc@example.com"


@pytest.fixture
def settings(settings: Settings, mail_server: MailServer) -> Settings:
    reachable = {"probe_allow_private": (ip_network("127.0.0.0/8"),)}
    return settings.model_copy(update={"mail_server": "127.0.0.1", "mail_port": mail_server.port, **reachable})


@pytest.fixture
def drafts(installation: Installation, receiver: Receiver, now: datetime) -> list[str]:
    """The ids of three drafts: kept and waiting for its time, measured from outside, and one that recovered."""
    with site_change(installation, now - 2 * DAY, author="ann") as change:
        page = PageChange(languages=["en", "nl"], responsible_email=OPERATOR)
        change_page(change.session, load_page(change.session), page, now=change.now)
        for name in ("API", "Web"):
            add_component(change.session, ComponentDraft(name=name), author="ann", now=change.now)
        for wishes in (
            {"email": "anna@example.com"},
            {"email": "dora@example.com", "frequency": "daily"},
            {"email": "nina@example.com", "language": "nl"},
            {"webhook": receiver.url()},
            {"mattermost": receiver.url("chat")},
        ):
            draft = SubscriberDraft.model_validate(wishes)
            subscribers.add_confirmed(change.session, draft, source="test", now=change.now)
        daily = update(Subscriber).where(Subscriber.frequency == "daily")
        change.session.execute(daily.values(digested_at=now - MINUTE))
    with site_change(installation, now, author="ann") as change:
        kept = _keep(change)
        alerts = [_alert("frobozz-1", now), _alert("frobozz-2", now, title="Xyzzy too")]
        hook = hooks.create_hook(change.session, HookDraft(name="plugh", kind="alert"), author="ann", now=now)[0]
        hooks.receive(change.session, hook, alerts, now=now)
        detections.follow(change.session, policy=change.policy, now=now)
    with site_change(installation, now + MINUTE, author="ann") as change:
        over = alerts[1].model_copy(update={"resolved": True})
        hooks.receive(change.session, hook, [over], now=change.now)
        detections.follow(change.session, policy=change.policy, now=change.now)
        seen = IncidentDraft(
            title=SEEN, priority=Priority.P1, body=SEEN, components={"web": ComponentStatus.DEGRADED_PERFORMANCE}
        )
        incidents.open_incident(change.session, seen, policy=change.policy, author="ann", now=change.now)
        found = incidents.load_incidents(change.session, drafts=True)
        assert kept in {each.id for each in found}
        return [each.id for each in found]


def _keep(change: Change) -> str:
    """A draft in two languages, changed since, with a note, to be published in three days."""
    draft = IncidentDraft.model_validate(
        {
            "title": "Xyzzy",
            "priority": "P1",
            "body": "Nothing of this gets out: frobozz.",
            "components": {"api": "major_outage"},
            "cause": "third_party",
            "provider": "plugh",
            "translations": {"nl": {"title": "Xyzzy", "body": "Niets hiervan: frobozz."}},
        }
    )
    row = proposals.keep(change.session, draft, policy=change.policy, author="ann", now=change.now)
    wanted = IncidentChange(title="Xyzzy again", publish_at=change.now + 3 * DAY)
    proposals.change(change.session, row, wanted, policy=change.policy, author="ann", now=change.now)
    incidents.add_note(change.session, row, "frobozz", author="ann", now=change.now)
    return row.id


def _alert(key: str, at: datetime, title: str = "Xyzzy") -> AlertDraft:
    values = {"fingerprint": key, "starts_at": at, "resolved": False, "title": title, "words": "frobozz"}
    return AlertDraft.model_validate(values)


def test_sweep_finds_no_draft(
    app: Flask,
    installation: Installation,
    drafts: list[str],
    mail_server: MailServer,
    receiver: Receiver,
    now: datetime,
) -> None:
    assert len(drafts) == 3
    morning = now.replace(hour=8) + DAY
    for moment in (now + 2 * MINUTE, now + 30 * MINUTE, morning + 5 * MINUTE):
        for chore in worker.make_chores("sweep")[1:]:
            chore.act(installation, moment)
        _deliver(installation, moment)
    installation.publisher.publish(morning, everything=True)

    hidden = (*MARKS, *drafts)
    files = dict(_files(installation.settings.public_folder))
    for name in ("index.html", "nl/index.html", "feed.atom.gz", "api/v2/summary.json.br", "history.rss"):
        assert SEEN.encode() in files[name], name
    betrayed = [(name, mark) for name, content in files.items() for mark in hidden if mark.encode() in content]
    assert betrayed == []

    for path in _paths(app, drafts):
        answer = app.test_client().get(path)
        assert not [mark for mark in MARKS if mark in answer.text], path

    mails = [(each.recipient, each.message["Subject"] + each.text + each.html) for each in mail_server.mails()]
    assert {to for to, text in mails if SEEN in text} >= {"anna@example.com", "dora@example.com", "nina@example.com"}
    assert {to for to, text in mails for mark in hidden if mark in text} == {OPERATOR}
    posted = [(each.path, each.body.decode()) for each in receiver.got()]
    assert {path for path, body in posted if SEEN in body} == {"/taken", "/chat"}
    assert [path for path, body in posted for mark in hidden if mark in body] == []


def _deliver(installation: Installation, moment: datetime) -> None:
    for channel in CHANNELS:
        deliver_due(installation, lambda: moment, channel)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that is served, unpacked."""
    unpack = {".gz": gzip.decompress, ".br": brotli.decompress}
    for path in folder.rglob("*"):
        if path.is_file():
            read = unpack.get(path.suffix, bytes)
            yield path.relative_to(folder).as_posix(), read(path.read_bytes())


def _paths(app: Flask, drafts: list[str]) -> Iterator[str]:
    """Every door that answers a GET, of each draft where it takes a key."""
    for rule in app.url_map.iter_rules():
        for key in drafts if rule.arguments else drafts[:1]:
            if "GET" in (rule.methods or ()):
                yield re.sub(r"<[^>]*>", key, rule.rule)
