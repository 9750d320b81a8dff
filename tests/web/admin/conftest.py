"""A named cast, one of each role, and a browser-like client that fills forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from statuspage import people
from statuspage.changes import Installation
from statuspage.domain.vocabulary import Role
from statuspage.models import User

PASSWORD = "correct horse battery"
CAST = {
    "vera@example.com": Role.VIEWER,
    "rob@example.com": Role.RESPONDER,
    "mary@example.com": Role.MANAGER,
    "alice@example.com": Role.ADMIN,
}


class Operator:
    """A browser at the admin: sends forms with the token of a page it has seen."""

    def __init__(self, app: Flask, address: str = "192.0.2.10") -> None:
        self.client: FlaskClient = app.test_client()
        self.address = address

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, environ_base={"REMOTE_ADDR": self.address}, **options)

    def token(self, page: str = "/admin/login") -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        return found[1] if found else ""

    def post(self, path: str, data: dict[str, Any] | None = None, *, page: str = "", **options: Any) -> TestResponse:
        values = {"csrf_token": self.token(page or "/admin/account"), **(data or {})}
        return self.client.post(path, data=values, environ_base={"REMOTE_ADDR": self.address}, **options)

    def log_in(self, email: str, password: str = PASSWORD, **data: str) -> TestResponse:
        return self.post("/admin/login", {"email": email, "password": password, **data}, page="/admin/login")


@pytest.fixture(scope="session")
def hashed() -> str:
    """The cast's password, hashed once: argon2 is slow on purpose."""
    return people._hash_of(PASSWORD)


@pytest.fixture
def cast(installation: Installation, hashed: str) -> dict[str, Role]:
    """Vera sees, Rob responds, Mary manages, Alice is admin."""
    with installation.database.write() as session:
        for email, role in CAST.items():
            session.add(
                User(
                    email=email,
                    password=hashed,
                    role=role,
                    active=True,
                    created_at=datetime.now(UTC),
                )
            )
    return CAST


@pytest.fixture
def visitor(app: Flask, cast: dict[str, Role]) -> Operator:
    """Somebody who is not logged in."""
    return Operator(app)


@pytest.fixture
def enter(app: Flask, cast: dict[str, Role]) -> Callable[[str], Operator]:
    """Log somebody of the cast in: enter("rob")."""

    def log_in(name: str) -> Operator:
        operator = Operator(app)
        assert operator.log_in(f"{name}@example.com").status_code == 303
        return operator

    return log_in


@pytest.fixture
def rob(enter: Callable[[str], Operator]) -> Operator:
    """A responder at work."""
    return enter("rob")


@pytest.fixture
def alice(enter: Callable[[str], Operator]) -> Operator:
    """An admin at work."""
    return enter("alice")
