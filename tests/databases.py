"""A PostgreSQL database with tables and page that the tests of a process use one after another.

Emptied after each test, which takes a tenth of making one anew; made anew where a test changed more than rows.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.servers import PostgresServer

MANY = 20_000
"""Rows whose deletion takes longer than another database."""

_SHAPE = """
SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
  SELECT concat_ws(' ', attrelid, attname, atttypid, attnotnull) FROM pg_attribute
   WHERE attnum > 0 AND NOT attisdropped AND attrelid IN
     (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
  UNION ALL SELECT concat_ws(' ', tgrelid, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT concat_ws(' ', conrelid, conname) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
) shape (line)
"""
_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Reused:
    """The database: `url` for a test, then `clean()`."""

    def __init__(self, server: PostgresServer, template: str) -> None:
        self.server = server
        self.template = template
        self.name = ""
        with psycopg.connect(server.url(template)) as connection:
            self.shape = _shape_of(connection)
            self.tables = [row[0] for row in connection.execute(_TABLES)]
            self.rows = {name: _rows_of(connection, name) for name in _filled(connection, self.tables)}
        self._make()

    @property
    def url(self) -> str:
        """Where it is."""
        return self.server.url(self.name)

    def clean(self) -> None:
        """As at first, whoever is still connected."""
        try:
            with psycopg.connect(self.url) as connection:
                fresh = self._empty(connection)
        except psycopg.Error:
            fresh = False
        if not fresh:
            self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)
            self._make()

    def _make(self) -> None:
        self.name = f"t{uuid4().hex[:12]}"
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log", self.name, self.template)

    def _empty(self, connection: psycopg.Connection[Any]) -> bool:
        """Whether it could be emptied."""
        connection.execute(_OTHERS)
        if _shape_of(connection) != self.shape:
            return False
        connection.execute("SET session_replication_role = replica")  # no foreign keys, no triggers
        for name in _filled(connection, self.tables):
            deleted = connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
            if deleted.rowcount > MANY:
                return False
        for name, rows in self.rows.items():
            table = sql.Identifier(name)
            again = sql.SQL("INSERT INTO {0} SELECT * FROM jsonb_populate_recordset(NULL::{0}, %s::jsonb)")
            connection.execute(again.format(table), [rows])
        connection.execute(_SEQUENCES)
        return True

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_SEQUENCES = "SELECT setval(format('%I', sequencename), 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"


def _shape_of(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute(_SHAPE).fetchone()
    assert row is not None
    return str(row[0])


def _filled(connection: psycopg.Connection[Any], tables: list[str]) -> list[str]:
    """The tables that hold a row."""
    asked = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(name), sql.Identifier(name))
        for name in tables
    )
    return [row[0] for row in connection.execute(asked)]


def _rows_of(connection: psycopg.Connection[Any], table: str) -> str:
    """All rows of a table, as JSON."""
    asked = sql.SQL("SELECT jsonb_agg(to_jsonb(t))::text FROM {} t").format(sql.Identifier(table))
    row = connection.execute(asked).fetchone()
    assert row is not None
    return str(row[0])
