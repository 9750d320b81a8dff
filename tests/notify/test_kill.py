"""kill -9 of the worker in mid fan-out: nobody missed, and only mails in flight come twice, as the same mail."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from statuspage.changes import Installation
from statuspage.notify import outbox
from statuspage.notify.mailing import MAIL
from tests.mail import MailServer
from tests.notify.conftest import OpenIncident, Subscribe

WORKER = Path(__file__).with_name("run_delivery.py")
READERS = 300
KILLS = 4


@pytest.mark.slow
def test_killed_worker_misses_nobody(
    subscribe: Subscribe, open_incident: OpenIncident, installation: Installation, mail_server: MailServer
) -> None:
    subscribe(*(f"reader{n}@example.com" for n in range(READERS)))
    open_incident(at=datetime.now(UTC))
    chance = random.Random(20261116)
    lease = outbox.LEASE.total_seconds() + 1
    for kill in range(KILLS):
        worker = start_worker(installation, mail_server, ahead=kill * lease)
        mail_server.wait_for(len(mail_server.mails()) + chance.randint(1, 40))
        time.sleep(chance.random() / 50)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    last = start_worker(installation, mail_server, ahead=KILLS * lease)
    assert last.wait(60) == 0
    sent = Counter(mail.recipient for mail in mail_server.mails())
    ids = {mail.message["Message-ID"] for mail in mail_server.mails()}
    assert len(sent) == READERS
    assert len(ids) == READERS
    assert sum(sent.values()) - READERS <= MAIL.in_flight * KILLS


def start_worker(installation: Installation, mail_server: MailServer, ahead: float) -> subprocess.Popen[bytes]:
    arguments = (WORKER, installation.settings.instance, mail_server.port, ahead)
    command = [sys.executable, *map(str, arguments)]
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
