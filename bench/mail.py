"""Mail: how fast it is queued, and how many leave a second.

The other side is Debian postfix's smtp-sink on a core of its own; smtp-source says what it takes from a plain sender.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from bench.page import Page, running
from statuspage import incidents
from statuspage.changes import Installation, open_installation
from statuspage.drafts import IncidentDraft
from statuspage.models import Delivery, Subscriber
from statuspage.notify.mailing import MAIL
from statuspage.notify.outbox import Claimed
from statuspage.settings import Settings

READERS = 20_000
MANY = 100_000
SESSIONS = 4
LONGEST = 300.0


def measure_mail(instance: Path, token: str) -> Iterator[dict[str, object]]:
    """Mails a second from the post's answer to the last one recorded, beside smtp-source in the same run; and how
    long a post to many readers takes to be queued."""
    cores = sorted(os.sched_getaffinity(0))
    with _installation(instance) as installation, _sink(cores[-1]) as port:
        _subscribe(installation, READERS)
        with running(instance, token, cores[0], MAIL_SERVER="127.0.0.1", MAIL_PORT=str(port)) as page:
            _post(page, "P2")
            began = time.perf_counter()
            _wait_until_sent(installation)
            ours = READERS / (time.perf_counter() - began)
        size = _size_of_a_mail(installation)
        plain = _smtp_source(port, size, cores[0])
        facts = {"mails": READERS, "bytes": size, "smtp_source": round(plain), "ratio": round(ours / plain, 2)}
        yield {"figure": "mails_per_s", "value": round(ours), **facts}
        _subscribe(installation, MANY)
        yield {"figure": "enqueue_ms", "value": round(_enqueue(installation) * 1000), "subscribers": MANY}


@contextmanager
def _sink(core: int) -> Iterator[int]:
    """Postfix's smtp-sink on a core of its own; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    assert program, "install Debian's postfix for smtp-sink and smtp-source"
    owner = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = ["taskset", "-c", str(core), program, *owner, f"127.0.0.1:{port}", "200"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sink:
        try:
            _wait_for(port)
            yield port
        finally:
            sink.kill()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)


def _smtp_source(port: int, size: int, core: int) -> float:
    """Mails a second of postfix's own sender: as many, as long, over as many sessions as ours."""
    program = shutil.which("smtp-source", path="/usr/sbin:/usr/bin")
    assert program
    options = ["-s", str(SESSIONS), "-d", "-m", str(READERS), "-l", str(size)]
    began = time.perf_counter()
    subprocess.run(["taskset", "-c", str(core), program, *options, f"127.0.0.1:{port}"], check=True)
    return READERS / (time.perf_counter() - began)


def _size_of_a_mail(installation: Installation) -> int:
    """Bytes of one of the mails that were sent."""
    now = datetime.now(UTC)
    with installation.database.read() as session:
        sent = session.scalars(select(Delivery).where(Delivery.kind == "update").order_by(Delivery.id.desc())).first()
        assert sent is not None
        row = Claimed(**{field.name: getattr(sent, field.name) for field in fields(Claimed)})
        sending = MAIL.open(session, installation, now)
        (message,) = sending.compose(session, [row], now).messages
        sending.close(patiently=True)
    return len(message.data)


def _enqueue(installation: Installation) -> float:
    """Seconds of the transaction that opens an incident for all; it is rolled back."""
    now = datetime.now(UTC)
    draft = IncidentDraft.model_validate({"title": "Bench", "priority": "P2", "body": "Measured."})
    with Session(installation.database.engine) as session:
        began = time.perf_counter()
        incidents.open_incident(session, draft, policy=installation.policy(now), author="bench", now=now)
        spent = time.perf_counter() - began
        session.rollback()
    return spent


@contextmanager
def _installation(instance: Path) -> Iterator[Installation]:
    installation = open_installation(Settings(statuspage_instance=instance))
    try:
        yield installation
    finally:
        installation.database.dispose()


def _subscribe(installation: Installation, number: int) -> None:
    """So many confirmed subscribers beside those that are there."""
    now = datetime.now(UTC)
    with installation.database.write() as session:
        have = session.scalar(select(func.count()).select_from(Subscriber)) or 0
        rows = [
            {
                "id": f"bench{n:07d}",
                "address": f"reader{n}@example.org",
                "address_key": f"reader{n}@example.org",
                "token": f"benchbenchbenchbench{n:07d}",
                "created_at": now,
                "confirmed_at": now,
            }
            for n in range(have, number)
        ]
        if rows:
            session.execute(insert(Subscriber), rows)


def _post(page: Page, priority: str, **more: object) -> float:
    """Open an incident; seconds until the answer."""
    body = {"title": f"Bench {time.time_ns()}", "priority": priority, "status": "investigating", "body": "Measured."}
    headers = {"Authorization": f"Bearer {page.token}", "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", page.port, timeout=120)
    began = time.perf_counter()
    connection.request("POST", "/api/v1/incidents", json.dumps({**body, **more}), headers)
    response = connection.getresponse()
    answer = response.read()
    assert response.status == 201, answer
    connection.close()
    return time.perf_counter() - began


def _wait_until_sent(installation: Installation) -> None:
    """Until nothing is due any more."""
    until = time.perf_counter() + LONGEST
    due = select(Delivery.id).where(Delivery.state == "due").limit(1)
    while time.perf_counter() < until:
        with installation.database.read() as session:
            if session.scalar(due) is None:
                return
        time.sleep(0.05)
    raise RuntimeError("the mails did not leave in time")
