"""Stores many rows at once: what is new in one statement, what the capture knows newer in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from statuspage.importing.tally import Tally
from statuspage.models import Component, ComponentGroup, Incident, Maintenance, Update

AT_ONCE = 500
"""Rows asked for in one statement; databases limit the parameters."""
R = TypeVar("R", Component, ComponentGroup, Incident, Maintenance, Update)
T = TypeVar("T")


def in_portions(items: Iterable[T]) -> Iterator[list[T]]:
    """The items in lists of at most AT_ONCE."""
    all_items = list(items)
    for start in range(0, len(all_items), AT_ONCE):
        yield all_items[start : start + AT_ONCE]


def load_rows(session: Session, table: type[R], ids: Iterable[str]) -> dict[str, R]:
    """The stored rows with these ids."""
    found: dict[str, R] = {}
    for portion in in_portions(ids):
        found.update({row.id: row for row in session.scalars(select(table).where(table.id.in_(portion)))})
    return found


def store_rows(
    session: Session,
    table: type[R],
    wanted: Mapping[str, Mapping[str, Any]],
    *,
    stored: Mapping[str, R],
    once: Sequence[str] = (),
    tally: Tally,
) -> set[str]:
    """Insert the wanted rows that are not stored, change stored ones that differ; ids of both.

    A stored row that was changed later than the wanted one (`updated_at`) stays: the newer word wins.
    Columns in `once` are written with a new row and never changed.
    """
    written: set[str] = set()
    new: list[dict[str, Any]] = []
    for row_id, values in wanted.items():
        row = stored.get(row_id)
        if row is None:
            new.append(dict(values))
            tally.created += 1
        elif _apply(row, values, once):
            tally.updated += 1
        else:
            tally.unchanged += 1
            continue
        written.add(row_id)
    session.flush()
    for portion in in_portions(new):
        session.execute(insert(table), portion)
    return written


def _apply(row: Any, values: Mapping[str, Any], once: Sequence[str]) -> bool:
    updated_at: datetime = values["updated_at"]
    if row.updated_at > updated_at:
        return False
    different = {name: value for name, value in values.items() if name not in once and getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)
