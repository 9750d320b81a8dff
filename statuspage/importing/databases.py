"""Other products' SQLite files, opened for reading alone: their tables, rows as mappings, and their times."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from statuspage.domain.wallclock import wire
from statuspage.errors import Problem, Refused

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """What a database holds, in the shapes of the Statuspage API, and how much of it was left out, by why."""

    data: Mapping[str, Any]
    left_out: dict[str, int] = field(default_factory=dict)


class Tables:
    """A database that is read; a table or column that a version lacks reads as empty."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row
        self._connection = connection
        named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self.names = {str(row["name"]) for row in named}

    def rows(self, table: str, order: str = "id") -> Iterator[Row]:
        """The rows of a table, none where it is not there."""
        if table not in self.names:
            return
        for row in self._connection.execute(f'SELECT * FROM "{table}" ORDER BY {order}'):  # noqa: S608  names are ours
            yield _Row(row)

    def first(self, *tables: str) -> str:
        """The first of several names that is there."""
        return next((table for table in tables if table in self.names), tables[-1])


class _Row(dict[str, Any]):
    """A row; what a version has no column for is None."""

    def __missing__(self, key: str) -> None:
        return None


@contextmanager
def opened_tables(file: str, product: str, needed: str) -> Iterator[Tables]:
    """The tables of a SQLite file. Raises Refused where it is none, or lacks the table that the product has."""
    path = Path(file)
    if not path.is_file():
        raise Refused(Problem("", f"there is no such file: {file}"))
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            tables = Tables(connection)
            if needed not in tables.names:
                raise Refused(Problem("", f"{file} is no database of {product}: it has no table {needed}"))
            yield tables
    except sqlite3.Error as error:
        hint = "a dump of MySQL or PostgreSQL is to be turned into SQLite first"
        raise Refused(Problem("", f"{file} is no SQLite database ({error}); {hint}")) from None


def instant(value: Any, zone: ZoneInfo) -> str | None:
    """A stored wall-clock time as the API writes instants; None for none. Raises Refused for what is no time."""
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise Refused(Problem("", f"{value!r} is no date and time")) from None
    return wire((moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC))
