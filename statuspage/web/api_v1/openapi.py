"""The OpenAPI 3.1 document of API v1, made from the same declarations that serve it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from flask import Response
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from statuspage.web.api_v1.endpoints import ENDPOINTS, Endpoint
from statuspage.web.api_v1.idempotency import HEADER

REF = "#/components/schemas/{model}"
Refs = dict[Any, dict[str, Any]]
"""Where the schema of a model in a mode ("validation", "serialization") stands."""
_VALUE = re.compile(r"<(\w+)>")
_REFUSALS = {
    400: "The body is not JSON, or the host is not served",
    401: "No token, or one that is unknown, revoked or expired",
    403: "The token's scope does not allow this",
    404: "There is no such thing",
    409: "It exists already, or somebody else changed it at the same moment",
    413: "The body is larger than 1 MiB",
    415: "The body is not application/json",
    422: "A field, a parameter or a rule: see `errors`",
    429: "The token's calls of this minute are used up, or something was tried too often: see Retry-After",
    503: "The database cannot be reached; nothing was changed: see Retry-After",
}
_WHOLE = {"type": "integer", "minimum": 0}
_HEADERS: dict[str, Any] = {
    "RateLimit-Policy": {
        "description": 'Calls that a token may make (q) in a window of seconds (w): `"token";q=3000;w=60`',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left (r), and the seconds until the window begins anew (t): `"token";r=2999;t=60`',
        "schema": {"type": "string"},
    },
    "RateLimit-Limit": {"description": "Calls in a window", "schema": _WHOLE},
    "RateLimit-Remaining": {"description": "Calls left in it", "schema": _WHOLE},
    "RateLimit-Reset": {"description": "Seconds until it begins anew", "schema": _WHOLE},
    "Retry-After": {"description": "Seconds to wait", "schema": _WHOLE},
}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457; refusals of a rule bring further members such as `earliest_start`.",
    "required": ["type", "title", "status", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "earliest_start": {"type": "string", "format": "date-time"},
        "accepted_kinds": {"type": "array", "items": {"type": "string"}},
    },
}


def answer_document() -> Response:
    """GET /api/v1/openapi.json; needs no token."""
    response = Response(document_text(), mimetype="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@cache
def document_text() -> str:
    """The document as JSON text."""
    return json.dumps(document(), indent=1)


def document() -> dict[str, Any]:
    """The document: full paths, every status each call can answer, one schema per model."""
    refs, schemas = _schemas()
    paths: dict[str, Any] = {}
    for endpoint in ENDPOINTS:
        path = "/api/v1" + _VALUE.sub(r"{\1}", endpoint.rule)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Status page API",
            "version": "1",
            "description": "Instants are ISO 8601 with an offset, answered in UTC. Lists answer `items` and `next`.",
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM},
            "headers": _HEADERS,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas() -> tuple[Refs, dict[str, Any]]:
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = []
    for endpoint in ENDPOINTS:
        if endpoint.body:
            wanted.append((endpoint.body, "validation"))
        if endpoint.gives:
            wanted.append((endpoint.gives, "serialization"))
    refs, top = models_json_schema(list(dict.fromkeys(wanted)), ref_template=REF)
    return dict(refs), top.get("$defs", {})


def _operation(endpoint: Endpoint, refs: Refs) -> dict[str, Any]:
    summary, _, more = " ".join((endpoint.view.__doc__ or "").split()).partition(". ")
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.noun],
        "summary": summary.rstrip("."),
        "description": f"{more} Needs a token of scope `{endpoint.scope.value}`.".strip(),
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint, refs),
    }
    if endpoint.body:
        schema = refs[endpoint.body, "validation"]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _VALUE.findall(endpoint.rule)
    ]
    if endpoint.query:
        schema = endpoint.query.model_json_schema(ref_template=REF)
        for name, field in schema.get("properties", {}).items():
            parameters.append(
                {
                    "name": name,
                    "in": "query",
                    "required": name in schema.get("required", ()),
                    "description": field.pop("description", ""),
                    "schema": _without_null(field),
                }
            )
    if endpoint.method == "POST":
        parameters.append(
            {
                "name": HEADER,
                "in": "header",
                "required": False,
                "description": "Sent again with the same key, a request gets the first answer and does nothing.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }
        )
    return parameters


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """A query parameter is absent, never null."""
    choices = [choice for choice in field.pop("anyOf", []) if choice != {"type": "null"}]
    if field.get("default", ...) is None:
        del field["default"]
    return {**field, **choices[0]} if len(choices) == 1 else field


def _responses(endpoint: Endpoint, refs: Refs) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done", "headers": _standing()}
    if endpoint.gives:
        schema = refs[endpoint.gives, "serialization"]
        done["content"] = {"application/json": {"schema": schema}}
    if endpoint.status == 201:
        done["headers"]["Location"] = {"schema": {"type": "string"}, "description": "Where it is found"}
    problem = {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}}
    refused = {
        str(status): {"description": text, "content": problem, "headers": _refusal_headers(status)}
        for status, text in _REFUSALS.items()
        if _can_answer(endpoint, status)
    }
    return {str(endpoint.status): done, **refused}


def _standing() -> dict[str, Any]:
    """Where the caller stands; the answer to an unknown token has none of them."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS if name.startswith("RateLimit")}


def _refusal_headers(status: int) -> dict[str, Any]:
    waits = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}} if status in (429, 503) else {}
    return {**({} if status in (400, 401) else _standing()), **waits}


def _can_answer(endpoint: Endpoint, status: int) -> bool:
    match status:
        case 413 | 415:
            return endpoint.body is not None
        case 404:
            return "<" in endpoint.rule
        case 409:
            return endpoint.method != "GET"
        case 422:
            return endpoint.method != "GET" or endpoint.query is not None
    return True
