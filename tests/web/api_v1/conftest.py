"""A caller of API v1: a client with a token of a scope, whose answers are JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from statuspage import people
from statuspage.changes import Installation
from statuspage.domain.vocabulary import Scope


@dataclass
class Api:
    """Calls /api/v1 with one token."""

    client: FlaskClient
    token: str

    def get(self, path: str, **query: object) -> TestResponse:
        return self.client.get("/api/v1" + path, query_string=query, headers=self._headers())

    def post(self, path: str, body: object, **headers: str) -> TestResponse:
        return self.client.post("/api/v1" + path, json=body, headers=self._headers() | headers)

    def patch(self, path: str, body: object) -> TestResponse:
        return self.client.patch("/api/v1" + path, json=body, headers=self._headers())

    def delete(self, path: str) -> TestResponse:
        return self.client.delete("/api/v1" + path, headers=self._headers())

    def send(self, path: str, data: bytes, content_type: str = "application/json") -> TestResponse:
        return self.client.post("/api/v1" + path, data=data, content_type=content_type, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def fields_of(response: TestResponse) -> list[str]:
    """The fields a problem names."""
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = response.json or {}
    assert body["status"] == response.status_code
    return [error["field"] for error in body["errors"]]


@pytest.fixture
def make_api(client: FlaskClient, installation: Installation) -> Callable[[Scope], Api]:
    """A function that gives a caller of a scope."""

    def make(scope: Scope) -> Api:
        with installation.database.write() as session:
            _, plain = people.create_token(session, f"{scope.value} tests", scope, datetime.now(UTC))
        return Api(client, plain)

    return make


@pytest.fixture
def api(make_api: Callable[[Scope], Api]) -> Api:
    """A caller that may write."""
    return make_api(Scope.WRITE)


@pytest.fixture
def reader(make_api: Callable[[Scope], Api]) -> Api:
    """A caller that may only read."""
    return make_api(Scope.READ)


@pytest.fixture
def admin_api(make_api: Callable[[Scope], Api]) -> Api:
    """A caller that may do everything."""
    return make_api(Scope.ADMIN)
