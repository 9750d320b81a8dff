"""A real mail server in its own process, for every test that wants to see what arrives."""

from __future__ import annotations

import email.policy
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from statuspage.changes import Installation
from statuspage.notify.delivery import Report, deliver_due
from statuspage.notify.mailing import MAIL, REQUESTS

Clock = Callable[[], datetime]
SERVER = Path(__file__).parent / "notify" / "smtp_server.py"


def deliver_mail(installation: Installation, clock: Clock, *, timeout: float = 60, **more: Any) -> Report:
    """One run over all mail that is due, confirmations first."""
    channels = (replace(channel, timeout=timeout) for channel in (REQUESTS, MAIL))
    asked, owed = (deliver_due(installation, clock, channel, **more) for channel in channels)
    return replace(owed, sent=asked.sent + owed.sent, skipped=asked.skipped + owed.skipped)


@dataclass(frozen=True)
class Received:
    """One mail as the server took it."""

    sender: str
    recipient: str
    data: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        parsed = email.message_from_bytes(self.data, policy=email.policy.SMTP)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def text(self) -> str:
        """The plain part."""
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def html(self) -> str:
        """The HTML part."""
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content())


@dataclass(frozen=True)
class MailServer:
    """The running server: its port, what it took, and how it is to behave."""

    port: int
    folder: Path

    def behave(self, fault: str = "") -> None:
        """From now on as smtp_server.Keeper says; empty: well."""
        part = self.folder / "fault.part"
        part.write_text(fault)
        part.rename(self.folder / "fault")

    def mails(self) -> list[Received]:
        """All taken so far, in order."""
        loaded = [json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))]
        return [Received(mail["from"], mail["to"][0], mail["data"].encode("latin-1")) for mail in loaded]

    def wait_for(self, number: int, seconds: float = 20) -> list[Received]:
        """The mails once there are so many."""
        self.wait_for_more(number - self.count(), seconds)
        return self.mails()

    def wait_for_more(self, number: int, seconds: float = 20) -> None:
        """Wait until so many came since now."""
        wanted = self.count() + number
        end = time.monotonic() + seconds
        while self.count() < wanted:
            assert time.monotonic() < end, f"only {self.count()} of {wanted} mails came"
            time.sleep(0.02)

    def count(self) -> int:
        """How many were taken so far."""
        return sum(name.endswith(".json") for name in os.listdir(self.folder))


@contextmanager
def running_mail_server(folder: Path) -> Iterator[MailServer]:
    """A server of one's own, which nobody else's mails reach."""
    process = subprocess.Popen([sys.executable, SERVER, folder], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield MailServer(int(process.stdout.readline()), folder)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def smtp_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    """One server for all tests of a run; each begins with the mails of the last (see `mail_server`)."""
    with running_mail_server(tmp_path_factory.mktemp("mails")) as server:
        yield server


@pytest.fixture
def mail_server(smtp_process: MailServer) -> MailServer:
    """The server with an empty folder, behaving well."""
    for path in smtp_process.folder.iterdir():
        path.unlink()
    return smtp_process
