"""The common case of the records, made cheap: these were accepted. Held open while a run lasts.

One statement that is compiled once and is its own transaction goes straight to the driver: SQLAlchemy's way there
costs more than the database's work. Words are literals in it: SQLite would compile it anew for each value that is
bound where a partial index asks for a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table, bindparam, literal_column, null, update
from sqlalchemy.exc import OperationalError

from statuspage.db import Database
from statuspage.models import Delivery
from statuspage.notify import outbox

AT_ONCE = 8
_NAMES = tuple(f"id{n}" for n in range(AT_ONCE))
_NOBODY = (-1,) * AT_ONCE
_TABLE: Table = Delivery.__table__  # type: ignore[assignment]
_SENT = (
    update(_TABLE)
    .where(_TABLE.c.state == outbox.DUE, _TABLE.c.id.in_([bindparam(name) for name in _NAMES]))
    .values(
        sent_at=bindparam("now"),
        state=literal_column("'sent'"),
        lease_until=null(),
        last_error=null(),
        attempts=_TABLE.c.attempts + literal_column("1"),
    )
)


class Recording:
    """Writes down what was accepted over a connection that need not wait for the disk: a power cut repeats
    messages, it never loses one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        dialect = database.engine.dialect
        compiled = _SENT.compile(dialect=dialect)
        self._said = str(compiled)
        self._order: Sequence[str] | None = compiled.positiontup
        self._stored = _TABLE.c.sent_at.type.dialect_impl(dialect).bind_processor(dialect)
        self._failure: type[Exception] = dialect.loaded_dbapi.OperationalError

    def record_sent(self, ids: Sequence[int], *, now: datetime) -> None:
        """As outbox.record_sent, in transactions of its own. Raises OperationalError."""
        if self._connection is None:
            self._connection = self._database.connect_lightly()
        driver: Any = self._connection.connection.dbapi_connection
        instant = self._stored(now) if self._stored is not None else now
        try:
            for start in range(0, len(ids), AT_ONCE):
                values = dict(zip(_NAMES, chain(ids[start : start + AT_ONCE], _NOBODY), strict=False), now=instant)
                driver.execute(self._said, [values[name] for name in self._order] if self._order else values)
        except self._failure as error:
            self._connection.invalidate(error)
            self.close()
            raise OperationalError(self._said, None, error) from error

    def close(self) -> None:
        """The run is over."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
