"""Shapes that several answers share: instants, pages of a list and their cursors."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from statuspage.domain.wallclock import wire
from statuspage.errors import Problem, Refused

PAGE_LENGTH = 100
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9._-]{1,80}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Row = TypeVar("Row")
Item = TypeVar("Item", bound=BaseModel)


def _digits(value: Any) -> Any:
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("must be a whole number, not negative")
    return value


def _plain_date(value: Any) -> Any:
    if isinstance(value, str) and not _DATE.fullmatch(value):
        raise ValueError("must be a date such as 2026-08-01")
    return value


UtcInstant = Annotated[
    datetime, PlainSerializer(wire, return_type=str), Field(json_schema_extra={"format": "date-time"})
]
"""In answers: always UTC, ending in Z."""
QueryDate = Annotated[date, BeforeValidator(_plain_date)]
QueryNumber = Annotated[int, Field(ge=1, le=PAGE_LENGTH), BeforeValidator(_digits)]


class Shape(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(frozen=True)


class TranslationAnswer(Shape):
    """What was posted in a further language; null where readers see the original."""

    title: str | None = None
    body: str | None = None


class WorkTranslationAnswer(TranslationAnswer):
    """The same of announced work, with its reason."""

    reason_text: str | None = None


class Query(BaseModel):
    """Base of query strings: an unknown parameter is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class PageQuery(Query):
    """Which part of a list."""

    cursor: Annotated[str, Field(max_length=500)] | None = Field(
        None, description="`next` of the page before; empty for the first page"
    )
    limit: QueryNumber = Field(PAGE_LENGTH, description="items on a page")


class Items(Shape, Generic[Item]):
    """A page of a list; `next` is the cursor of the following page, null on the last one."""

    items: list[Item]
    next: str | None


def make_cursor(at: datetime, key: str) -> str:
    """An opaque cursor that continues after the row with this time and id."""
    return _pack([wire(at), key])


def read_cursor(cursor: str | None) -> tuple[datetime, str] | None:
    """What make_cursor packed; None for the first page. Raises Refused for anything else."""
    if not cursor:
        return None
    at, key = _unpack(cursor)
    try:
        moment = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise _no_cursor() from None
    return moment, key


def make_place(position: int, key: str) -> str:
    """Like make_cursor for lists that people order: continues after this position and id."""
    return _pack([position, key])


def read_place(cursor: str | None) -> tuple[int, str] | None:
    """What make_place packed; None for the first page. Raises Refused for anything else."""
    if not cursor:
        return None
    position, key = _unpack(cursor)
    if type(position) is not int or not 0 <= position < 2**31:
        raise _no_cursor()
    return position, key


def _pack(place: list[int | str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _unpack(cursor: str) -> tuple[Any, str]:
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        first, key = place
        if not _KEY.fullmatch(key):
            raise _no_cursor()
    except (ValueError, TypeError, RecursionError):  # no base64, no JSON, no pair
        raise _no_cursor() from None
    return first, key


def _no_cursor() -> Refused:
    return Refused(Problem("cursor", "is not a cursor of this list"))


def page_of(
    rows: Sequence[Row], limit: int, shown: Callable[[Row], Item], place: Callable[[Row], tuple[datetime, str]]
) -> tuple[list[Item], str | None]:
    """Items and the next cursor from rows that were loaded with one more than `limit`."""
    items = [shown(row) for row in rows[:limit]]
    return items, make_cursor(*place(rows[limit - 1])) if len(rows) > limit else None


def page_of_all(rows: Sequence[Row], query: PageQuery, shown: Callable[[Row], Item]) -> tuple[list[Item], str | None]:
    """Items and the next cursor of a list short enough to be loaded whole."""
    place = read_place(query.cursor)
    start = place[0] if place else 0
    end = start + query.limit
    return [shown(row) for row in rows[start:end]], make_place(end, "all") if end < len(rows) else None
