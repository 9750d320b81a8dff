"""A PostgreSQL server that is stopped, refused or restarted ends in an error soon, and all is well afterwards."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from statuspage import postgres
from statuspage.changes import open_installation, site_change
from statuspage.components import add_component, ensure_page
from statuspage.db import Base, Database
from statuspage.drafts import ComponentDraft
from statuspage.models import Page
from statuspage.settings import Settings
from tests.running import running_page, wait_until
from tests.servers import PostgresServer, free_port

pytestmark = pytest.mark.postgres


def test_stopped_server_is_given_up(
    postgres_server: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 1.0)
    monkeypatch.setattr(postgres, "PING_PATIENCE", 0.5)
    database = Database(postgres_url)
    with database.read() as session:
        assert session.scalar(text("SELECT 1")) == 1
    postgres_server.freeze()
    try:
        began = time.monotonic()
        with pytest.raises(OperationalError), database.read() as session:
            session.scalar(text("SELECT 1"))
        assert time.monotonic() - began < 30
    finally:
        postgres_server.thaw()
    with database.read() as session:
        assert session.scalar(text("SELECT 1")) == 1
    database.dispose()


def test_long_statement_gets_its_time(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "OPTIONS", "-c statement_timeout=1000")
    database = Database(postgres_url)
    with database.write() as session, postgres.unhurried(session.connection()):
        session.execute(text("SELECT pg_sleep(1.5)"))
    with pytest.raises(OperationalError, match="statement timeout"), database.write() as session:
        session.execute(text("SELECT pg_sleep(1.5)"))
    database.dispose()


def test_refused_server_is_given_up() -> None:
    database = Database(f"postgresql://postgres@127.0.0.1:{free_port()}/none")
    with pytest.raises(OperationalError), database.read() as session:
        session.scalar(text("SELECT 1"))


def test_cut_connections_are_replaced(postgres_server: PostgresServer, postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.read() as session:
        session.scalar(text("SELECT 1"))
    with psycopg.connect(postgres_server.url(), autocommit=True) as operator:
        operator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    with database.read() as session:
        assert session.scalar(text("SELECT 1")) == 1
    database.dispose()


def test_page_stands_without_its_server(postgres_server: PostgresServer, postgres_url: str, tmp_path: Path) -> None:
    with running_page(tmp_path / "instance", DATABASE_URL=postgres_url, QUEUE_URL=postgres_url) as page:
        assert wait_until(lambda: page.get("/readyz")[0].status == 200)
        postgres_server.freeze()
        try:
            for path in ("/", "/history", "/api/v2/summary.json", "/feed.atom", "/maintenance.ics", "/healthz"):
                began = time.monotonic()
                assert page.get(path)[0].status == 200, path
                assert time.monotonic() - began < 4
            login, _ = page.get("/admin/login")
            assert login.status in (200, 503)
            ready, _ = page.get("/readyz")
            assert ready.status == 503
        finally:
            postgres_server.thaw()
        assert wait_until(lambda: page.get("/readyz")[0].status == 200, 40)


def test_changes_at_once_take_turns(postgres_url: str, tmp_path: Path, now: datetime) -> None:
    settings = Settings(statuspage_instance=tmp_path, database_url=postgres_url, secret_key="k" * 32)
    installation = open_installation(settings)
    Base.metadata.create_all(installation.database.engine)
    with installation.database.write() as session:
        ensure_page(session, now)

    def change(number: int) -> None:
        with site_change(installation, now, author="test") as change:
            add_component(change.session, ComponentDraft(name=f"Part {number}"), author="test", now=now)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(change, range(8)))
    with installation.database.read() as session:
        assert session.scalar(select(Page.revision)) == 8
    installation.database.dispose()
