"""The database's versions: bring a database to the newest, and ask whether it is there (Alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from statuspage import append_only, unsettling
from statuspage.db import Database

FOLDER = Path(__file__).resolve().parent
LOCK_KEY = 0x57A7_05
"""PostgreSQL advisory lock: two processes that start at once migrate one after the other."""


class DatabaseTooNew(Exception):
    """The database was written by a newer version of the product. The message is one line."""


def make_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; the database comes from our settings, the tool's own words from pyproject.toml."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database) -> None:
    """Bring `database` to the newest version, in one transaction; nothing happens when it is there.

    Safe with several processes at once. Raises DatabaseTooNew.
    """
    with database.write() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        try:
            if _current(connection) != head():
                command.upgrade(make_config(connection), "head")
                append_only.install(connection)
                unsettling.install(connection)
        except CommandError as error:
            raise DatabaseTooNew(f"the database cannot be brought up to date: {error}") from error


def head() -> str | None:
    """The newest version there is."""
    return ScriptDirectory.from_config(make_config()).get_current_head()


def is_at_head(session: Session) -> bool:
    """Whether the database has the newest version."""
    return _current(session.connection()) == head()


def is_known(version: str) -> bool:
    """Whether `version` is one of ours, and not of a newer release."""
    return any(script.revision == version for script in ScriptDirectory.from_config(make_config()).walk_revisions())


def current(session: Session) -> str | None:
    """The version the database has; None when it has no tables of ours."""
    return _current(session.connection())


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
