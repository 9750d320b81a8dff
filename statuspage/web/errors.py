"""What a door answers when it cannot do what was asked: a page for people, problem+json (RFC 9457) under /api/.

Blueprints may register handlers of their own for their own exceptions; these are the last resort.
"""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, render_template, request
from flask_babel import force_locale
from sqlalchemy.exc import DatabaseError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from statuspage.errors import Conflicted, NotFound, Overtaken, Problem, Refused
from statuspage.publishing.environment import asset_path
from statuspage.translations.catalogues import SOURCE, known_languages

JSON_PATHS = ("/api/", "/hooks/")
"""Whose callers are machines."""
READER_FORMS = ("subscribe", "confirm", "manage", "unsubscribe")
"""First words of the public page's live forms."""
RETRY_AFTER_SECONDS = 30
DISK_FULL = "The disk is full. Nothing was changed: make room, then try again."
FULL = re.compile(r"disk is full|No space left", re.IGNORECASE)
"""As SQLite and PostgreSQL say it."""
NEVER_ECHOED = ("password", "token", "secret", "code")
log = structlog.get_logger(__name__)


def register(app: Flask) -> None:
    """Attach the handlers to `app`."""
    app.register_error_handler(HTTPException, answer_http_exception)
    app.register_error_handler(Refused, answer_refused)
    app.register_error_handler(NotFound, answer_not_found)
    app.register_error_handler(Conflicted, answer_conflicted)
    for unreachable in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(unreachable, answer_database_down)
    app.register_error_handler(OSError, answer_no_room)
    app.register_error_handler(IntegrityError, answer_overtaken)
    app.register_error_handler(DatabaseError, answer_database_error)
    app.register_error_handler(Exception, answer_unexpected)


def problem_response(
    status: int,
    detail: str | None = None,
    problems: Iterable[Problem] = (),
    facts: Mapping[str, Any] | None = None,
) -> Response:
    """A problem+json answer: RFC 9457's members, `errors: [{field, message}]` and further facts."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        body["detail"] = detail
    body["errors"] = [{"field": p.field, "message": p.message} for p in problems]
    body.update(facts or {})
    return Response(json.dumps(body), status, mimetype="application/problem+json")


def error_response(
    status: int,
    detail: str | None = None,
    problems: Iterable[Problem] = (),
    facts: Mapping[str, Any] | None = None,
) -> Response:
    """The answer in the form the caller reads: problem+json under /api/, else a page."""
    if request.path.startswith(JSON_PATHS):
        return problem_response(status, detail, problems, facts)
    page = render_template(
        "errors/error.html",
        status=status,
        title=HTTPStatus(status).phrase,
        detail=detail,
        problems=tuple(problems),
        typed=_typed_fields() if status == HTTPStatus.SERVICE_UNAVAILABLE else (),
    )
    return Response(page, status, mimetype="text/html")


def answer_http_exception(error: HTTPException) -> Response:
    """Werkzeug's own refusals: 400, 403, 404, 405, 413, 415, 429 … with the headers they bring."""
    if isinstance(error.response, Response):
        return error.response
    response = error_response(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, error.description)
    for name, value in error.get_headers(None):
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def answer_refused(error: Refused) -> Response:
    """A rule of the domain said no, and the door did not show it beside its fields."""
    status = HTTPStatus.CONFLICT if isinstance(error, Overtaken) else HTTPStatus.UNPROCESSABLE_ENTITY
    return error_response(status, str(error), error.problems, error.facts)


def answer_not_found(error: NotFound) -> Response:
    return error_response(HTTPStatus.NOT_FOUND, str(error))


def answer_conflicted(error: Conflicted) -> Response:
    return error_response(HTTPStatus.CONFLICT, str(error))


def answer_database_down(error: Exception) -> Response:
    """The database cannot be reached, is busy for too long or has no room: nothing was written, try again soon."""
    reason = str(getattr(error, "orig", error))[:300]
    log.error("database unavailable", kind=type(error).__name__, reason=reason)
    return _unwell(DISK_FULL if FULL.search(reason) else "The database cannot be reached. Nothing was changed.")


def answer_no_room(error: OSError) -> Response:
    """A file could not be written for want of room; any other failure of a file is a defect."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return answer_unexpected(error)
    log.error("no room on disk", reason=str(error))
    return _unwell(DISK_FULL)


def _unwell(detail: str) -> Response:
    """503 for now: to readers in their language, to operators and programs with the reason."""
    forms = ReaderForm.at(request.path)
    if forms is None:
        response = error_response(HTTPStatus.SERVICE_UNAVAILABLE, detail)
    else:
        response = Response(forms.render(), HTTPStatus.SERVICE_UNAVAILABLE, mimetype="text/html")
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


@dataclass(frozen=True)
class ReaderForm:
    """A form of the public page: its language, and what its addresses begin with."""

    language: str
    root: str

    @classmethod
    def at(cls, path: str) -> ReaderForm | None:
        """The form at this path, if it is one; where the path names no language the browser does."""
        first, _, rest = path[1:].partition("/")
        if rest == "subscribe" and first in known_languages():
            return cls(first, f"/{first}")
        if first not in READER_FORMS:
            return None
        return cls(request.accept_languages.best_match(known_languages(), SOURCE), "")

    def render(self) -> str:
        """The page that says so, with what was typed."""
        typed = tuple(request.form.items(multi=True)) if request.method == "POST" else ()
        with force_locale(self.language):
            return render_template(
                "errors/unwell.html", lang=self.language, root=self.root, typed=typed, style=asset_path("style.css")
            )


def answer_overtaken(error: IntegrityError) -> Response:
    """Two did the same at the same moment, and the database let one of them through."""
    log.warning("overtaken", reason=str(error.orig)[:300])
    detail = "Somebody else changed the same thing at the same moment. Try again."
    return error_response(HTTPStatus.CONFLICT, detail)


def answer_database_error(error: DatabaseError) -> Response:
    """A damaged SQLite file is a database that is away (drivers have no narrower class for it); the rest is ours."""
    return answer_database_down(error) if type(error) is DatabaseError else answer_unexpected(error)


def answer_unexpected(error: Exception) -> Response:
    """A defect of ours: logged with its trace, told without it."""
    log.error("unexpected error", exc_info=error)
    return error_response(HTTPStatus.INTERNAL_SERVER_ERROR, None)


def _typed_fields() -> tuple[tuple[str, str], ...]:
    """What an operator typed into a form that could not be saved, so that it is not lost; no secrets."""
    if request.method != "POST" or not request.path.startswith("/admin"):
        return ()
    fields = tuple(request.form.items(multi=True))
    if any(word in name.lower() for name, _ in fields for word in NEVER_ECHOED if name != "csrf_token"):
        return ()
    return fields
