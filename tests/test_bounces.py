"""Mail that came back: who is believed, what is kept, when an address is suppressed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from statuspage import bounces, hooks, subscribers
from statuspage.changes import Installation
from statuspage.domain.bouncing import BounceKind
from statuspage.drafts import SubscriberDraft
from statuspage.hook_drafts import HookDraft
from statuspage.models import Bounce, Delivery, Subscriber
from statuspage.notify.bounce_reports import BounceReport
from statuspage.notify.letterhead import return_path_of
from statuspage.settings import Settings
from tests.bounced import AUTO_REPLY, complaint_report, delivery_report


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Bounces come in at an address of ours."""
    return settings.model_copy(update={"mail_bounce_address": "bounces@example.com"})


@pytest.fixture
def reader(installation: Installation, now: datetime) -> str:
    """The id of somebody whose address is gone."""
    with installation.database.write() as session:
        draft = SubscriberDraft(email="gone@example.com")
        return subscribers.add_confirmed(session, draft, source="test", now=now).id


Owe = Callable[..., int]


@pytest.fixture
def owe(installation: Installation, reader: str, now: datetime) -> Owe:
    """A function that makes a sent delivery: owe(days_ago=3)."""

    def make(days_ago: float = 0) -> int:
        at = now - timedelta(days=days_ago)
        with installation.database.write() as session:
            row = Delivery(kind="update", subscriber_id=reader, state="sent", created_at=at, due_at=at, sent_at=at)
            session.add(row)
            session.flush()
            return row.id

    return make


def return_address(installation: Installation, delivery_id: int) -> str:
    returns = return_path_of(installation.settings)
    assert returns is not None
    return returns.address(delivery_id)


def suppressed_for(installation: Installation, reader: str) -> str | None:
    with installation.database.read() as session:
        return session.get_one(Subscriber, reader).suppressed_for


def take(installation: Installation, report: BounceReport, now: datetime) -> list[Bounce]:
    with installation.database.write() as session:
        return bounces.take_in(session, [report], returns=return_path_of(installation.settings), now=now)


@pytest.fixture
def door(app: Flask, installation: Installation, now: datetime) -> str:
    """The path of a bounce hook."""
    with installation.database.write() as session:
        draft = HookDraft(name="mail", kind="bounces")
        return hooks.hook_path(*hooks.create_hook(session, draft, author="test", now=now))


def post_mail(client: FlaskClient, door: str, data: bytes) -> int:
    answer = client.post(door, data=data, content_type="message/rfc822")
    assert answer.status_code == 200
    return int(answer.get_json()["taken"])


def test_hard_bounce_suppresses_the_address(
    client: FlaskClient, door: str, installation: Installation, owe: Owe, reader: str
) -> None:
    report = delivery_report(return_address(installation, owe()))
    assert post_mail(client, door, report) == 1
    assert (suppressed_for(installation, reader) or "").startswith("hard: 5.1.1 smtp; 550 5.1.1 <gone@example.com>")
    assert post_mail(client, door, report) == 0
    with installation.database.read() as session:
        assert len(session.scalars(select(Bounce)).all()) == 1


def test_stranger_cannot_suppress_others(
    client: FlaskClient, door: str, installation: Installation, owe: Owe, reader: str
) -> None:
    number = owe()
    forged = return_address(installation, number)[:-20] + "aaaaaaaa@example.com"
    message_id = f"<up1.{reader}@status.example.com>"
    assert post_mail(client, door, delivery_report(forged, message_id=message_id)) == 0
    assert post_mail(client, door, delivery_report("bounces@example.com")) == 0
    assert suppressed_for(installation, reader) is None


def test_reply_and_delay_change_nothing(
    client: FlaskClient, door: str, installation: Installation, owe: Owe, reader: str
) -> None:
    back = return_address(installation, owe())
    assert post_mail(client, door, AUTO_REPLY % back.encode()) == 0
    assert post_mail(client, door, delivery_report(back, action="delayed", status="4.4.1")) == 0
    assert suppressed_for(installation, reader) is None


def test_complaint_suppresses_at_once(
    client: FlaskClient, door: str, installation: Installation, owe: Owe, reader: str
) -> None:
    assert post_mail(client, door, complaint_report(return_address(installation, owe()))) == 1
    assert (suppressed_for(installation, reader) or "").startswith("complaint: ")


def test_fifth_soft_bounce_suppresses(installation: Installation, owe: Owe, reader: str, now: datetime) -> None:
    for days_ago in (4, 3, 2, 1, 0):
        assert suppressed_for(installation, reader) is None
        at = now - timedelta(days=days_ago)
        mark = return_address(installation, owe(days_ago))
        take(installation, BounceReport(BounceKind.SOFT, "full", "rfc3464", at, marks=(mark,)), at)
    assert suppressed_for(installation, reader) == "soft: full"


def test_arrival_between_soft_bounces_counts(
    installation: Installation, owe: Owe, reader: str, now: datetime
) -> None:
    for days_ago in (12, 11, 10, 9):
        at = now - timedelta(days=days_ago)
        mark = return_address(installation, owe(days_ago))
        take(installation, BounceReport(BounceKind.SOFT, "full", "rfc3464", at, marks=(mark,)), at)
    owe(7)
    mark = return_address(installation, owe())
    take(installation, BounceReport(BounceKind.SOFT, "full", "rfc3464", now, marks=(mark,)), now)
    assert suppressed_for(installation, reader) is None


def test_restored_address_starts_anew(installation: Installation, owe: Owe, reader: str, now: datetime) -> None:
    for n in range(5):
        mark = return_address(installation, owe())
        at = now - timedelta(hours=n)
        take(installation, BounceReport(BounceKind.SOFT, "full", "rfc3464", at, marks=(mark,)), now)
    assert suppressed_for(installation, reader)
    with installation.database.write() as session:
        bounces.restore(session, session.get_one(Subscriber, reader), now=now)
    mark = return_address(installation, owe())
    take(installation, BounceReport(BounceKind.SOFT, "full", "rfc3464", now, marks=(mark,)), now)
    assert suppressed_for(installation, reader) is None


def test_event_finds_the_address_as_typed(
    client: FlaskClient, door: str, installation: Installation, reader: str
) -> None:
    event = {"event": "spamreport", "email": "Gone@Example.COM", "timestamp": 1_780_000_000}
    unknown = {**event, "email": "nobody@example.com"}
    answer = client.post(door, json=[event, event, unknown, {**event, "email": "not an address"}])
    assert answer.get_json() == {"taken": 1}
    assert (suppressed_for(installation, reader) or "").startswith("complaint")


def test_message_id_proves_where_no_tag_can(
    app: Flask, installation: Installation, reader: str, now: datetime
) -> None:
    report = BounceReport(BounceKind.HARD, "x", "rfc3464", now, message_id=f"<up1.{reader}@status.example.com>")
    with installation.database.write() as session:
        assert bounces.take_in(session, [report], returns=None, now=now)


def test_door_needs_its_token(client: FlaskClient, door: str, installation: Installation, owe: Owe) -> None:
    report = delivery_report(return_address(installation, owe()))
    answer = client.post("/hooks/bounces/" + "x" * 27, data=report, content_type="message/rfc822")
    assert answer.status_code == 404
    assert client.get(door).status_code in (404, 405)


@pytest.mark.parametrize(
    "bad", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"Type": "SubscriptionConfirmation"}']
)
def test_bad_posts_are_refused_plainly(client: FlaskClient, door: str, bad: bytes) -> None:
    answer = client.post(door, data=bad, content_type="text/plain; charset=UTF-8")
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert json.loads(answer.data)["errors"]
