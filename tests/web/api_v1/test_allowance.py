"""How many calls a token may make, and how it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from statuspage.changes import Installation
from statuspage.domain.vocabulary import Scope
from statuspage.web.api_v1.allowance import Allowance
from tests.web.api_v1.conftest import Api, fields_of


@pytest.fixture
def installation(installation: Installation) -> Installation:
    """Three calls a minute."""
    return replace(installation, settings=installation.settings.model_copy(update={"api_rate_limit": 3}))


def test_every_answer_tells_what_is_left(api: Api) -> None:
    told = [api.get("/incidents"), api.post("/incidents", {}), api.get("/tokens")]
    assert [answer.status_code for answer in told] == [200, 422, 403]
    assert [answer.headers["RateLimit-Remaining"] for answer in told] == ["2", "1", "0"]
    assert told[0].headers["RateLimit-Policy"] == '"token";q=3;w=60'
    assert told[0].headers["RateLimit"].startswith('"token";r=2;t=')
    assert "RateLimit" not in api.client.get("/api/v1/incidents").headers


def test_one_call_too_many_is_429(api: Api, make_api: Callable[[Scope], Api]) -> None:
    for _ in range(3):
        api.get("/incidents")
    refused = api.post("/components", {"name": "API"})
    assert refused.status_code == 429
    assert fields_of(refused) == []
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Remaining"] == "0"
    other = make_api(Scope.READ).get("/components")
    assert (other.status_code, other.json["items"]) == (200, [])


def test_window_begins_anew(installation: Installation, now: datetime) -> None:
    allowance = Allowance(installation)
    assert [allowance.take(1, now).left for _ in range(3)] == [2, 1, 0]
    refused = allowance.take(1, now + timedelta(seconds=59.5))
    assert (refused.exceeded, refused.seconds) == (True, 1)
    assert not allowance.take(1, now + timedelta(minutes=1)).exceeded
    assert allowance.take(1, now - timedelta(hours=1)).left == 2  # a clock that was set back locks nobody out
