"""The database: private on disk, and away when it is damaged."""

from __future__ import annotations

from flask.testing import FlaskClient

from statuspage.changes import Installation
from statuspage.db import Database
from statuspage.settings import Settings


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
