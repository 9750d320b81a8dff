"""Several `flask worker` processes on PostgreSQL with a queue beside it; a queue that is away loses nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from statuspage import incidents, subscribers
from statuspage.changes import Installation, open_installation, site_change
from statuspage.domain.vocabulary import Priority
from statuspage.drafts import IncidentDraft, SubscriberDraft, UpdateDraft
from statuspage.instance import bring_up_to_date
from statuspage.models import Heartbeat, Incident
from statuspage.settings import Settings
from statuspage.web.admin.machinery import load_machinery
from tests.mail import MailServer
from tests.running import ROOT, environment, wait_until
from tests.servers import find_program, free_port

READERS = [f"reader{n}@domain{n % 5}.example" for n in range(40)]
LONG = 90.0


class Redis:
    """A Redis that can go away and come back at the same address."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = [find_program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd="/tmp")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def worker(folder: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """`flask worker` as its unit starts it; ended as systemd ends it."""
    command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment(folder, **settings), cwd=ROOT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.fixture
def redis() -> Iterator[Redis]:
    found = Redis()
    found.start()
    yield found
    found.stop()


Page = Callable[[str], Installation]


@pytest.fixture
def page(settings: Settings, postgres_url: str, now: datetime) -> Iterator[Page]:
    """A function that opens a page on PostgreSQL with a queue there, and with readers."""
    with ExitStack() as opened:

        def make(queue_url: str) -> Installation:
            chosen = settings.model_copy(update={"database_url": postgres_url, "queue_url": queue_url})
            installation = open_installation(chosen)
            opened.callback(installation.database.dispose)
            bring_up_to_date(installation, now)
            with installation.database.write() as session:
                for address in READERS:
                    draft = SubscriberDraft.model_validate({"email": address})
                    subscribers.add_confirmed(session, draft, source="test", now=now)
            return installation

        yield make


def environ(installation: Installation, mail_server: MailServer) -> dict[str, str]:
    chosen = installation.settings
    return {
        **{"DATABASE_URL": str(chosen.database_url), "QUEUE_URL": str(chosen.queue_url)},
        **{"STATUSPAGE_URL": "https://status.example.com", "SECRET_KEY": str(chosen.secret_key)},
        **{"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(mail_server.port)},
    }


def post(installation: Installation, status: str) -> None:
    """Open the incident, or go on with it."""
    now = datetime.now(UTC)
    with site_change(installation, now, author="ann") as change:
        found = change.session.query(Incident).one_or_none()
        if found is None:
            opening = IncidentDraft(title="Calls fail", body="We look.", priority=Priority.P2)
            incidents.open_incident(change.session, opening, policy=change.policy, author="ann", now=now)
        else:
            word = UpdateDraft.model_validate({"status": status, "body": f"Now {status}."})
            incidents.post_update(change.session, found, word, policy=change.policy, author="ann", now=now)


def workers_alive(installation: Installation) -> int:
    with installation.database.read() as session:
        return session.query(Heartbeat).filter(Heartbeat.name.like("worker:%")).count()


def said_of_queue(installation: Installation) -> str | None:
    """What the admin says in red."""
    with installation.database.read() as session:
        return load_machinery(session, installation.settings, datetime.now(UTC)).queue


def told(mail_server: MailServer) -> Counter[str]:
    return Counter(mail.recipient for mail in mail_server.mails())


def everybody(times: int) -> dict[str, int]:
    return dict.fromkeys(READERS, times)


@pytest.mark.postgres
@pytest.mark.redis
def test_queue_that_is_away_loses_nothing(page: Page, redis: Redis, mail_server: MailServer) -> None:
    installation = page(redis.url)
    around = environ(installation, mail_server)
    folder = installation.settings.instance
    with worker(folder, **around), worker(folder, **around):
        assert wait_until(lambda: workers_alive(installation) == 2, LONG)
        post(installation, "investigating")
        assert wait_until(lambda: told(mail_server) == everybody(1), LONG)
        redis.stop()
        post(installation, "identified")
        assert wait_until(lambda: told(mail_server) == everybody(2), LONG)
        assert wait_until(lambda: "ConnectionError" in (said_of_queue(installation) or ""), LONG)
        redis.start()
        assert wait_until(lambda: said_of_queue(installation) is None, LONG)
        post(installation, "resolved")
        assert wait_until(lambda: told(mail_server) == everybody(3), LONG)


@pytest.mark.postgres
def test_database_is_the_queue_of_two_workers(page: Page, postgres_url: str, mail_server: MailServer) -> None:
    installation = page(postgres_url)
    around = environ(installation, mail_server)
    folder = installation.settings.instance
    with worker(folder, **around), worker(folder, **around):
        assert wait_until(lambda: workers_alive(installation) == 2, LONG)
        for times, status in enumerate(("investigating", "identified", "resolved"), 1):
            post(installation, status)
            assert wait_until(lambda times=times: told(mail_server) == everybody(times), LONG)
