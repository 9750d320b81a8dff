"""Reading a request strictly: what is not plain, well-typed JSON is refused with the field named.

Lenient readers turn "yes" into true, 5 into 1970 and a doubled key into its last value; a caller's mistake
would be stored as a fact. Everything wrong here is a 4xx problem, whatever the bytes are.
"""

from __future__ import annotations

import json
import math
from functools import cache
from types import new_class
from typing import Any, NoReturn, TypeVar, cast

from flask import Request, abort
from pydantic import BaseModel, ConfigDict, ValidationError

from statuspage.drafts import problems_of
from statuspage.errors import Problem, Refused
from statuspage.web.errors import problem_response

BODY_BYTES = 1024 * 1024
DEPTH = 20
"""Levels of nesting; no shape of this API has more than three."""

M = TypeVar("M", bound=BaseModel)


class _Unusable(ValueError):
    """The text is no JSON that this API takes."""


def read_body(request: Request) -> dict[str, Any]:
    """The JSON object in the body. Aborts with 413, 415 or 400; raises Refused when it is no object."""
    request.max_content_length = BODY_BYTES + 1  # a chunked body is cut off there without a word
    if (request.content_length or 0) > BODY_BYTES:
        abort(413)
    if request.mimetype != "application/json":
        abort(415, "Send the body as application/json.")
    data = request.get_data(cache=True)
    if len(data) > BODY_BYTES:
        abort(413)
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_read_object,
            parse_constant=_refuse_constant,
            parse_float=_read_float,
        )
        _check_depth(value)
    except RecursionError:
        _abort_malformed(f"nested deeper than {DEPTH} levels")
    except UnicodeDecodeError:
        _abort_malformed("not UTF-8")
    except ValueError as error:  # JSONDecodeError, and integers too long to read
        _abort_malformed(str(error))
    if not isinstance(value, dict):
        raise Refused(Problem("", "the body must be a JSON object"))
    problems = tuple(_unprintable(value, ""))
    if problems:
        raise Refused(problems)
    return value


def read_model(kind: type[M], values: dict[str, Any]) -> M:
    """The values as a `kind`, strictly typed as JSON is. Raises Refused, one Problem per field."""
    try:
        return cast(M, strict_form(kind).model_validate_json(canonical(values)))
    except ValidationError as error:
        raise Refused(problems_of(error)) from None


def read_query(kind: type[M], request: Request) -> M:
    """The query string as a `kind`. Raises Refused for an unknown, doubled or bad parameter."""
    doubled = [name for name, found in request.args.lists() if len(found) > 1]
    if doubled:
        raise Refused(Problem(name, "may be given once only") for name in doubled)
    values = request.args.to_dict()
    problems = tuple(_unprintable(dict(values), ""))
    if problems:
        raise Refused(problems)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise Refused(problems_of(error)) from None


def canonical(values: dict[str, Any]) -> str:
    """The one text of a JSON value: the same for each spelling and order of it."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@cache
def strict_form(kind: type[BaseModel]) -> type[BaseModel]:
    """`kind` with the types taken at their word: no number for a text, no "yes" for true."""
    strict = {"model_config": ConfigDict(strict=True), "__module__": kind.__module__, "__doc__": kind.__doc__}
    return cast(type[BaseModel], new_class(kind.__name__, (kind,), exec_body=lambda body: body.update(strict)))


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        keys = [key for key, _ in pairs]
        doubled = next(key for key in keys if keys.count(key) > 1)
        raise _Unusable(f"the key {doubled!a} stands twice in one object")
    return read


def _refuse_constant(name: str) -> NoReturn:
    raise _Unusable(f"{name} is not JSON")


def _read_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Unusable("a number is too large")
    return number


def _check_depth(value: Any, level: int = 0) -> None:
    if level > DEPTH:
        raise RecursionError
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            _check_depth(each, level + 1)


def _unprintable(value: Any, field: str) -> list[Problem]:
    """Texts that no database and no page can hold: lone surrogates and NUL."""
    match value:
        case str():
            broken = "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value)
            return [Problem(field, "must not contain NUL or half of a surrogate pair")] if broken else []
        case dict():
            keys = [p for key in value for p in _unprintable(key, field or "a field's name")]
            return keys or [p for key in value for p in _unprintable(value[key], _joined(field, key))]
        case list():
            return [p for n, each in enumerate(value) for p in _unprintable(each, _joined(field, str(n)))]
    return []


def _joined(field: str, key: str) -> str:
    return f"{field}.{key}" if field else key


def _abort_malformed(reason: str) -> NoReturn:
    abort(problem_response(400, "The body is not JSON that can be read.", [Problem("", reason)]))
