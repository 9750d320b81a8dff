"""Fixtures every test may use: a real installation in a temporary folder, and a fixed clock."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import add_component
from statuspage.drafts import ComponentDraft
from statuspage.factory import create_app
from statuspage.settings import Settings

pytest_plugins = ["tests.servers", "tests.engines", "tests.mail", "tests.hooks"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How each test failed that passed, or failed again, when it was run once more."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.write_sep("_", f"first run of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)


@pytest.fixture
def now() -> datetime:
    """A Monday morning."""
    return datetime(2026, 11, 16, 10, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, engine_settings: dict[str, str]) -> Settings:
    """Settings of a fresh instance with a public URL; database and queue as the engine says, nothing else is set."""
    return Settings(
        statuspage_instance=tmp_path / "instance",
        statuspage_url="https://status.example.com",
        secret_key="test-secret-key-of-32-characters!",
        **engine_settings,
    )


@pytest.fixture
def installation(settings: Settings, empty_database: Path, engine: str) -> Iterator[Installation]:
    """An installation with tables and page, nothing published yet."""
    settings.instance.mkdir(parents=True)
    if engine == "sqlite":
        shutil.copy(empty_database, settings.instance / empty_database.name)
    installation = open_installation(settings)
    yield installation
    installation.database.dispose()


@pytest.fixture
def session(installation: Installation) -> Iterator[Session]:
    """A write session; what is not committed by the test is rolled back."""
    with Session(installation.database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


@pytest.fixture
def add_components(installation: Installation, now: datetime) -> Callable[..., None]:
    """A function that adds components by name: add_components("API", "SIP trunk")."""

    def add(*names: str, group: str | None = None) -> None:
        with site_change(installation, now, author="test") as change:
            for name in names:
                add_component(change.session, ComponentDraft(name=name, group=group), author="test", now=now)

    return add


@pytest.fixture
def app(installation: Installation) -> Flask:
    """The application on that installation."""
    app = create_app(installation)
    app.testing = True
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a log-in."""
    return app.test_client()
