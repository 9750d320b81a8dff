"""Which engine a test runs on, and databases with tables and page for it, made once and copied for each test.

Where the engine matters, each test that asks for an installation runs on SQLite and on PostgreSQL (with Redis as its
queue); elsewhere on SQLite. TEST_ENGINES=postgresql (or =sqlite,postgresql) says otherwise for all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from statuspage.changes import Installation
from statuspage.components import ensure_page
from statuspage.db import Base, Database
from tests.databases import Reused
from tests.servers import PostgresServer

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ENGINE_MATTERS = re.compile(
    "|".join(
        (
            r"tests/notify/test_(bounce_\w+|delivery|destinations|digests|kill|outbox|quarantine|recipients|returning|told)",
            r"tests/test_(amendments|bounces|changes|clocks|contact_mail|corrections|credit_claims|extensions)\.py",
            r"tests/test_(follows|history|incidents|maintenance|reminders|settled|subscriber\w+|timed_posts)\.py",
            r"tests/test_(tracing|worker)\.py",
            r"tests/(detections|reports)/",
            r"tests/monitoring/test_(heartbeats|judging|keeping)",
            r"tests/publishing/test_(increments|loading|plans)",
            r"tests/web/api_v1/test_(idempotency|incidents|maintenances|reading|subscribers|uptime)",
            r"tests/web/test_(following|managing|subscriptions)",
        )
    )
)
"""Tests of what has statements of its own: claims, leases, inserts from selects, judgements in few statements,
figures and lists that the database makes."""


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of what is about SQLite alone."""
    config.addinivalue_line("markers", "sqlite: handles the database as a file")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Say on which engines a test runs that has an installation."""
    if "installation" not in metafunc.fixturenames or "engine" not in metafunc.fixturenames:
        return
    chosen = os.environ.get("TEST_ENGINES", "").split(",")
    if metafunc.definition.get_closest_marker("sqlite"):
        chosen = [SQLITE]
    elif chosen == [""]:
        chosen = [SQLITE, POSTGRESQL] if ENGINE_MATTERS.search(metafunc.definition.nodeid) else [SQLITE]
    marks = {SQLITE: (), POSTGRESQL: (pytest.mark.postgres, pytest.mark.redis)}
    metafunc.parametrize("engine", [pytest.param(name, marks=marks[name]) for name in chosen], indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """What the installation stores in."""
    return getattr(request, "param", SQLITE)


@pytest.fixture
def engine_settings(engine: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings that name the engine's servers; none for SQLite."""
    if engine == SQLITE:
        return {}
    urls = {"database_url": "filled_postgres_url", "queue_url": "redis_url"}
    return {name: request.getfixturevalue(fixture) for name, fixture in urls.items()}


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tables and page, made once and copied for each test."""
    path = tmp_path_factory.mktemp("empty") / "statuspage.db"
    make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of such a database on the server."""
    name = "template_of_tests"
    with psycopg.connect(postgres_server.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    make_tables(postgres_server.url(name))
    return name


@pytest.fixture(scope="session")
def reused_database(postgres_server: PostgresServer, postgres_template: str) -> Reused:
    """The database that the tests of this process use in turn."""
    return Reused(postgres_server, postgres_template)


@pytest.fixture
def filled_postgres_url(reused_database: Reused) -> Iterator[str]:
    """The URL of a database with tables and page, and nothing else."""
    yield reused_database.url
    reused_database.clean()


def make_tables(url: str) -> None:
    """All tables and the page, at `url`."""
    database = Database(url)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        ensure_page(session, datetime(2026, 11, 16, 10, 0, tzinfo=UTC))
    database.dispose()


def put_away(installation: Installation) -> None:
    """Let nobody reach the database any more."""
    installation.database.dispose()
    url = installation.database.engine.url
    if url.database and url.get_backend_name() == "sqlite":
        Path(url.database).unlink()
        return
    server = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database]
        )
