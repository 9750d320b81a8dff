"""A destination that is slow, silent or refusing costs the others nothing; greylisting costs one wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from statuspage.changes import Installation
from statuspage.notify.delivery import deliver_due
from statuspage.notify.mailing import MAIL
from tests.mail import MailServer, Received, deliver_mail
from tests.notify.conftest import OpenIncident, PostUpdate, Subscribe
from tests.running import wait_until

PROMPT = 120.0
"""Seconds; a slow machine included."""
SLOW = [f"reader{n}@slow.example" for n in range(20)]
QUICK = [f"reader{n}@quick.example" for n in range(20)]


@contextmanager
def serving(installation: Installation, *, budget: float = 50, timeout: float = 90) -> Iterator[None]:
    """A sender of mail as the worker has it, beside the block; told to stop at its end."""
    stop = threading.Event()
    channel = replace(MAIL, timeout=timeout)
    slow: set[str] = set()

    def work() -> None:
        while not stop.wait(0.1):
            deliver_due(installation, read_clock, channel, budget=timedelta(seconds=budget), stop=stop, slow=slow)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()


def read_clock() -> datetime:
    return datetime.now(UTC)


def quick(mail_server: MailServer) -> list[Received]:
    return [mail for mail in mail_server.mails() if mail.recipient in QUICK]


@pytest.mark.parametrize("fault", ["domainslow slow.example 600", "domain4xx slow.example"])
def test_bad_destination_holds_up_nobody(
    subscribe: Subscribe, open_incident: OpenIncident, installation: Installation, mail_server: MailServer, fault: str
) -> None:
    subscribe(*SLOW, *QUICK)
    mail_server.behave(fault)
    open_incident(at=read_clock())
    with serving(installation):
        assert wait_until(lambda: len(quick(mail_server)) == len(QUICK), PROMPT)
        open_incident("Portal is slow", at=read_clock())
        assert wait_until(lambda: len(quick(mail_server)) == 2 * len(QUICK), PROMPT)


def test_run_that_waits_for_the_slow_serves_others(
    subscribe: Subscribe, open_incident: OpenIncident, installation: Installation, mail_server: MailServer
) -> None:
    subscribe(*SLOW, *QUICK)
    mail_server.behave("domainslow slow.example 600")
    open_incident(at=read_clock())
    with serving(installation, budget=3):
        assert wait_until(lambda: len(quick(mail_server)) == len(QUICK), PROMPT)
        time.sleep(3)
        open_incident("Portal is slow", at=read_clock())
        assert wait_until(lambda: len(quick(mail_server)) == 2 * len(QUICK), PROMPT)


def test_silence_on_one_line_is_not_the_servers_end(
    subscribe: Subscribe, open_incident: OpenIncident, installation: Installation, mail_server: MailServer
) -> None:
    subscribe(*SLOW[:4], *QUICK)
    mail_server.behave("domainslow slow.example 600")
    open_incident(at=read_clock())
    report = deliver_due(installation, read_clock, replace(MAIL, timeout=6))
    assert (report.sent, report.trouble) == (len(QUICK), None)
    assert report.retrying == 4


def test_greylisting_ends_in_mail(
    subscribe: Subscribe,
    open_incident: OpenIncident,
    post_update: PostUpdate,
    installation: Installation,
    mail_server: MailServer,
    now: datetime,
) -> None:
    run = runner(installation, mail_server, now)
    subscribe(*QUICK)
    mail_server.behave("postgrey 300")
    open_incident()
    assert run(0) == (0, len(QUICK))
    post_update(None, at=2)
    assert run(2) == (0, len(QUICK))
    assert run(4) == (0, 0)
    assert run(9) == (2 * len(QUICK), 0)
    post_update(None, at=10, status="resolved")
    assert run(10) == (len(QUICK), 0)
    for reader in QUICK:
        subjects = [mail.message["Subject"][:7] for mail in mail_server.mails() if mail.recipient == reader]
        assert subjects == ["[P1 Inv", "[P1 Ide", "[P1 Res"]


def runner(installation: Installation, mail_server: MailServer, now: datetime) -> Callable[[int], tuple[int, int]]:
    """A function that runs so many minutes after the post, by the mail server's clock too: how many were accepted
    and put off."""

    def run(minutes: int) -> tuple[int, int]:
        (mail_server.folder / "clock").write_text(str(60 * minutes))
        report = deliver_mail(installation, lambda: now + timedelta(minutes=minutes))
        return report.sent, report.retrying

    return run
