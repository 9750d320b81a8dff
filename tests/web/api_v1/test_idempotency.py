"""Idempotency-Key: once is once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from statuspage.changes import Installation
from statuspage.domain.vocabulary import Scope
from statuspage.models import Component, IdempotentAnswer
from tests.web.api_v1.conftest import Api, fields_of

KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"


def keyed(api: Api, body: object, key: str = KEY) -> TestResponse:
    return api.post("/components", body, **{"Idempotency-Key": key})


def test_same_key_gives_the_same_answer(api: Api) -> None:
    first, second = keyed(api, {"name": "API"}), keyed(api, {"name": "API"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.data == first.data
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(api.get("/components").json["items"]) == 1


def test_same_key_for_another_body_is_refused(api: Api) -> None:
    keyed(api, {"name": "API"})
    other = keyed(api, {"name": "Web"})
    assert other.status_code == 422
    assert fields_of(other) == ["Idempotency-Key"]
    elsewhere = api.post("/incidents", {"title": "x", "priority": "P1", "body": "x"}, **{"Idempotency-Key": KEY})
    assert elsewhere.status_code == 422


def test_keys_of_other_tokens_are_other_keys(make_api: Callable[[Scope], Api]) -> None:
    assert keyed(make_api(Scope.WRITE), {"name": "API"}).status_code == 201
    assert keyed(make_api(Scope.WRITE), {"name": "Web"}).status_code == 201


def test_refused_request_keeps_no_answer(api: Api) -> None:
    assert keyed(api, {"name": ""}).status_code == 422
    assert keyed(api, {"name": "API"}).status_code == 201


def test_old_key_may_be_used_anew(api: Api, installation: Installation) -> None:
    keyed(api, {"name": "API"})
    with installation.database.write() as session:
        session.query(IdempotentAnswer).one().created_at -= timedelta(days=3)
    assert keyed(api, {"name": "Web"}).status_code == 201


@pytest.mark.parametrize("key", ["", " x", "x" * 256, "caf\xe9"])
def test_malformed_key_is_refused(api: Api, key: str) -> None:
    answer = keyed(api, {"name": "API"}, key)
    assert answer.status_code == 422
    assert fields_of(answer) == ["Idempotency-Key"]


def test_only_one_of_many_at_once_acts(app: Flask, api: Api, installation: Installation) -> None:
    def call(_: int) -> TestResponse:
        return keyed(Api(app.test_client(), api.token), {"name": "API"})

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(call, range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    with installation.database.read() as session:
        assert session.query(Component).count() == 1


def test_secret_of_a_token_is_shown_once(admin_api: Api) -> None:
    body, headers = {"name": "ci", "scope": "read"}, {"Idempotency-Key": KEY}
    first = admin_api.post("/tokens", body, **headers).json
    again = admin_api.post("/tokens", body, **headers).json
    assert first["token"].startswith("sp_")
    assert again == {**first, "token": None}
