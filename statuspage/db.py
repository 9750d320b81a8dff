"""Engine and sessions for SQLite and PostgreSQL; no Flask, no tables.

SQLite traps cured here: WAL, foreign keys, a busy timeout, full synchronisation (an announced publish
survives a power cut), and BEGIN IMMEDIATE for writers, because a deferred transaction that turns into
a writer later fails with "database is locked" or loses the race silently.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, String, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from statuspage.domain.vocabulary import (
    Cause,
    ComponentStatus,
    Frequency,
    Impact,
    IncidentStatus,
    MaintenanceKind,
    MaintenanceStatus,
    Priority,
    Risk,
    Role,
    Scope,
    WorkEffect,
    WorkObject,
)
from statuspage.postgres import make_postgres_engine

STORED_WORDS: tuple[type[StrEnum], ...] = (
    Cause,
    ComponentStatus,
    Frequency,
    Impact,
    IncidentStatus,
    MaintenanceKind,
    MaintenanceStatus,
    Priority,
    Risk,
    Role,
    Scope,
    WorkEffect,
    WorkObject,
)
SQLITE_BUSY_MS = 10_000


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC in the database; SQLite would hand it back naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime reached the database: {value!r}")
        return value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """One step from the driver's value: histories read very many of them."""
        return _instant_of_text if dialect.name == "sqlite" else _instant_of_driver


def _instant_of_text(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(f"{value}+00:00")
    except ValueError:  # ends of certificates were once stored with their offset
        return datetime.fromisoformat(value).astimezone(UTC)


def _instant_of_driver(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


class _WordOfWire(dict[str, StrEnum]):
    """The word of each wire string, by a plain look-up; a string that is no word is an error, nothing is None."""

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__((word.value, word) for word in words)
        self.words = words

    def __missing__(self, wire: str | None) -> StrEnum | None:
        return None if wire is None else self.words(wire)


class EnumWord(TypeDecorator[StrEnum]):
    """A word of the vocabulary: its wire string in the database, the enum in Python."""

    impl = String(40)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words
        self._of_wire = _WordOfWire(words)

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], StrEnum | None]:
        """One step from the driver's string: histories read very many of them."""
        return self._of_wire.__getitem__


class Base(DeclarativeBase):
    """Base of all tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        **{words: EnumWord(words) for words in STORED_WORDS},
    }


class Database:
    """Hands out sessions. `read()` never writes; `write()` commits on leaving, rolls back on an error."""

    def __init__(self, url: str) -> None:
        """Open the engine for `url` (SQLAlchemy form; `postgresql://` means psycopg 3)."""
        self.url = normalised_url(url)
        self.engine = make_engine(self.url)
        self._writer = self.engine.execution_options(statuspage_writes=True)
        self._light_writer = self.engine.execution_options(statuspage_writes=True, statuspage_lightly=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading one consistent state; whatever it changed is discarded."""
        with Session(self.engine, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self, *, lightly: bool = False) -> Iterator[Session]:
        """A session in a write transaction, begun at once, committed on leaving the block.

        `lightly` for what may be done twice: its commit does not wait for the disk, a power cut may lose it."""
        writer = self._light_writer if lightly else self._writer
        with Session(writer, expire_on_commit=False) as session, session.begin():
            session.connection()
            yield session

    def connect_lightly(self) -> Connection:
        """A connection of one's own for writing what may be done twice: a crash of this process loses none of its
        commits, a power cut may lose the last. Each statement said to its driver is its own transaction."""
        connection = self._writer.connect()
        connection.detach()
        driver: Any = connection.connection.dbapi_connection
        if self.engine.dialect.name == "sqlite":
            driver.execute("PRAGMA synchronous=NORMAL")
        else:
            driver.rollback()
            driver.autocommit = True
            driver.execute("SET synchronous_commit TO off")
        return connection

    def dispose(self) -> None:
        """Close all pooled connections (before a fork, after a restore)."""
        self.engine.dispose()


def normalised_url(url: str) -> str:
    """`postgres://` and `postgresql://` become `postgresql+psycopg://`; others stay."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


def make_engine(url: str) -> Engine:
    """An engine with this project's pragmas and timeouts."""
    if make_url(url).get_backend_name() == "sqlite":
        return _make_sqlite_engine(url)
    return make_postgres_engine(url)


def _make_sqlite_engine(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_MS / 1000, "check_same_thread": False})

    if path and path != ":memory:":
        _watch_file(engine, path)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing; begin_transaction below does
        _write_ahead(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", f"busy_timeout={SQLITE_BUSY_MS}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("statuspage_writes", False):
            connection.exec_driver_sql("BEGIN")
            return
        waits = "NORMAL" if options.get("statuspage_lightly", False) else "FULL"
        connection.exec_driver_sql(f"PRAGMA synchronous={waits}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _write_ahead(connection: Any) -> None:
    """Turn the write-ahead log on. Of several that meet a new file at once SQLite refuses all but one, whatever the
    busy timeout; so they try again for as long."""
    until = time.monotonic() + SQLITE_BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _watch_file(engine: Engine, path: str) -> None:
    """No connection outlives its file: one that was deleted or replaced takes every change and keeps none. A file
    that this process has seen is not made anew: an empty page would be published over the real one."""
    seen = False

    @event.listens_for(engine, "do_connect")
    def check_existence(_dialect: Any, _record: Any, _arguments: Any, _options: Any) -> None:
        nonlocal seen
        if seen and not os.path.exists(path):
            raise sqlite3.OperationalError("the database file is gone")
        _make_private(path)
        seen = True

    @event.listens_for(engine, "connect")
    def note_file(_connection: Any, record: Any) -> None:
        record.info["file"] = _identity(path)

    @event.listens_for(engine, "checkout")
    def check_file(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get("file") != _identity(path):
            raise DisconnectionError("the database file was replaced")


def _identity(path: str) -> tuple[int, int] | None:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _make_private(path: str) -> None:
    """A new database file is its owner's alone: addresses, links and hashes stand in it. One that exists is not
    opened here: closing it again would drop the locks that SQLite holds on it for this process."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
