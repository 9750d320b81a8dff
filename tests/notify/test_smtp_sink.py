"""The faults of postfix's own smtp-sink, which offers pipelining: each is survived, and nobody is forgotten."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from statuspage.changes import Installation
from statuspage.models import Subscriber
from statuspage.notify.delivery import Report
from statuspage.settings import Settings
from tests.mail import deliver_mail
from tests.notify.conftest import OpenIncident, Subscribe
from tests.servers import find_program, free_port

READERS = 12


@contextmanager
def running_sink(*switches: str) -> Iterator[int]:
    """smtp-sink with these switches; its port."""
    port = free_port()
    owner = ("-u", "nobody") if os.geteuid() == 0 else ()
    command = [find_program("smtp-sink"), *owner, *switches, f"127.0.0.1:{port}", "100"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sink:
        try:
            for _ in range(200):
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.02)
            yield port
        finally:
            sink.kill()


Send = Callable[..., Report]


@pytest.fixture
def send(
    installation: Installation, subscribe: Subscribe, open_incident: OpenIncident, settings: Settings, now: datetime
) -> Send:
    """One run against a sink: send("-r", "RCPT", minutes=6)."""
    subscribe(*(f"reader{n}@example.com" for n in range(READERS)))
    open_incident()

    def run(*switches: str, **after: float) -> Report:
        with running_sink(*switches) as port:
            installation.settings = settings.model_copy(update={"mail_server": "127.0.0.1", "mail_port": port})
            return deliver_mail(installation, lambda: now + timedelta(**after))

    return run


def suppressed(installation: Installation) -> int:
    with installation.database.read() as session:
        chosen = select(func.count()).select_from(Subscriber).where(Subscriber.suppressed_at.is_not(None))
        return session.scalar(chosen) or 0


@pytest.mark.parametrize("switches", [("-w", "1"), ("-p",), ("-8",), ("-e",)])
def test_slow_and_plain_servers_take_all(send: Send, switches: tuple[str, ...]) -> None:
    assert send(*switches).sent == READERS


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
def test_soft_refusal_comes_later(send: Send, installation: Installation, command: str) -> None:
    assert send("-r", command).retrying == READERS
    assert send(minutes=4).sent == 0
    assert send(minutes=7).sent == READERS
    assert suppressed(installation) == 0


@pytest.mark.parametrize("command", ["DATA", "."])
def test_refused_content_ends_the_mail_alone(send: Send, installation: Installation, command: str) -> None:
    assert send("-f", command).dead == READERS
    assert suppressed(installation) == 0


def test_refused_addresses_are_suppressed(send: Send, installation: Installation) -> None:
    assert send("-f", "RCPT").dead == READERS
    assert suppressed(installation) == READERS


def test_refused_sender_pauses_and_suppresses_nobody(send: Send, installation: Installation) -> None:
    assert send("-f", "MAIL").paused is not None
    assert suppressed(installation) == 0
    assert send(minutes=16).sent == READERS


@pytest.mark.parametrize("switch", ["-q", "-Q"])
@pytest.mark.parametrize("command", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
def test_hang_up_loses_nobody(send: Send, switch: str, command: str) -> None:
    report = send(switch, command)
    assert report.trouble is not None
    assert report.retrying + report.released == READERS
    assert send(minutes=7).sent == READERS
