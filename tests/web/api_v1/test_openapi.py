"""The OpenAPI document: complete, true, and what a fuzzer makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema
import openapi_spec_validator
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

from statuspage import people
from statuspage.changes import Installation, open_installation
from statuspage.domain.vocabulary import Scope
from statuspage.factory import create_app
from tests.things import add_things
from tests.web.api_v1.conftest import Api

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

EXAMPLES = 100


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


def test_document_is_valid(document: dict[str, Any]) -> None:
    openapi_spec_validator.validate(document)


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


def test_every_list_is_read_in_pages(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        listed = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        name = next((each["schema"].get("$ref", "") for each in listed.values()), "").rpartition("/")[2]
        if "next" in document["components"]["schemas"].get(name, {}).get("properties", {}):
            parameters = {parameter["name"]: parameter["schema"] for parameter in operations["get"]["parameters"]}
            assert "cursor" in parameters, path
            assert parameters["limit"]["maximum"] == parameters["limit"]["default"] == 100, path


def test_every_call_may_be_told_to_wait(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            assert "Retry-After" in operation["responses"]["429"]["headers"]
            assert "RateLimit" in next(iter(operation["responses"].values()))["headers"]


def test_schemas_are_valid_json_schemas(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.fixture
def contract(installation: Installation) -> Installation:
    """A policy that knows customers, reports, claims and urgencies."""
    settings = installation.settings.model_copy(update={"statuspage_policy": "twicpics"})
    return open_installation(settings)


@pytest.fixture
def known(contract: Installation) -> Iterator[tuple[Flask, Api, dict[str, str]]]:
    """The application with one of each thing, who calls it, and their ids by the name they have in paths."""
    app = create_app(contract)
    app.testing = True
    with contract.database.write() as session:
        _, token = people.create_token(session, "fuzzer", Scope.ADMIN, datetime.now(UTC))
    api = Api(app.test_client(), token)
    yield app, api, add_things(api)
    contract.database.dispose()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_fuzzed_calls_keep_to_the_document(known: tuple[Flask, Api, dict[str, str]], mode: GenerationMode) -> None:
    app, api, ids = known
    headers = {"Authorization": f"Bearer {api.token}"}
    loaded = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    operations = [found.ok() for found in loaded.get_all_operations()]
    calls = st.one_of([each.as_strategy(generation_mode=mode) for each in operations if not _ends_things(each)])

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=calls, meant=st.integers(0, 9))
    def call(case: schemathesis.Case, meant: int) -> None:
        if meant:  # else any id at all, which mostly names nothing
            case.path_parameters.update({name: ids[name] for name in case.path_parameters if name in ids})
            case.headers.pop("Authorization", None)
        answer = case.call_and_validate(headers=headers, checks=CHECKS)
        assert "Statuspage-Publish" not in answer.headers, "what was accepted could not be published"

    call()


def _ends_things(operation: APIOperation) -> bool:
    """Whether a call takes away what the others need, the token that calls among it."""
    return operation.method == "delete"
