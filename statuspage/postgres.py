"""PostgreSQL connections that end: a server that was stopped answers neither yes nor no, and its client would wait
for ever, because its kernel still takes every packet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event

OPTIONS = "-c statement_timeout=20000 -c lock_timeout=10000 -c timezone=UTC"
CONNECT_SECONDS = 2
PATIENCE = 21.0
"""Seconds for one answer: a little longer than the server's own statement timeout."""
LONG_PATIENCE = 61.0
LONG = "SET LOCAL statement_timeout TO 60000"
"""For a statement that writes a row for each of very many people."""
PING_PATIENCE = 2.0
"""Seconds for the word by which the pool asks whether a connection still lives."""


class ImpatientConnection(psycopg.Connection[Any]):
    """Each wait for the server ends after `patience` seconds with an OperationalError and a closed connection."""

    patience = PATIENCE

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """As psycopg's, with a deadline."""
        try:
            return super().wait(gen, interval=interval, timeout=self.patience if timeout is None else timeout)
        except psycopg.errors._WaitTimeout as error:
            if timeout is not None:
                raise
            self.close()
            raise psycopg.OperationalError(f"the server was silent for {self.patience:g} s") from error

    @contextmanager
    def waiting(self, patience: float) -> Iterator[None]:
        """Wait so many seconds for each answer."""
        self.patience = patience
        try:
            yield
        finally:
            self.patience = PATIENCE


@contextmanager
def unhurried(connection: Connection) -> Iterator[None]:
    """Leave more time than others get for the statements of this block, and for the rest of the transaction to the
    server alone. Nothing on other engines."""
    driver = connection.connection.dbapi_connection
    if not isinstance(driver, ImpatientConnection):
        yield
        return
    connection.exec_driver_sql(LONG)
    with driver.waiting(LONG_PATIENCE):
        yield


def make_postgres_engine(url: str) -> Engine:
    """An engine on PostgreSQL: dead connections are noticed, no wait is endless."""
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        pool_timeout=5,
        connect_args={"connect_timeout": CONNECT_SECONDS, "options": OPTIONS, "tcp_user_timeout": 20_000},
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        return ImpatientConnection.connect(*arguments, **options)

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        if connection.get_execution_options().get("statuspage_lightly", False):
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")

    ping = engine.dialect.do_ping

    def ping_soon(connection: Any) -> bool:
        with connection.waiting(PING_PATIENCE):
            return ping(connection)

    engine.dialect.do_ping = ping_soon  # type: ignore[method-assign,assignment]
    return engine
