"""kill -9 of the worker in mid fan-out: nobody missed, and only mails in flight come twice, as the same mail."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import pytest

from statuspage.changes import Installation
from statuspage.notify import outbox
from statuspage.notify.mailing import MAIL
from statuspage.settings import Settings
from tests.mail import MailServer
from tests.notify.conftest import OpenIncident, Subscribe
from tests.running import ROOT, environment

WORKERS = Path(__file__).with_name("run_delivery.py")
READERS = 1000
KILLS = 20
PAUSE = outbox.LEASE + timedelta(seconds=1)
"""From one worker's start to the next one's, by their clocks: what a killed one held is free again then."""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_killed_worker_misses_nobody(
    subscribe: Subscribe, open_incident: OpenIncident, installation: Installation, mail_server: MailServer
) -> None:
    assert timedelta(seconds=30) > PAUSE
    subscribe(*(f"reader{n}@example.com" for n in range(READERS)))
    open_incident(at=datetime.now(UTC))
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with running_workers(installation.settings) as workers:
        for kill in range(KILLS):
            pid = workers.start(ahead=kill * PAUSE)
            mail_server.wait_for_more(chance.randint(1, READERS // KILLS - 8), seconds=60)
            time.sleep(chance.random() / 50)
            os.kill(pid, signal.SIGKILL)
            assert workers.ended() == -signal.SIGKILL
        workers.start(ahead=KILLS * PAUSE)
        assert workers.ended() == 0
    mails = mail_server.mails()
    sent = Counter(mail.recipient for mail in mails)
    assert len(sent) == READERS
    assert len({(mail.recipient, mail.message["Message-ID"]) for mail in mails}) == READERS
    assert len({mail.message["Message-ID"] for mail in mails}) == READERS
    assert len(mails) - READERS <= MAIL.in_flight * KILLS


@dataclass(frozen=True)
class Workers:
    """One worker after the other, forked by a process that has loaded all."""

    asked: IO[str]
    told: IO[str]

    def start(self, ahead: timedelta) -> int:
        """The process id of a new one."""
        self.asked.write(f"{ahead.total_seconds()}\n")
        self.asked.flush()
        return int(self.told.readline())

    def ended(self) -> int:
        """How it ended; waits for it."""
        return int(self.told.readline())


@contextmanager
def running_workers(settings: Settings) -> Iterator[Workers]:
    known = {
        "STATUSPAGE_URL": str(settings.statuspage_url),
        "DATABASE_URL": settings.database,
        "MAIL_SERVER": str(settings.mail_server),
        "MAIL_PORT": str(settings.mail_port),
        "LOG_LEVEL": "error",
        "PYTHONPATH": str(ROOT),
    }
    surroundings = environment(settings.instance, **known)
    command = [sys.executable, str(WORKERS)]
    with subprocess.Popen(
        command, cwd=ROOT, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield Workers(process.stdin, process.stdout)
        finally:
            process.kill()
