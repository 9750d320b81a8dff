"""The common case of the records, made cheap: these were accepted. Held open while a run lasts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, bindparam, update

from statuspage.db import Database
from statuspage.models import Delivery

AT_ONCE = 8
_NOBODY = -1
_TABLE: Table = Delivery.__table__  # type: ignore[assignment]
_SENT = (
    update(_TABLE)
    .where(_TABLE.c.state == "due", _TABLE.c.id.in_([bindparam(f"id{n}") for n in range(AT_ONCE)]))
    .values(sent_at=bindparam("now"), state="sent", lease_until=None, last_error=None, attempts=_TABLE.c.attempts + 1)
)


class Recording:
    """Writes down what was accepted over a connection that need not wait for the disk: a power cut repeats
    messages, it never loses one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    def record_sent(self, ids: Sequence[int], *, now: datetime) -> None:
        """As outbox.record_sent, in a transaction of its own."""
        if self._connection is None:
            self._connection = self._database.connect_lightly()
        try:
            with self._connection.begin():
                for start in range(0, len(ids), AT_ONCE):
                    part = [*ids[start : start + AT_ONCE], *[_NOBODY] * AT_ONCE][:AT_ONCE]
                    named = {f"id{n}": number for n, number in enumerate(part)}
                    self._connection.execute(_SENT, {"now": now, **named})
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """The run is over, or the connection broke."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
