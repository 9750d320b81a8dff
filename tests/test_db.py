"""The database: private on disk, and away when it is damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from statuspage.changes import Installation
from statuspage.db import Database
from statuspage.models import Page
from statuspage.settings import Settings

pytestmark = pytest.mark.sqlite


def test_new_database_is_its_owners_alone(settings: Settings) -> None:
    database = Database(settings.database)
    with database.write() as session:
        session.connection().exec_driver_sql("CREATE TABLE t (a)")
        for suffix in ("", "-wal", "-shm"):
            path = settings.instance / f"statuspage.db{suffix}"
            assert path.stat().st_mode & 0o777 == 0o600
    database.dispose()


def test_damaged_database_is_a_503(installation: Installation, client: FlaskClient) -> None:
    installation.database.dispose()
    (installation.settings.instance / "statuspage.db").write_bytes(b"no database at all " * 1000)
    answer = client.get("/subscribe")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_deleted_database_takes_no_change(installation: Installation) -> None:
    with installation.database.write() as session:
        session.get_one(Page, 1).name = "Before"
    file = installation.settings.instance / "statuspage.db"
    kept = file.rename(file.with_name("kept.db"))
    with pytest.raises(OperationalError), installation.database.write() as session:
        session.get_one(Page, 1).name = "Lost"
    assert not file.exists()
    kept.rename(file)
    with installation.database.write() as session:
        assert session.get_one(Page, 1).name == "Before"


def test_replaced_database_is_noticed(installation: Installation, empty_database: Path) -> None:
    with installation.database.write() as session:
        session.get_one(Page, 1).name = "Old"
    for path in installation.settings.instance.glob("statuspage.db*"):
        path.unlink()
    shutil.copy(empty_database, installation.settings.instance / "statuspage.db")
    with installation.database.write() as session:
        assert session.get_one(Page, 1).name != "Old"


def test_light_writes_alone_leave_the_disk_behind(installation: Installation) -> None:
    database = installation.database
    asked = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}[database.engine.dialect.name]
    said = []
    for lightly in (False, True, False):
        with database.write(lightly=lightly) as session:
            said.append(session.connection().exec_driver_sql(asked).scalar())
    assert said in ([2, 1, 2], ["on", "off", "on"])
