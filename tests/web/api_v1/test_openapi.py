"""The OpenAPI document: complete, true, and what a fuzzer makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.api_v1.conftest import Api

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    """The document as anybody may fetch it."""
    answer = client.get("/api/v1/openapi.json?x=1")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    return answer.json


def test_document_is_openapi_3_1_with_full_paths(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    assert {"/api/v1/incidents", "/api/v1/maintenances", "/api/v1/uptime"} <= document["paths"].keys()


def test_every_route_is_documented(app: Flask, document: dict[str, Any]) -> None:
    served = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api_v1.") and rule.endpoint != "api_v1.openapi"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    written = {(path, method) for path, operations in document["paths"].items() for method in operations}
    assert served == written


def test_every_post_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        if "post" in operations:
            assert "Idempotency-Key" in [parameter["name"] for parameter in operations["post"]["parameters"]]
            assert "201" in operations["post"]["responses"]


def test_schemas_are_valid_json_schemas(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_fuzzed_calls_keep_to_the_document(
    app: Flask, admin_api: Api, add_components: Callable[..., None], mode: GenerationMode
) -> None:
    add_components("API")
    headers = {"Authorization": f"Bearer {admin_api.token}"}
    loaded = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    operations = [found.ok() for found in loaded.get_all_operations()]
    calls = st.one_of([each.as_strategy(generation_mode=mode) for each in operations if not _ends_itself(each)])

    @settings(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=calls)
    def call(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    call()


def _ends_itself(operation: APIOperation) -> bool:
    """Whether a call could revoke the token that calls."""
    return operation.path.endswith("/tokens/{token_id}") and operation.method == "delete"
