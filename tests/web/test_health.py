"""Health, readiness and metrics say what is so."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from statuspage import migrations, people
from statuspage.changes import Installation
from statuspage.db import Base
from statuspage.domain.vocabulary import Scope
from statuspage.models import Heartbeat
from statuspage.worker import beat
from tests.servers import find_program


def migrate(installation: Installation) -> None:
    """The fixture's tables are made without a version; make them as a start does."""
    Base.metadata.drop_all(installation.database.engine)
    migrations.upgrade(installation.database)


def test_process_is_alive(client: FlaskClient) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"


def test_readiness_names_what_is_wrong(client: FlaskClient, installation: Installation) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json
    assert response.json["checks"]["database"] == "ok"
    assert "newest" in response.json["checks"]["migrations"]
    migrate(installation)
    response = client.get("/readyz")
    assert response.json
    assert response.json["checks"] == {
        "database": "ok",
        "migrations": "ok",
        "worker": "has never run",
        "prober": "ok",
        "mail": "ok",
    }
    now = datetime.now(UTC)
    beat(installation, now - timedelta(seconds=90), "worker:test")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json
    assert "silent" in response.json["checks"]["worker"]
    beat(installation, now, "worker:test")
    assert client.get("/readyz").status_code == 200


@pytest.mark.sqlite
def test_absent_database_is_named(client: FlaskClient, installation: Installation) -> None:
    installation.database.dispose()
    database = installation.settings.instance / "statuspage.db"
    for file in installation.settings.instance.glob("statuspage.db*"):
        file.unlink()
    database.mkdir()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json
    assert response.json["checks"]["database"].startswith("cannot be reached")


def test_metrics_for_this_machine(client: FlaskClient, installation: Installation) -> None:
    with installation.database.write() as session:
        session.add(Heartbeat(name="worker:a", at=datetime.now(UTC)))
    text = client.get("/metrics").text
    assert "statuspage_database_up 1.0" in text
    assert 'statuspage_deliveries{channel="email",state="due"} 0.0' in text
    assert "statuspage_http_answers_total" in client.get("/metrics").text


def test_metrics_are_what_prometheus_reads(
    client: FlaskClient, installation: Installation, add_components: Callable[..., None]
) -> None:
    promtool = find_program("promtool")
    add_components("API")
    client.get("/healthz")
    text = client.get("/metrics").text
    verdict = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (verdict.returncode, verdict.stdout, verdict.stderr) == (0, "", "")
    for figure in (
        'statuspage_deliveries{channel="email",state="dead"}',
        "statuspage_oldest_due_seconds",
        "statuspage_publish_seconds",
        'statuspage_checks_total{outcome="up"}',
        'statuspage_http_answers_total{method="GET",route="/healthz",status="200"} 1.0',
    ):
        assert figure in text, figure


def test_metrics_refuse_strangers(client: FlaskClient) -> None:
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 403


def test_metrics_need_admin_token(client: FlaskClient, installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        _, admin = people.create_token(session, "graphs", Scope.ADMIN, now)
        _, reader = people.create_token(session, "reader", Scope.READ, now)
    for token, status in ((admin, 200), (reader, 403), ("wrong", 403)):
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "198.51.100.7"}
        assert client.get("/metrics", headers=headers).status_code == status
