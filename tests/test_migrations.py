"""Migrations lead to the tables that the models describe, on both engines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, select, text

from statuspage import migrations, models, settled
from statuspage.db import Base, Database
from statuspage.domain.timeline import timeline
from statuspage.history import load_claims
from statuspage.publishing.timelines import load_timelines


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


OLD = datetime(2026, 3, 2, 9, tzinfo=UTC)
SAID = {"slug": "api", "name": "API", "position": 0, "beta": False, "hidden": False, "showcase": True}


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_old_history_is_settled_after_upgrade(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}" if engine == "sqlite" else request.getfixturevalue("postgres_url")
    database = Database(url)
    with database.write() as session:
        command.upgrade(migrations.make_config(session.connection()), "0001")
        add_old_rows(session.connection())
    migrations.upgrade(database)
    until = OLD + timedelta(days=40, hours=7)
    with database.write() as session:
        assert settled.settle_due(session, until) == 1
        assert session.scalars(select(models.SettledQuarter.quarter)).all() == ["2026-Q1", "2026-Q2"]
        read = load_timelines(session, ["c1"], since=OLD, until=until)["c1"]
        said = load_claims(session, ["c1"], since=OLD, until=until)["c1"]
    assert read == timeline(said, until)
    assert [state.status.value for state in read.states] == ["operational", "major_outage", "operational"]
    with database.write() as session:
        config = migrations.make_config(session.connection())
        command.downgrade(config, "0003")
        session.execute(text("DELETE FROM status_change"))
        command.upgrade(config, "head")
    assert differences(database) == []
    database.dispose()


def add_old_rows(connection: Connection) -> None:
    """A component as the first version of the tables kept it, with an outage in March."""
    component, change, page = (
        Table(name, MetaData(), autoload_with=connection) for name in ("component", "status_change", "page")
    )
    old = OLD.replace(tzinfo=None) if connection.dialect.name == "sqlite" else OLD
    names = {"code": "p", "name": "P", "timezone": "UTC", "languages": ["en"], "revision": 1, "relaid_in": 1}
    connection.execute(page.insert(), {"id": 1, "created_at": old, "updated_at": old, **names})
    more = {"only_show_if_degraded": False, "changed_in": 1, "created_at": old, "updated_at": old}
    connection.execute(component.insert(), {"id": "c1", **SAID, **more})
    rows = [(0, "operational"), (5, "major_outage"), (6, "operational")]
    connection.execute(
        change.insert(),
        [
            {
                "component_id": "c1",
                "at": old + timedelta(days=days),
                "status": status,
                "cause": "own",
                "recorded_at": old,
            }
            for days, status in rows
        ],
    )
