"""Migrations lead to the tables that the models describe, on both engines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from statuspage import migrations, models
from statuspage.db import Base, Database


def differences(database: Database) -> list[object]:
    """What the models have that the database has not, or the other way round."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert models  # all tables are known
        return list(compare_metadata(context, Base.metadata))


def test_sqlite_tables_match_models(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    migrations.upgrade(database)
    assert differences(database) == []
    with database.read() as session:
        assert migrations.is_at_head(session)
        assert migrations.current(session) == migrations.head()
    database.dispose()


@pytest.mark.postgres
def test_postgresql_tables_match_models(postgres_url: str) -> None:
    database = Database(postgres_url)
    migrations.upgrade(database)
    assert differences(database) == []
    migrations.upgrade(database)
    database.dispose()


def test_starts_at_once_migrate_once(tmp_path: Path) -> None:
    databases = [Database(f"sqlite:///{tmp_path / 'a.db'}") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrations.upgrade, databases))
    assert differences(databases[0]) == []
    for database in databases:
        database.dispose()


def test_newer_database_is_refused(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    migrations.upgrade(database)
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrations.DatabaseTooNew):
        migrations.upgrade(database)
    database.dispose()
