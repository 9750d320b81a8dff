"""Commands as they are typed, on an instance that holds nothing yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from flask import Flask

from statuspage.changes import Installation, open_installation
from statuspage.settings import Settings

Flask_ = Callable[..., Result]


@pytest.fixture
def filled_postgres_url(postgres_url: str) -> str:
    """On PostgreSQL, too, a database without tables."""
    return postgres_url


@pytest.fixture
def installation(settings: Settings) -> Iterator[Installation]:
    """An installation before its first start: no folder, no table."""
    installation = open_installation(settings)
    yield installation
    installation.database.dispose()


@pytest.fixture
def flask(app: Flask) -> Flask_:
    """A function that runs a command: flask("incident", "list", code=0) -> Result."""
    runner = app.test_cli_runner()

    def run(*arguments: str, code: int = 0, typed: str | None = None) -> Result:
        result = runner.invoke(args=list(arguments), input=typed, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def sip(flask: Flask_) -> str:
    """The slug of a component."""
    flask("site", "apply", "-", typed='[[component]]\nslug = "sip"\nname = "SIP"')
    return "sip"
