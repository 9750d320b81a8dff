"""How an endpoint is declared and what happens to a request before and after its view.

In this order: who calls (401), how often (429), may they (403), is the body JSON (400, 413, 415), are its fields
right (422), was it answered before (Idempotency-Key); then the view, inside whose transaction all its writing
happens.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

import structlog
from flask import Response, abort, current_app, g, request
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError

from statuspage import tracing
from statuspage.domain.vocabulary import Scope
from statuspage.errors import NotFound
from statuspage.web import current
from statuspage.web.api_v1.access import Caller, note_use, read_caller
from statuspage.web.api_v1.allowance import EXTENSION, Allowance, Standing
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.idempotency import AnsweredMeanwhile, StoredAnswer, load_answer, read_key
from statuspage.web.api_v1.reading import canonical, read_body, read_model, read_query
from statuspage.web.errors import problem_response

Method = Literal["GET", "POST", "PATCH", "DELETE"]
View = TypeVar("View", bound=Callable[..., Answer])
_PATH_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True)
class Endpoint:
    """One call: method and path below /api/v1, what it needs, takes and gives."""

    method: Method
    rule: str
    view: Callable[..., Answer]
    scope: Scope
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    gives: type[BaseModel] | None
    status: int

    @property
    def name(self) -> str:
        """Unique name: the view's."""
        return self.view.__name__

    @property
    def noun(self) -> str:
        """The first word of its path."""
        return self.rule.split("/")[1]


ENDPOINTS: list[Endpoint] = []
log = structlog.get_logger(__name__)


def endpoint(
    method: Method,
    rule: str,
    *,
    scope: Scope,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    gives: type[BaseModel] | None = None,
    status: int = 200,
) -> Callable[[View], View]:
    """Declare a view, called with `call` and, as declared, `draft` (the body), `query` and the path's values."""

    def declare(view: View) -> View:
        ENDPOINTS.append(Endpoint(method, rule, view, scope, body, query, gives, status))
        return view

    return declare


def view_of(endpoint: Endpoint) -> Callable[..., Response]:
    """The Flask view that serves `endpoint`."""

    def serve(**path_values: str) -> Response:
        installation, now = current.installation(), current.now()
        with installation.database.read() as session:
            caller = read_caller(request, session, now)
        standing = _take_allowance(caller, now)
        caller.check_scope(endpoint.scope)
        call = Call(installation, caller, now, request.remote_addr)
        tracing.begin(tracing.Act(call.author, tracing.action_of(endpoint.name), call.client, now))
        arguments: dict[str, Any] = _checked(path_values)
        values = read_body(request) if endpoint.body else {}
        if endpoint.body:
            arguments["draft"] = read_model(endpoint.body, values)
        if endpoint.query:
            arguments["query"] = read_query(endpoint.query, request)
        if endpoint.method == "GET" and standing.is_first:
            _note_reading(call)
        if endpoint.method == "POST":
            call.key = read_key(request, caller.id, canonical(values))
        return _given_before(call) or _serve_once(endpoint, call, arguments)

    serve.__name__ = endpoint.name
    return serve


def tell_standing(response: Response) -> Response:
    """Say on an answer what is left of its caller's allowance; for the blueprint's after_request."""
    standing: Standing | None = g.get("api_standing")
    if standing is not None:
        response.headers.update(standing.headers)
    return response


def _note_reading(call: Call) -> None:
    """A token that only reads is in use as well; once a window, and the answer does not wait for a database that is
    busy for long more often than that."""
    try:
        with call.installation.database.write() as session:
            note_use(call.caller, session, call.now)
    except OperationalError as error:
        log.warning("use of a token not noted", reason=str(error.orig)[:300])


def _take_allowance(caller: Caller, now: datetime) -> Standing:
    allowance: Allowance = current_app.extensions[EXTENSION]
    standing = g.api_standing = allowance.take(caller.id, now)
    if standing.exceeded:
        detail = f"A token may make {standing.limit} calls a minute; go on in {standing.seconds} s."
        abort(problem_response(429, detail))
    return standing


def _serve_once(endpoint: Endpoint, call: Call, arguments: dict[str, Any]) -> Response:
    try:
        answer = endpoint.view(call, **arguments)
    except AnsweredMeanwhile:
        return _given_before(call) or _serve_once(endpoint, call, arguments)
    response = _response(answer.status, answer.model.model_dump_json() if answer.model else "", answer.location)
    if call.publish_error is not None:
        response.headers["Statuspage-Publish"] = "delayed"
    return response


def _given_before(call: Call) -> Response | None:
    if call.key is None:
        return None
    with call.read() as session:
        kept: StoredAnswer | None = load_answer(session, call.key, call.now)
    if kept is None:
        return None
    response = _response(kept.status, kept.text, kept.location)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _response(status: int, text: str, location: str | None) -> Response:
    response = Response(text, status, mimetype="application/json" if text else None)
    response.headers["Cache-Control"] = "no-store"
    if status == 204:
        del response.headers["Content-Type"]
    if location:
        response.headers["Location"] = location
    return response


def _checked(path_values: dict[str, str]) -> dict[str, Any]:
    """Path values that could be ids or slugs; anything else names nothing."""
    for name, value in path_values.items():
        if not _PATH_VALUE.fullmatch(value):
            raise NotFound(name.removesuffix("_id"), value)
    return dict(path_values)
