"""Mail: how fast it is queued, how many leave a second, how soon the first one, and in how much memory.

The other side is Debian postfix's smtp-sink on a core of its own; smtp-source says what it takes from a plain sender.
BENCH_READERS and BENCH_MANY_READERS make a quick try of it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import ColumnElement, func, insert, literal_column, select
from sqlalchemy.orm import Session

from bench.filling import fill
from bench.page import Page, running
from bench.servers import ClockedServer, clocked_server, find_program, postgres, smtp_sink
from statuspage import incidents
from statuspage.changes import Installation, open_installation
from statuspage.drafts import IncidentDraft
from statuspage.identifiers import new_id
from statuspage.instance import bring_up_to_date
from statuspage.models import Component, Delivery, Subscriber, SubscriberComponent
from statuspage.notify.mailing import MAIL
from statuspage.notify.outbox import Claimed
from statuspage.notify.signing import Signer
from statuspage.settings import Settings

READERS = int(os.environ.get("BENCH_READERS", "20000"))
MANY = int(os.environ.get("BENCH_MANY_READERS", "100000"))
FEW = 1000
DOMAINS = 50
SIGNATURES = 1000
PORTION = 5000
"""Subscribers written at once: the page under measurement writes in between."""
SESSIONS = 4
LONGEST = 900.0
FIRST_MAILS = 5


def measure_mail(_instance: Path, _token: str) -> Iterator[dict[str, object]]:
    """Mails a second from the first record to the last, beside smtp-source in the same run; `cpu_us` is the processor
    time of the whole process tree for one of them, the post's own share included."""
    cores = sorted(os.sched_getaffinity(0))
    with _instance_of_its_own() as (instance, token), _opened(instance) as installation, smtp_sink(cores[-1]) as port:
        _subscribe(installation, READERS)
        with running(instance, token, cores[0], MAIL_SERVER="127.0.0.1", MAIL_PORT=str(port)) as page:
            spent = page.cpu_seconds()
            _post(page, "P2")
            for _ in _while_sending(installation):
                pass
            spent = page.cpu_seconds() - spent
        ours = READERS / _sending_seconds(installation)
        size = len(_last_mail(installation))
        plain = _smtp_source(port, size, cores[0])
    facts = {"mails": READERS, "bytes": size, "smtp_source": round(plain), "ratio": round(ours / plain, 2)}
    yield {"figure": "mails_per_s", "value": round(ours), **facts, "cpu_us": round(spent / READERS * 1e6)}


def measure_signing(_instance: Path, _token: str) -> Iterator[dict[str, object]]:
    """Processor time of one DKIM signature over a real mail, by an RSA key of 2,048 bits."""
    key = generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with _instance_of_its_own() as (instance, token), _opened(instance) as installation:
        _subscribe(installation, 1)
        with running(instance, token) as page:
            _post(page, "P2")
        mail = _last_mail(installation)
    signer = Signer("status.example.com", "bench", pem)
    size = len(signer.signed(mail)) - len(mail)
    began = time.process_time()
    for _ in range(SIGNATURES):
        signer.signed(mail)
    spent = (time.process_time() - began) / SIGNATURES
    yield {"figure": "dkim_us", "value": round(spent * 1e6), "bytes": len(mail), "signature_bytes": size}


def measure_enqueue(_instance: Path, _token: str) -> Iterator[dict[str, object]]:
    """How long the transaction of a post to many readers takes, on SQLite and on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="statuspage-mail-") as folder:
        yield _enqueued(Settings(statuspage_instance=Path(folder)))
    with tempfile.TemporaryDirectory(prefix="statuspage-mail-") as folder, postgres() as url:
        yield _enqueued(Settings(statuspage_instance=Path(folder), database_url=url))


def measure_first_mail(_instance: Path, _token: str) -> Iterator[dict[str, object]]:
    """From the request of a P1 post to its first mail at the server: alone, and behind older mails of lower priority.
    Those have readers of their own, so that the post itself is told to as few as before."""
    with _instance_of_its_own() as (instance, token), _opened(instance) as installation, clocked_server() as served:
        server, port = served
        _subscribe(installation, FEW)
        with running(instance, token, MAIL_SERVER="127.0.0.1", MAIL_PORT=str(port)) as page:
            yield _first_mails(page, server, installation, behind=0)
            _subscribe(installation, FEW + MANY, component="component-0")
            _post(page, "P3", components={"component-0": "degraded_performance"})
            yield _first_mails(page, server, installation, behind=MANY)


def measure_memory(_instance: Path, _token: str) -> Iterator[dict[str, object]]:
    """The most memory that the process tree held while a post was mailed, above what it held before."""
    core = sorted(os.sched_getaffinity(0))[-1]
    for number in (FEW, MANY):
        with _instance_of_its_own() as (instance, token), _opened(instance) as installation, smtp_sink(core) as port:
            _subscribe(installation, number)
            with running(instance, token, MAIL_SERVER="127.0.0.1", MAIL_PORT=str(port)) as page:
                _post(page, "P2", notify=False)
                time.sleep(3)
                idle = most = page.resident_mb()
                _post(page, "P2")
                for _ in _while_sending(installation):
                    most = max(most, page.resident_mb())
        yield {"figure": "mail_memory_mb", "value": round(most - idle, 1), "subscribers": number, "idle": round(idle)}


def _enqueued(settings: Settings) -> dict[str, object]:
    installation = open_installation(settings)
    try:
        bring_up_to_date(installation, datetime.now(UTC))
        _subscribe(installation, MANY)
        spent = _enqueue(installation)
        engine = installation.database.engine.dialect.name
    finally:
        installation.database.dispose()
    return {"figure": "enqueue_ms", "value": round(spent * 1000), "subscribers": MANY, "database": engine}


def _first_mails(page: Page, server: ClockedServer, installation: Installation, behind: int) -> dict[str, object]:
    spent = []
    for _ in range(FIRST_MAILS):
        title = f"First {time.time_ns()}"
        server.look_for(title)
        began = time.perf_counter()
        _post(page, "P1", title=title, components={"component-1": "major_outage"})
        spent.append((server.came_at(60) - began) * 1000)
        for _ in _while_sending(installation, Delivery.lane == 1):
            pass
    facts = {"max": round(max(spent)), "behind": behind, "still_waiting": _waiting(installation)}
    return {"figure": "first_mail_ms", "value": round(statistics.median(spent)), **facts}


def _smtp_source(port: int, size: int, core: int) -> float:
    """Mails a second of postfix's own sender: as many, as long, over sessions held open."""
    options = ["-s", str(SESSIONS), "-d", "-m", str(READERS), "-l", str(size)]
    began = time.perf_counter()
    subprocess.run(
        ["taskset", "-c", str(core), find_program("smtp-source"), *options, f"127.0.0.1:{port}"], check=True
    )
    return READERS / (time.perf_counter() - began)


