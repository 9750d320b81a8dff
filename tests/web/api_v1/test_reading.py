"""Bodies that no caller should send: always a 4xx problem, never half a change."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.api_v1.conftest import Api, fields_of

GOOD = '{"title": "Calls fail", "priority": "P1", "body": "x", "components": {}'


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe{}", 400),
        (b'{"title": NaN}', 400),
        (b'{"title": Infinity}', 400),
        (b'{"title": 1e999}', 400),
        (b'{"title": ' + b"9" * 5000 + b"}", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50 + b"1" + b"}" * 50, 400),
        (b'{"title": "a", "title": "b"}', 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"{}"', 422),
        (b"5", 422),
        (GOOD.encode() + b', "cause": "\\ud800"}', 422),
        (GOOD.encode() + b', "\\ud800": 1}', 422),
        (GOOD.encode() + b', "cause": "a\\u0000b"}', 422),
        (GOOD.encode() + b', "started_at": 1e300}', 422),
        (b'{"x": "' + b"a" * 1024 * 1024 + b'"}', 413),
    ],
)
def test_unusable_body_is_refused(api: Api, data: bytes, status: int) -> None:
    answer = api.send("/incidents", data)
    assert answer.status_code == status
    fields_of(answer)
    assert api.get("/incidents").json == {"items": [], "next": None}


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_other_content_types_are_415(api: Api, content_type: str) -> None:
    answer = api.send("/incidents", GOOD.encode() + b"}", content_type)
    assert answer.status_code == 415
    fields_of(answer)


def test_json_with_charset_is_taken(api: Api) -> None:
    assert api.send("/incidents", GOOD.encode() + b"}", "application/json; charset=utf-8").status_code == 201


def test_unread_chunked_body_is_capped(api: Api) -> None:
    answer = api.client.post(
        "/api/v1/incidents",
        input_stream=io.BytesIO(b" " * (1024 * 1024 + 1)),
        headers={"Authorization": f"Bearer {api.token}", "Transfer-Encoding": "chunked"},
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_fields = st.sampled_from(["title", "priority", "status", "body", "components", "cause", "started_at", "notify", "x"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=_json | st.dictionaries(_fields, _json, max_size=9))
def test_any_json_is_answered_below_500(api: Api, body: Any) -> None:
    for path in ("/incidents", "/maintenances", "/components", "/subscribers"):
        answer = api.send(path, json.dumps(body).encode())
        assert answer.status_code < 500
        if answer.status_code >= 400:
            fields_of(answer)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=60))
def test_any_bytes_are_answered_below_500(api: Api, data: bytes) -> None:
    assert 400 <= api.send("/incidents", data).status_code < 500


def test_every_post_takes_strict_types(api: Api, add_components: Callable[..., None]) -> None:
    add_components("API")
    for path, body, field in (
        ("/components", {"name": "X", "beta": 1}, "beta"),
        ("/components", {"name": "X", "hidden": "no"}, "hidden"),
        ("/subscribers", {"email": "a@example.com", "components": "api"}, "components"),
        ("/subscribers", {"email": "a@example.com", "confirmed": "true"}, "confirmed"),
    ):
        answer = api.post(path, body)
        assert answer.status_code == 422
        assert fields_of(answer) == [field]
