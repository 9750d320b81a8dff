"""Each row of the table of SMTP faults, against a real server process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from statuspage import subscribers
from statuspage.changes import Installation
from statuspage.domain.vocabulary import Priority
from statuspage.drafts import SubscriberDraft
from statuspage.models import Delivery, Subscriber
from statuspage.notify import delivery, outbox, pauses
from statuspage.notify.delivery import Report
from statuspage.notify.mailing import MAIL, NO_SERVER
from tests.mail import MailServer, deliver_mail
from tests.notify.conftest import OpenIncident, PostUpdate, Subscribe

ADDRESSES = [f"reader{n}@example.com" for n in range(12)]
Run = Callable[..., Report]


@pytest.fixture
def run(installation: Installation, now: datetime) -> Run:
    """One run of the worker so long after the post: run(minutes=6)."""

    def deliver(timeout: float = 60, **after: float) -> Report:
        return deliver_mail(installation, lambda: now + timedelta(**after), timeout=timeout)

    return deliver


@pytest.fixture
def posted(subscribe: Subscribe, open_incident: OpenIncident) -> None:
    subscribe(*ADDRESSES)
    open_incident()


def rows_of(installation: Installation) -> list[Delivery]:
    with installation.database.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def test_everybody_is_told_once(
    posted: None, run: Run, mail_server: MailServer, installation: Installation, now: datetime
) -> None:
    assert run().sent == 12
    assert run(hours=9).sent == 0
    assert sorted(mail.recipient for mail in mail_server.mails()) == sorted(ADDRESSES)
    assert {(row.state, row.sent_at) for row in rows_of(installation)} == {("sent", now)}


def test_without_mail_server_mail_is_kept(posted: None, installation: Installation, now: datetime) -> None:
    installation.settings = installation.settings.model_copy(update={"mail_server": None})
    assert deliver_mail(installation, lambda: now) == Report(paused=NO_SERVER)
    assert {(row.state, row.lease_until) for row in rows_of(installation)} == {("due", None)}


def test_no_server_means_later(posted: None, run: Run, installation: Installation, mail_server: MailServer) -> None:
    running = installation.settings
    installation.settings = running.model_copy(update={"mail_port": 1})
    report = run()
    assert report.trouble is not None
    assert report.sent == 0
    assert report.retrying + report.released == 12
    assert {row.state for row in rows_of(installation)} == {"due"}
    installation.settings = running
    assert run(minutes=7).sent == 12


@pytest.mark.parametrize("fault", ["greylist", "rcpt4xx", "mail4xx", "data451"])
def test_put_off_mail_comes_later(
    posted: None, run: Run, mail_server: MailServer, installation: Installation, now: datetime, fault: str
) -> None:
    mail_server.behave(fault)
    assert run().retrying == 12
    rows = rows_of(installation)
    assert all(row.due_at >= now + timedelta(minutes=5) and row.attempts == 1 for row in rows)
    assert all("4" in (row.last_error or "") for row in rows)
    assert run(minutes=4).sent == 0
    if fault != "greylist":
        mail_server.behave()
    assert run(minutes=7).sent == 12


@pytest.mark.parametrize("fault", ["rcpt421", "dropdata"])
def test_hang_up_stops_the_run(
    posted: None, run: Run, mail_server: MailServer, installation: Installation, fault: str
) -> None:
    mail_server.behave(fault)
    report = run()
    assert report.trouble is not None
    assert report.retrying <= MAIL.in_flight
    assert report.retrying + report.released == 12
    mail_server.behave()
    assert run(seconds=1).sent == report.released
    assert run(minutes=7).sent == report.retrying
    assert len(mail_server.mails()) == 12


def test_drop_after_final_dot_repeats_same_message_id(posted: None, run: Run, mail_server: MailServer) -> None:
    mail_server.behave("dropdot")
    report = run()
    mail_server.behave()
    run(minutes=7)
    mails = mail_server.mails()
    assert len(mails) == 12 + report.retrying
    assert {mail.recipient for mail in mails} == set(ADDRESSES)
    assert len({mail.message["Message-ID"] for mail in mails}) == 12


def test_wrong_address_is_suppressed(
    posted: None, run: Run, mail_server: MailServer, installation: Installation, now: datetime
) -> None:
    mail_server.behave(f"rcpt5xx {ADDRESSES[3]}")
    report = run()
    assert (report.sent, report.dead) == (11, 1)
    with installation.database.read() as session:
        refused = session.scalars(select(Subscriber).where(Subscriber.suppressed_at.is_not(None))).one()
        assert refused.address == ADDRESSES[3]
        assert "no such user" in (refused.suppressed_for or "")


@pytest.mark.parametrize("fault", ["sender", "relay"])
def test_refused_sender_pauses_everything(
    posted: None, run: Run, mail_server: MailServer, installation: Installation, fault: str
) -> None:
    mail_server.behave(fault)
    report = run()
    assert report.paused is not None
    assert report.paused.startswith(("MAIL FROM: 550", "RCPT TO: 554"))
    assert {(row.state, row.attempts, row.lease_until) for row in rows_of(installation)} == {("due", 0, None)}
    with installation.database.read() as session:
        assert session.scalars(select(Subscriber).where(Subscriber.suppressed_at.is_not(None))).all() == []
        assert pauses.load_pause(session) is not None
    mail_server.behave()
    assert run(minutes=14) == Report(paused=report.paused)
    assert run(minutes=15).sent == 12
    with installation.database.read() as session:
        assert pauses.load_pause(session) is None


def test_other_settings_end_a_pause(
    posted: None, run: Run, mail_server: MailServer, installation: Installation
) -> None:
    mail_server.behave("sender")
    run()
    mail_server.behave()
    changed = {"mail_default_sender": "Status <noreply@example.com>"}
    installation.settings = installation.settings.model_copy(update=changed)
    assert run(seconds=1).sent == 12
    assert mail_server.mails()[0].sender == "noreply@example.com"


def test_refused_content_is_dead_but_not_suppressed(
    posted: None, run: Run, mail_server: MailServer, installation: Installation
) -> None:
    mail_server.behave("content5xx")
    assert run().dead == 12
    with installation.database.read() as session:
        assert session.scalars(select(Subscriber).where(Subscriber.suppressed_at.is_not(None))).all() == []


def test_slow_server_keeps_its_leases(
    posted: None, installation: Installation, mail_server: MailServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "RENEW_SECONDS", 0.1)
    mail_server.behave("slow 4")
    began = time.monotonic()

    def clock() -> datetime:  # four times as fast: a lease lasts six seconds
        return now + timedelta(seconds=4 * (time.monotonic() - began))

    report: list[Report] = []
    slow = threading.Thread(target=lambda: report.append(deliver_mail(installation, clock)))
    slow.start()
    time.sleep(7)
    assert deliver_mail(installation, clock).sent == 0
    slow.join()
    assert report[0].sent == 12
    assert len(mail_server.mails()) == 12


def test_server_slower_than_patience_is_tried_again(posted: None, run: Run, mail_server: MailServer) -> None:
    mail_server.behave("slow 3")
    report = run(timeout=0.5)
    assert report.sent == 0
    assert report.trouble is not None
    mail_server.behave()
    run(minutes=7)
    assert {mail.recipient for mail in mail_server.mails()} == set(ADDRESSES)


def test_told_to_stop_it_stops(
    posted: None, installation: Installation, mail_server: MailServer, now: datetime
) -> None:
    mail_server.behave("slow 30")
    stop = threading.Event()
    threading.Timer(0.7, stop.set).start()
    began = time.monotonic()
    report = deliver_mail(installation, lambda: now, stop=stop)
    assert time.monotonic() - began < 20
    assert report.released == 12
    mail_server.behave()
    assert deliver_mail(installation, lambda: now).sent == 12


def test_two_workers_send_each_mail_once(
    subscribe: Subscribe,
    open_incident: OpenIncident,
    installation: Installation,
    mail_server: MailServer,
    now: datetime,
) -> None:
    subscribe(*(f"reader{n}@example.com" for n in range(150)))
    open_incident()
    workers = [threading.Thread(target=deliver_mail, args=(installation, lambda: now)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    deliver_mail(installation, lambda: now + timedelta(minutes=1))  # what a busy machine made them put aside
    recipients = [mail.recipient for mail in mail_server.mails()]
    assert len(recipients) == len(set(recipients)) == 150


def test_consent_is_read_again_at_sending(
    posted: None, run: Run, mail_server: MailServer, installation: Installation, now: datetime
) -> None:
    with installation.database.write() as session:
        people = session.scalars(select(Subscriber).order_by(Subscriber.address)).all()
        subscribers.unsubscribe(session, people[0], source="test", now=now)
        subscribers.suppress(session, people[1], reason="bounced", now=now)
        subscribers.change_wishes(
            session, people[2], SubscriberDraft.model_validate({"kinds": ["maintenance"]}), source="test", now=now
        )
    report = run()
    assert (report.sent, report.skipped) == (9, 3)
    assert not {people[n].address for n in range(3)} & {mail.recipient for mail in mail_server.mails()}


def test_confirmations_do_not_wait_for_a_fan_out(
    subscribe: Subscribe,
    open_incident: OpenIncident,
    installation: Installation,
    mail_server: MailServer,
    run: Run,
    now: datetime,
) -> None:
    subscribe(*(f"reader{n}@example.com" for n in range(100)))
    open_incident(priority=Priority.P1)
    with installation.database.write() as session:
        subscribers.subscribe(session, SubscriberDraft(email="new@example.com"), source="form", client=None, now=now)
    run()
    order = [mail.recipient for mail in mail_server.mails()]
    assert order.index("new@example.com") < 20


def test_updates_arrive_as_they_were_posted(
    subscribe: Subscribe,
    open_incident: OpenIncident,
    post_update: PostUpdate,
    run: Run,
    mail_server: MailServer,
) -> None:
    subscribe(*ADDRESSES)
    incident = open_incident(priority=Priority.P3)
    post_update(incident, priority=Priority.P1)
    post_update(incident, status="resolved")
    mail_server.behave("slow 0.05")
    assert run().sent == 3 * len(ADDRESSES)
    assert subjects_by_reader(mail_server) == {("[P3 Inv", "[P1 Ide", "[P1 Res")}


def test_put_off_update_still_arrives_first(
    posted: None,
    post_update: PostUpdate,
    run: Run,
    mail_server: MailServer,
    installation: Installation,
) -> None:
    mail_server.behave("rcpt4xx")
    assert run().retrying == 12
    post_update(None, at=2)
    assert run(minutes=2).retrying == 12
    assert {row.attempts for row in rows_of(installation)} == {0, 1}
    assert run(minutes=4).retrying == 0
    mail_server.behave()
    post_update(None, at=5, status="resolved")
    assert run(minutes=5).sent == 36
    assert subjects_by_reader(mail_server) == {("[P1 Inv", "[P1 Ide", "[P1 Res")}


def subjects_by_reader(mail_server: MailServer) -> set[tuple[str, ...]]:
    """The beginnings of the subjects in the order they came, for each reader."""
    found: dict[str, list[str]] = {}
    for mail in mail_server.mails():
        found.setdefault(mail.recipient, []).append(mail.message["Subject"][:7])
    return {tuple(subjects) for subjects in found.values()}


def test_one_unwritable_mail_holds_up_nobody(
    posted: None, run: Run, installation: Installation, mail_server: MailServer
) -> None:
    with installation.database.write() as session:
        first = session.scalars(select(Subscriber).order_by(Subscriber.id)).first()
        assert first is not None
        first.token = "tökén-that-no-header-can-hold"
    report = run()
    assert (report.sent, report.retrying) == (11, 1)
    assert [row.last_error for row in rows_of(installation) if row.last_error] != []


def test_nothing_due_writes_nothing(installation: Installation, now: datetime) -> None:
    with installation.database.read() as session:
        assert not outbox.is_anything_due(session, now=now)
    assert deliver_mail(installation, lambda: now) == Report()


def test_letters_beyond_ascii_need_a_server_for_them(
    subscribe: Subscribe,
    open_incident: OpenIncident,
    run: Run,
    mail_server: MailServer,
    installation: Installation,
) -> None:
    subscribe("jörg@bücher.example", "anna@example.com")
    open_incident()
    assert run().sent == 2
    to_joerg = next(mail for mail in mail_server.mails() if mail.recipient.startswith("jörg"))
    assert to_joerg.recipient == "jörg@xn--bcher-kva.example"
    assert "To: jörg@xn--bcher-kva.example\r\n".encode() in to_joerg.data
    mail_server.behave("ascii")
    open_incident("Portal is slow")
    report = run()
    assert (report.sent, report.dead) == (1, 1)
    with installation.database.read() as session:
        (dead,) = session.scalars(select(Delivery).where(Delivery.state == "dead"))
        assert "SMTPUTF8" in (dead.last_error or "")
        assert session.get_one(Subscriber, dead.subscriber_id).suppressed_at is None