def _last_mail(installation: Installation) -> bytes:
    """The latest mail that was owed, as it leaves."""
    now = datetime.now(UTC)
    with installation.database.read() as session:
        sent = session.scalars(select(Delivery).where(Delivery.kind == "update").order_by(Delivery.id.desc())).first()
        assert sent is not None
        row = Claimed(**{name: getattr(sent, name) for name in Claimed._fields})
        sending = MAIL.open(session, installation, now)
        (message,) = sending.compose(session, [row], now).messages
        sending.close(patiently=True)
    return message.data


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
def _instance_of_its_own() -> Iterator[tuple[Path, str]]:
    """A small page without history, and a token of admin scope."""
    with tempfile.TemporaryDirectory(prefix="statuspage-mail-") as folder:
        instance = Path(folder) / "instance"
        yield instance, fill(instance, 2, 0)


@contextmanager
def _opened(instance: Path) -> Iterator[Installation]:
    installation = open_installation(Settings(statuspage_instance=instance))
    try:
        yield installation
    finally:
        installation.database.dispose()


def _subscribe(installation: Installation, number: int, component: str | None = None) -> None:
    """So many confirmed subscribers, with those that are there; the new ones to one component, else to all."""
    with installation.database.read() as session:
        have = session.scalar(select(func.count()).select_from(Subscriber)) or 0
        chosen = session.scalar(select(Component.id).where(Component.slug == component))
    ids = [new_id() for _ in range(have, number)]
    for first in range(0, len(ids), PORTION):
        rows = [_subscriber(n + have, ids[n], chosen) for n in range(first, min(first + PORTION, len(ids)))]
        with installation.database.write() as session:
            session.execute(insert(Subscriber), rows)
            if chosen is not None:
                pairs = [{"subscriber_id": row["id"], "component_id": chosen} for row in rows]
                session.execute(insert(SubscriberComponent), pairs)


def _subscriber(number: int, key: str, component_id: str | None) -> dict[str, object]:
    now, address = datetime.now(UTC), f"reader{number}@domain{number % DOMAINS}.example"
    return {
        **{"id": key, "address": address, "address_key": address, "token": f"benchbenchbenchbench{number:07d}"},
        **{"created_at": now, "confirmed_at": now, "all_components": component_id is None},
    }


def _post(page: Page, priority: str, **more: object) -> None:
    """Open an incident."""
    body = {"title": f"Bench {time.time_ns()}", "priority": priority, "status": "investigating", "body": "Measured."}
    headers = {"Authorization": f"Bearer {page.token}", "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", page.port, timeout=120)
    connection.request("POST", "/api/v1/incidents", json.dumps(body | more), headers)
    response = connection.getresponse()
    answer = response.read()
    assert response.status == 201, answer
    connection.close()


def _while_sending(installation: Installation, *only: ColumnElement[bool]) -> Iterator[None]:
    """Again and again until nothing (of those) is due any more."""
    until = time.perf_counter() + LONGEST
    due = select(Delivery.id).where(Delivery.state == literal_column("'due'"), *only).limit(1)
    while time.perf_counter() < until:
        with installation.database.read() as session:
            if session.scalar(due) is None:
                return
        yield
        time.sleep(0.1)
    raise RuntimeError("the mails did not leave in time")


def _sending_seconds(installation: Installation) -> float:
    """From the first record to the last."""
    with installation.database.read() as session:
        number, first, last = session.execute(
            select(func.count(), func.min(Delivery.sent_at), func.max(Delivery.sent_at))
        ).one()
    assert number == READERS, f"{number} of {READERS} were sent"
    return float((last - first).total_seconds())


def _waiting(installation: Installation) -> int:
    due = select(func.count()).select_from(Delivery).where(Delivery.state == literal_column("'due'"))
    with installation.database.read() as session:
        return session.scalar(due) or 0
