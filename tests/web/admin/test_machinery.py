"""A stopped worker and a refusing mail server: red on every page of the admin, in /readyz and in /metrics."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from alembic import command
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from statuspage import incidents, migrations, subscribers
from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import load_component
from statuspage.domain.vocabulary import Priority
from statuspage.drafts import IncidentDraft, SubscriberDraft
from statuspage.monitor_drafts import MonitorTable
from statuspage.monitors import add_monitor
from statuspage.notify.flow import mail_standstill
from statuspage.prober import take_lease
from statuspage.settings import Settings
from statuspage.worker import beat
from tests.mail import MailServer, deliver_mail
from tests.running import ROOT, environment, wait_until
from tests.web.admin.conftest import Operator

PAGES = ("/admin/", "/admin/incidents", "/admin/settings", "/admin/account")
SILENT = "The worker is not running."
STANDS_STILL = "Mail does not go out."


@pytest.fixture
def settings(settings: Settings, mail_server: MailServer) -> Settings:
    """The instance sends to the server."""
    return settings.model_copy(update={"mail_server": "127.0.0.1", "mail_port": mail_server.port})


@pytest.fixture(autouse=True)
def versioned(installation: Installation) -> None:
    """The fixture's tables are the newest; say so."""
    with installation.database.write() as session:
        command.stamp(migrations.make_config(session.connection()), "head")


def post_incident(installation: Installation, at: datetime, *addresses: str) -> None:
    with installation.database.write() as session:
        for address in addresses:
            draft = SubscriberDraft(email=address)
            subscribers.add_confirmed(session, draft, source="test", now=at - timedelta(days=1))
        draft = IncidentDraft(title="Calls fail", body="We look.", priority=Priority.P1)
        incidents.open_incident(session, draft, policy=installation.policy(at), author="Anna", now=at)


def reds(alice: Operator) -> set[str]:
    """What every page of the admin says in red."""
    texts = [alice.get(path).text for path in PAGES]
    said = [{words for words in (SILENT, STANDS_STILL) if words in text} for text in texts]
    assert all(each == said[0] for each in said)
    return said[0]


def figures(client: FlaskClient) -> dict[str, float]:
    text = client.get("/metrics").get_data(as_text=True)
    return {
        "".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def worker(installation: Installation) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own on the same instance."""
    settings = installation.settings
    given = environment(
        settings.instance, STATUSPAGE_URL="https://status.example.com", DATABASE_URL=settings.database
    )
    process = subprocess.Popen([sys.executable, "-m", "flask", "--app", "app", "worker"], cwd=ROOT, env=given)
    yield process
    process.kill()
    process.wait()


def test_stopped_worker_is_red_within_a_minute(
    client: FlaskClient, alice: Operator, worker: subprocess.Popen[bytes]
) -> None:
    assert reds(alice) == {SILENT}
    assert wait_until(lambda: client.get("/readyz").status_code == 200, 90)
    assert reds(alice) == set()
    worker.send_signal(signal.SIGSTOP)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=50)):
        assert reds(alice) == {SILENT}
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "silent" in answer.get_json()["checks"]["worker"]
        assert figures(client)["statuspage_worker_silent_seconds"] >= 45
    worker.send_signal(signal.SIGCONT)
    assert wait_until(lambda: reds(alice) == set(), 30)


@pytest.mark.parametrize("fault", ["sender", "relay", "mail4xx", "rcpt4xx", "away"])
def test_refusing_mail_server_is_red_at_once(
    client: FlaskClient, alice: Operator, installation: Installation, mail_server: MailServer, fault: str
) -> None:
    now = datetime.now(UTC)
    beat(installation, now, "worker:test")
    post_incident(installation, now, "a@example.com", "b@example.com")
    assert reds(alice) == set()
    closed = open_installation(installation.settings.model_copy(update={"mail_port": 1}))
    if fault != "away":
        mail_server.behave(fault)
    deliver_mail(closed if fault == "away" else installation, lambda: datetime.now(UTC))
    closed.database.dispose()
    assert reds(alice) == {STANDS_STILL}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "waiting since" in answer.get_json()["checks"]["mail"]
    assert figures(client)["statuspage_queue_depthemail"] == 2
    assert figures(client)["statuspage_last_success_timestamp_secondsemail"] == 0
    mail_server.behave()
    later = now + timedelta(hours=5)
    with time_machine.travel(later):
        deliver_mail(installation, lambda: datetime.now(UTC))
        beat(installation, later, "worker:test")
        assert reds(alice) == set()
        assert client.get("/readyz").status_code == 200
        assert figures(client)["statuspage_last_success_timestamp_secondsemail"] >= later.timestamp()


def test_one_address_put_off_is_not_red(installation: Installation, mail_server: MailServer, now: datetime) -> None:
    post_incident(installation, now, "a@example.com", "gone@example.com", "b@example.com")
    mail_server.behave("greylist")
    deliver_mail(installation, lambda: now)
    with installation.database.read() as session:
        assert mail_standstill(session, installation.settings, now) is not None
    post_incident(installation, now + timedelta(minutes=1), "c@example.com")
    mail_server.behave()
    deliver_mail(installation, lambda: now + timedelta(minutes=1))
    with installation.database.read() as session:
        assert mail_standstill(session, installation.settings, now + timedelta(minutes=2)) is None


def test_mail_that_nobody_sends_is_red(installation: Installation, now: datetime) -> None:
    post_incident(installation, now, "a@example.com")
    with installation.database.read() as session:
        assert mail_standstill(session, installation.settings, now + timedelta(seconds=30)) is None
        still = mail_standstill(session, installation.settings, now + timedelta(seconds=50))
        assert still is not None
        assert (still.words, still.since, still.waiting) == ("", now, 1)
        unset = installation.settings.model_copy(update={"mail_server": None})
        assert mail_standstill(session, unset, now + timedelta(hours=1)) is None


def test_stopped_prober_is_red_where_missed(
    alice: Operator, installation: Installation, add_components: Callable[..., None]
) -> None:
    now = datetime.now(UTC)
    words = "The prober is not running."
    assert words not in alice.get("/admin/").text
    add_components("API")
    table = MonitorTable.model_validate({"kind": "http", "target": "https://api.example.com/", "every": "30s"})
    with site_change(installation, now, author="test") as change:
        add_monitor(change.session, load_component(change.session, "api"), table, author="test", now=now)
    for path in PAGES:
        assert words in alice.get(path).text
    with installation.database.write() as session:
        take_lease(session, "here:1", {}, now)
    for path in PAGES:
        assert words not in alice.get(path).text
    assert "Prober</dt><dd>Running" in alice.get("/admin/").text
