"""Who may call, and what every answer keeps to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from unittest.mock import ANY

import pytest
from flask.testing import FlaskClient

from statuspage import people
from statuspage.changes import Installation
from statuspage.domain.vocabulary import Scope
from statuspage.models import ApiToken
from tests.engines import put_away
from tests.web.api_v1.conftest import Api, fields_of


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer sp_wrong", "Bearer \xff\xfe"]
)
def test_call_without_token_is_401(client: FlaskClient, header: str | None) -> None:
    answer = client.get("/api/v1/incidents", headers={"Authorization": header} if header is not None else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    fields_of(answer)


def test_revoked_and_expired_tokens_are_401(api: Api, installation: Installation) -> None:
    for change in (
        {"revoked_at": datetime.now(UTC)},
        {"revoked_at": None, "expires_at": datetime(2020, 1, 1, tzinfo=UTC)},
    ):
        with installation.database.write() as session:
            for token in session.query(ApiToken):
                for name, value in change.items():
                    setattr(token, name, value)
        assert api.get("/incidents").status_code == 401


def test_scope_decides_what_is_allowed(make_api: Callable[[Scope], Api]) -> None:
    body = {"name": "API"}
    assert make_api(Scope.READ).post("/components", body).status_code == 403
    assert make_api(Scope.WRITE).post("/components", body).status_code == 201
    assert make_api(Scope.ADMIN).post("/components", {"name": "Web"}).status_code == 201
    assert make_api(Scope.WRITE).get("/tokens").status_code == 403
    forbidden = make_api(Scope.READ).post("/components", body)
    assert "needs a token of scope write" in (forbidden.json or {})["detail"]


@pytest.mark.parametrize("reads", [True, False])
def test_use_of_a_token_is_noted(api: Api, installation: Installation, reads: bool) -> None:
    assert (api.get("/incidents") if reads else api.post("/components", {"name": "API"})).status_code < 300
    with installation.database.read() as session:
        assert session.query(ApiToken).one().last_used_at is not None


def test_answers_carry_no_cookie(api: Api) -> None:
    for answer in (api.get("/incidents"), api.post("/components", {"name": "API"}), api.get("/nothing")):
        assert "Set-Cookie" not in answer.headers
    assert api.get("/incidents").headers["Cache-Control"] == "no-store"


def test_unknown_path_is_a_404_problem(api: Api) -> None:
    for path in ("/nothing", "/", "/incidents/", "/monitor"):
        answer = api.get(path)
        assert answer.status_code == 404
        assert fields_of(answer) == []


def test_wrong_method_is_a_405_problem(client: FlaskClient) -> None:
    answer = client.put("/api/v1/incidents")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.json == {"type": "about:blank", "title": ANY, "status": 405, "detail": ANY, "errors": []}


def test_database_away_is_a_503(api: Api, installation: Installation) -> None:
    put_away(installation)
    answer = api.get("/incidents")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    fields_of(answer)


def test_first_token_is_hashed(installation: Installation) -> None:
    with installation.database.write() as session:
        row, plain = people.create_token(session, "x", Scope.READ, datetime.now(UTC))
        assert plain not in row.token_digest
